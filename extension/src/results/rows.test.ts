import assert from 'node:assert/strict';
import { test } from 'node:test';

import { conditionOf, typedFor } from './filters.js';
import { encoded, identifier } from './formats.js';
import { columnWidths, rowsShown } from './geometry.js';
import { kindOf } from './kinds.js';
import { clicked } from './ordering.js';
import { fileName } from './saving.js';
import { areaOf, each, firstOf, sizeOf } from './selection.js';
import { extent, order, place } from './sentences.js';
import { StaticSource } from './static.js';
import type { Cell } from './source.js';

const COLUMNS = [
  { name: 'id', type: 'bigint' },
  { name: 'a "b"', type: 'text' },
  { name: 'doc', type: 'jsonb' }
];
const ROWS: Cell[][] = [
  [1, 'x,"y"\nz', '{"a": 1}'],
  ['9007199254740993', null, null],
  [3, '', { text: 'begin', length: 20_000 }]
];

test('types of every engine are known by what they hold', () => {
  const cases: [string, string][] = [
    ['numeric(10,2)', 'number'],
    ['int4', 'number'],
    ['double precision', 'number'],
    ['timestamp with time zone', 'time'],
    ['date', 'time'],
    ['interval', 'text'],
    ['int[]', 'text'],
    ['point', 'text'],
    ['bool', 'boolean'],
    ['jsonb', 'json'],
    ['bytea', 'binary'],
    ['mixed', 'text']
  ];
  for (const [type, kind] of cases) {
    assert.equal(kindOf(type), kind, type);
  }
});

test('rows become text that reads back as the same rows', () => {
  assert.equal(
    encoded('csv', COLUMNS, ROWS, 't'),
    'id,"a ""b""",doc\n1,"x,""y""\nz","{""a"": 1}"\n9007199254740993,,\n3,"",begin\n'
  );
  assert.equal(encoded('tsv', COLUMNS, [[1, 'a\tb', null]], 't'), 'id\t"a ""b"""\tdoc\n1\t"a\tb"\t\n');
  assert.deepEqual(JSON.parse(encoded('json', COLUMNS, ROWS.slice(0, 2), 't')), [
    { id: 1, 'a "b"': 'x,"y"\nz', doc: { a: 1 } },
    { id: '9007199254740993', 'a "b"': null, doc: null }
  ]);
  const twice = [COLUMNS[0], COLUMNS[0]].filter(column => column !== undefined);
  assert.equal(encoded('ndjson', twice, [[1, 2]], 't'), '{"id":1,"id_2":2}\n');
  assert.throws(() => encoded('parquet', COLUMNS, ROWS, 't'));
});

test('markup and markers of Markdown stay text', () => {
  assert.equal(
    encoded('markdown', [{ name: 'a|b', type: 'int' }], [['<b>*x*\n`y`']], 't'),
    '| a\\|b |\n| ---: |\n| \\<b\\>\\*x\\*<br>\\`y\\` |\n'
  );
});

test('statements hold values as literals and names quoted', () => {
  assert.equal(
    encoded('inserts', COLUMNS, [ROWS[1] ?? [], ['1); drop table x', "it's", null]], 'my table'),
    'INSERT INTO "my table" ("id", "a ""b""", "doc") VALUES (9007199254740993, NULL, NULL);\n' +
      `INSERT INTO "my table" ("id", "a ""b""", "doc") VALUES ('1); drop table x', 'it''s', NULL);\n`
  );
  assert.equal(identifier('a"b'), '"a""b"');
});

test('what is typed into a filter is a condition, and back', () => {
  const cases: [string, string, string, string | undefined][] = [
    ['bigint', '5', 'eq', '5'],
    ['bigint', '>= 5', 'ge', '5'],
    ['text', 'ann', 'contains', 'ann'],
    ['text', '^ann', 'starts', 'ann'],
    ['text', '=null', 'eq', 'null'],
    ['text', '=', 'eq', ''],
    ['text', 'Not Null', 'not_null', undefined],
    ['text', 'null', 'null', undefined],
    ['date', '2026-05', 'starts', '2026-05'],
    ['text', '<> x', 'ne', 'x']
  ];
  for (const [type, typed, op, value] of cases) {
    const found = conditionOf(2, type, typed);
    assert.deepEqual(found, { column: 2, op, ...(value === undefined ? {} : { value }) }, typed);
    assert.deepEqual(conditionOf(2, type, typedFor(found, type)), found, typed);
  }
  assert.equal(conditionOf(0, 'text', '  '), null);
  assert.equal(typedFor({ column: 0, op: 'contains', value: '> 5' }, 'text'), '~> 5');
});

test('a header turns through the orders, and shift adds', () => {
  const once = clicked([], 1, false);
  assert.deepEqual(once, [{ column: 1, descending: false }]);
  const twice = clicked(once, 1, false);
  assert.deepEqual(twice, [{ column: 1, descending: true }]);
  assert.deepEqual(clicked(twice, 1, false), []);
  const both = clicked(once, 2, true);
  assert.deepEqual(
    both.map(({ column }) => column),
    [1, 2]
  );
  assert.deepEqual(clicked(both, 1, true), [{ column: 1, descending: true }, both[1]]);
  assert.deepEqual(clicked(both, 0, false), [{ column: 0, descending: false }]);
});

test('a selection is rows and columns, each once', () => {
  const area = areaOf(
    [
      { r1: 5, r2: 2, c1: 0, c2: Infinity },
      { r1: 4, r2: 8, c1: 1, c2: 1 },
      { r1: 20, r2: 20, c1: 0, c2: 0 }
    ],
    100,
    3
  );
  assert.deepEqual(area.rows, [
    { from: 2, to: 8 },
    { from: 20, to: 20 }
  ]);
  assert.deepEqual([...each(area.columns)], [0, 1, 2]);
  assert.equal(sizeOf(area.rows), 8);
  assert.equal(sizeOf(firstOf(area.rows, 3)), 3);
  assert.equal(areaOf([{ r1: 0, r2: Infinity, c1: 0, c2: 0 }], 10_000_000, 1).rows[0]?.to, 9_999_999);
});

test('the scroll area grows with what is known', () => {
  assert.equal(rowsShown({ known: 200, total: null, pageable: true }), 400);
  assert.equal(rowsShown({ known: 200, total: 10_000_000, pageable: true }), 10_000_000);
  assert.equal(rowsShown({ known: 200, total: 5000, pageable: false }), 200);
});

test('a width fits what is seen, within bounds', () => {
  const measure = (text: string): number => text.length * 8;
  const [narrow, wide] = columnWidths(
    [
      { name: 'n', type: 'int' },
      { name: 'long', type: 'text' }
    ],
    [[1, { text: 'x'.repeat(1000), length: 1_000_000 }]],
    measure,
    16,
    20
  );
  assert.deepEqual([narrow, wide], [58, 420]);
});

test('rows in hand are sorted and chosen like the engine would', async () => {
  const source = new StaticSource(COLUMNS, ROWS);
  const sorted = await source.arrange([{ column: 0, descending: true }], []);
  const all = await sorted.rows(0, 10);
  assert.deepEqual(
    all.map(([id]) => id),
    ['9007199254740993', 3, 1]
  );
  const nulls = await source.arrange([{ column: 1, descending: false }], []);
  assert.equal((await nulls.rows(2, 1))[0]?.[1], null);
  const few = await source.arrange([], [{ column: 0, op: 'lt', value: '3' }]);
  assert.deepEqual([few.known, few.total], [1, 1]);
  await assert.rejects(source.arrange([], [{ column: 0, op: 'eq', value: 'x' }]), /not a number/);
});

test('what is said of rows says what nobody knows', () => {
  const cut = new StaticSource(COLUMNS, ROWS, { total: null });
  assert.equal(extent(cut), 'The first 3 rows');
  assert.equal(extent(new StaticSource(COLUMNS, ROWS, { total: 7 })), 'The first 3 of 7 rows');
  assert.equal(place(cut, 2, 1, ''), 'Row 3, a "b": empty text');
  assert.equal(place(cut, 0, 0, undefined), 'Row 1, id: loading');
  assert.equal(order(COLUMNS, [{ column: 0, descending: true }]), 'Sorted by id, descending.');
});

test('a file has a name that every file system takes', () => {
  assert.equal(fileName('a/b:c "d"', 'markdown'), 'a_b_c_d_.md');
  assert.equal(fileName('', 'inserts'), 'rows.sql');
});
