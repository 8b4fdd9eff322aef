import assert from 'node:assert/strict';
import { test } from 'node:test';

import { roles, valueOf } from './columns.js';
import { guess } from './guess.js';
import { specification } from './spec.js';

const LOOK = { text: 'black', dim: 'grey', line: 'grey', brand: 'blue', font: 'sans' };
const SIZE = { width: 100, height: 100 };
const column = (name: string, type: string): { name: string; type: string } => ({ name, type });

test('a chart is guessed from what columns hold', () => {
  const [id, at, city, amount, weight] = [
    column('id', 'bigint'),
    column('at', 'timestamp with time zone'),
    column('city', 'text'),
    column('amount', 'numeric(10,2)'),
    column('weight', 'real')
  ];
  const time = guess(
    [id, at, amount],
    [
      [1, '2026-01-01 00:00:00+00', '1.50'],
      [2, '2026-01-02 00:00:00+00', '2']
    ]
  );
  assert.deepEqual(time, { mark: 'line', x: 1, y: 2, colour: null, aggregate: 'none' });
  const bars = guess(
    [id, city, amount],
    [
      [1, 'Oslo', '1'],
      [2, 'Oslo', '2']
    ]
  );
  assert.deepEqual(bars, { mark: 'bar', x: 1, y: 2, colour: null, aggregate: 'sum' });
  assert.equal(guess([id, amount, weight], [[1, '1', 2]]).mark, 'point');
  assert.deepEqual(guess([id, amount], [[1, '1']]).mark, 'histogram');
  assert.equal(guess([city], [['Oslo']]).aggregate, 'count');
  assert.equal(guess([], []).x, null);
});

test('values decide where a type promises too much', () => {
  assert.deepEqual(roles([column('t', 'time')], [['10:15:00']]), ['category']);
  assert.deepEqual(roles([column('n', 'numeric')], [['1.5'], ['NaN'], [null]]), ['quantity']);
});

test('times are drawn as they are written', () => {
  assert.equal(valueOf('2026-03-29 02:30:00+02', 'time'), Date.UTC(2026, 2, 29, 2, 30));
  assert.equal(valueOf('2026-03-29', 'time'), Date.UTC(2026, 2, 29));
  assert.equal(valueOf('infinity', 'time'), null);
});

test('no name of a column is read as a path, an expression or a picture', () => {
  const names = ['a.b[0]["c"]', "datum['x']", 'image'];
  const columns = names.map(name => column(name, 'int'));
  const choice = { mark: 'point', x: 0, y: 1, colour: 2, aggregate: 'none' } as const;
  const text = JSON.stringify(specification(columns, [[1, 2, 3]], choice, LOOK, SIZE).spec);
  const spec = JSON.parse(text) as {
    data: { values: object[] };
    encoding: Record<string, { field: string }> & { tooltip: { title: string }[] };
  };
  assert.deepEqual(spec.data.values, [{ c0: 1, c1: 2, c2: 3 }]);
  assert.equal(spec.encoding['x']?.field, 'c0');
  assert.deepEqual(
    spec.encoding.tooltip.map(({ title }) => title),
    names.map(name => `${name}:`)
  );
});

test('categories beyond what can be told apart are left out, and it is said', () => {
  const rows = Array.from({ length: 500 }, (_, index) => [index < 300 ? 'often' : `rare ${index}`]);
  const choice = { mark: 'bar', x: 0, y: null, colour: null, aggregate: 'count' } as const;
  const { spec, left } = specification([column('word', 'text')], rows, choice, LOOK, SIZE);
  assert.equal((spec as { data: { values: object[] } }).data.values.length, 300 + 59);
  assert.match(left ?? '', /the 60 most frequent of 201 values of word/);
});

test('names of categories lie flat where they have room, and are slanted where not', () => {
  const choice = { mark: 'bar', x: 0, y: null, colour: null, aggregate: 'count' } as const;
  const angle = (...names: string[]): number | undefined => {
    const rows = names.map(name => [name]);
    const { spec } = specification([column('name', 'text')], rows, choice, LOOK, { ...SIZE, width: 400 });
    return (spec as { encoding: { x: { axis?: { labelAngle: number } } } }).encoding.x.axis?.labelAngle;
  };
  assert.equal(angle('EWR', 'JFK', 'LGA', 'JFK'), 0);
  assert.equal(angle('ExpressJet Airlines Inc.', 'American Airlines Inc.'), -45);
});
