import assert from 'node:assert/strict';
import { test } from 'node:test';

import { partOf, sqlIn } from './parts.js';

const body = (cell: string): [string, string] | null => {
  const part = partOf(cell);
  return part && [part.language, cell.slice(part.from)];
};

test('the body of a %%dbaas cell begins with its second line', () => {
  assert.deepEqual(body('%%dbaas acme/shop --to pandas >> df\nselect 1'), ['sql', 'select 1']);
  assert.deepEqual(body('\n  %%dbaas\n'), ['sql', '']);
  assert.equal(body('%%dbaas'), null);
  assert.equal(body('x = 1\n%%dbaas\nselect 1'), null);
  assert.equal(body('%%dbaasx\nselect 1'), null);
});

test('GraphQL stays plain', () => {
  assert.equal(body('%%dbaas shop --graphql\n{ find_a { id } }')?.[0], 'plain');
});

test('what begins like a call on a collection or a command is JavaScript', () => {
  for (const text of [
    'db.a.find({})',
    ' // why\ndb["a b"].find()',
    '{find: "a"}',
    'show collections',
    '/* x */ db\n.a'
  ]) {
    assert.equal(body(`%%dbaas\n${text}`)?.[0], 'javascript', text);
  }
  for (const text of ['select db.a from db', '-- {', 'show search_path', 'dba.b', '']) {
    assert.equal(body(`%%dbaas\n${text}`)?.[0], 'sql', text);
  }
});

test('SQL begins behind options, a connection and a variable', () => {
  const cases: [string, string][] = [
    ['%%sql\nselect 1', 'select 1'],
    ['%%sql select 1\nfrom t', 'select 1\nfrom t'],
    ['%%sql shop --save part\nselect 1', 'select 1'],
    ['%%sql --save part result <<\nselect 1', '\nselect 1'],
    ['%%sql\nresult << select 1', ' select 1'],
    ['%%sql -w a --no-execute\nselect 1', 'select 1'],
    ['%%sql', '']
  ];
  for (const [cell, sql] of cases) {
    assert.deepEqual(body(cell), ['sql', sql], cell);
  }
});

test('a line of Python may hold SQL', () => {
  const cases: [string, string | null][] = [
    ['%sql select 1', 'select 1'],
    ['x = %sql select 1', 'select 1'],
    ['%sql x << select 1', ' select 1'],
    ['%sql --connections', ''],
    ['y = x % sql', null],
    ["print('%sql select')", null]
  ];
  for (const [line, sql] of cases) {
    const at = sqlIn(line);
    assert.equal(at === null ? null : line.slice(at), sql, line);
  }
});
