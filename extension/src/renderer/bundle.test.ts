import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readBundle } from './bundle.js';

const GOOD = {
  version: 1,
  tenant: 'acme',
  database: 'shop',
  text: 'select 1',
  columns: [{ name: 'a', type: 'integer' }],
  rows: [[1], [null], [{ text: 'x', length: 20000 }]],
  complete: false,
  total: null,
  pageable: true,
  notices: ['look']
};

test('what a kernel wrote is taken as it is', () => {
  const { version, ...rest } = GOOD;
  assert.equal(version, 1);
  assert.deepEqual(readBundle(GOOD), rest);
});

test('what has another shape is refused', () => {
  for (const forged of [
    null,
    [],
    'x',
    { ...GOOD, version: 2 },
    { ...GOOD, tenant: 7 },
    { ...GOOD, text: 'x'.repeat(1_000_001) },
    { ...GOOD, columns: 'ab' },
    { ...GOOD, columns: [{ name: '<b>' }] },
    { ...GOOD, columns: Array.from({ length: 2001 }, () => GOOD.columns[0]) },
    { ...GOOD, rows: { length: 1 } },
    { ...GOOD, rows: Array.from({ length: 5001 }, () => [1]) }
  ]) {
    assert.equal(readBundle(forged), null);
  }
});

test('cells that are none are nothing, and rows have the width of the columns', () => {
  const rows = [
    [{ toString: 'x' }],
    [1, 2, 3],
    'abc',
    [],
    [{ text: 'x', length: -1 }],
    [[1]],
    [Infinity],
    null
  ];
  assert.deepEqual(readBundle({ ...GOOD, rows })?.rows, [
    [null],
    [1],
    [null],
    [null],
    [null],
    [null],
    [null],
    [null]
  ]);
});

test('names that would lead elsewhere in an address are never asked for', () => {
  const cases: [string, string][] = [
    ['..', 'shop'],
    ['acme', '..'],
    ['acme', '.'],
    ['acme', ''],
    ['acme', 'a/b'],
    ['ACME', 'shop']
  ];
  for (const [tenant, database] of cases) {
    assert.equal(readBundle({ ...GOOD, tenant, database })?.pageable, false);
  }
  assert.equal(readBundle({ ...GOOD, database: '<img src=x> …' })?.pageable, true);
});

test('a total is a number of rows', () => {
  assert.equal(readBundle({ ...GOOD, total: 1.5 })?.total, null);
  assert.equal(readBundle({ ...GOOD, total: 2 })?.total, null);
  assert.equal(readBundle({ ...GOOD, total: 300 })?.total, 300);
});
