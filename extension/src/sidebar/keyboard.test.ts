import assert from 'node:assert/strict';
import { test } from 'node:test';

import { moveFor, rowNamed } from './keyboard.js';
import { databaseId, tenantId } from './known.js';
import { rowsOf } from './rows.js';
import { aColumn, aDatabase, aSchema, aTable, aTenant, known } from './samples.js';

const rows = rowsOf(
  known({
    tenants: [aTenant('acme'), aTenant('beta')],
    databases: { acme: [aDatabase('acme', 'shop'), aDatabase('acme', 'sales')], beta: [] }
  })
);
const acme = tenantId('acme');
const shop = databaseId('acme', 'shop');
const sales = databaseId('acme', 'sales');
const press = (key: string, active: string | null): ReturnType<typeof moveFor> =>
  moveFor(rows, active, key, 2);

test('the arrows walk the visible rows and stop at the ends', () => {
  assert.deepEqual(press('ArrowDown', acme), { do: 'focus', id: shop });
  assert.deepEqual(press('ArrowUp', sales), { do: 'focus', id: shop });
  assert.deepEqual(press('ArrowDown', rows.at(-1)?.id ?? null), { do: 'focus', id: rows.at(-1)?.id });
});

test('with no active row, down goes to the first', () => {
  assert.deepEqual(press('ArrowDown', null), { do: 'focus', id: acme });
  assert.deepEqual(press('ArrowDown', 'gone'), { do: 'focus', id: acme });
});

test('right opens, then enters; left closes, then leaves', () => {
  assert.deepEqual(press('ArrowRight', shop), { do: 'open', id: shop });
  assert.deepEqual(press('ArrowRight', acme), { do: 'focus', id: shop });
  assert.deepEqual(press('ArrowLeft', acme), { do: 'close', id: acme });
  assert.deepEqual(press('ArrowLeft', shop), { do: 'focus', id: acme });
});

test('Enter opens and closes, and acts where there is nothing to open', () => {
  assert.deepEqual(press('Enter', shop), { do: 'open', id: shop });
  assert.deepEqual(press('Enter', acme), { do: 'close', id: acme });
  const note = rows.at(-1);
  assert.deepEqual(press('Enter', note?.id ?? null), { do: 'act', id: note?.id });
});

test('up from the first row leaves the tree', () => {
  assert.deepEqual(press('ArrowUp', acme), { do: 'leave' });
});

test('Enter looks into a table, which Space and the arrows open', () => {
  const inside = rowsOf(
    known({
      tenants: [aTenant('acme')],
      databases: { acme: [aDatabase('acme', 'shop')] },
      contents: { 'acme/shop': [aSchema('public', { ...aTable('orders'), columns: [aColumn('id')] })] },
      opened: new Map([[shop, true]])
    })
  );
  const id = inside.at(-1)?.id ?? '';
  assert.deepEqual(moveFor(inside, id, 'Enter', 2), { do: 'act', id });
  assert.deepEqual(moveFor(inside, id, ' ', 2), { do: 'open', id });
  assert.equal(moveFor(inside, id, 'Delete', 2), null);
});

test('Delete asks about tenants and databases', () => {
  assert.deepEqual(press('Delete', shop), { do: 'drop', id: shop });
  assert.deepEqual(press('Delete', acme), { do: 'drop', id: acme });
  assert.equal(press('Delete', rows.at(-1)?.id ?? null), null);
});

test('Home, End and the page keys jump', () => {
  assert.deepEqual(press('Home', sales), { do: 'focus', id: acme });
  assert.deepEqual(press('End', acme), { do: 'focus', id: rows.at(-1)?.id });
  assert.deepEqual(press('PageDown', acme), { do: 'focus', id: sales });
});

test('a key that means nothing here is left to others', () => {
  assert.equal(press('Tab', acme), null);
  assert.equal(moveFor([], null, 'ArrowDown', 2), null);
});

test('typing finds the next name that begins so, and goes around', () => {
  assert.equal(rowNamed(rows, acme, 's'), shop);
  assert.equal(rowNamed(rows, shop, 's'), sales);
  assert.equal(rowNamed(rows, sales, 's'), shop);
  assert.equal(rowNamed(rows, shop, 'sh'), shop);
  assert.equal(rowNamed(rows, acme, 'No data'), null);
});
