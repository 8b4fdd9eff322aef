import assert from 'node:assert/strict';
import { test } from 'node:test';

import { databaseId } from './known.js';
import { rowsOf } from './rows.js';
import { aColumn, aDatabase, aSchema, aTable, aTenant, known } from './samples.js';
import { matchName } from './search.js';

/** The name with what was found in brackets. */
function shown(name: string, typed: string): string | null {
  const hit = matchName(name, typed);
  if (!hit) {
    return null;
  }
  let text = '';
  let done = 0;
  for (const [from, to] of hit) {
    text += `${name.slice(done, from)}[${name.slice(from, to)}]`;
    done = to;
  }
  return text + name.slice(done);
}

test('a part of a name finds it, whatever the case', () => {
  assert.equal(shown('Orders', 'RDE'), 'O[rde]rs');
  assert.equal(shown('order_items', ' items '), 'order_[items]');
  assert.equal(shown('orders', 'x'), null);
  assert.equal(shown('orders', ''), null);
});

test('so do the beginnings of its words', () => {
  assert.equal(shown('order_items', 'oi'), '[o]rder_[i]tems');
  assert.equal(shown('order_items', 'ordit'), '[ord]er_[it]ems');
  assert.equal(shown('customerOrderItem', 'coi'), '[c]ustomer[O]rder[I]tem');
  assert.equal(shown('order_old_items', 'oldi'), 'order_[old]_[i]tems');
  assert.equal(shown('order_items', 'rt'), null);
});

test('a longer beginning gives way where the rest needs it', () => {
  assert.equal(shown('ab_bc', 'abc'), '[a]b_[bc]');
});

test('letters whose small form is longer keep their places', () => {
  assert.equal(shown('İstanbul_x', 'x'), 'İstanbul_[x]');
});

test('a name made to be searched forever is not', () => {
  const began = process.cpuUsage();
  assert.equal(matchName('a_'.repeat(200), `${'a'.repeat(100)}b`), null);
  assert.ok(process.cpuUsage(began).user < 2_000_000);
});

const searched = (search: string, found?: ReadonlyMap<string, boolean>): string[] =>
  rowsOf(
    known({
      tenants: [aTenant('acme'), aTenant('beta')],
      databases: { acme: [aDatabase('acme', 'shop')], beta: [aDatabase('beta', 'bank')] },
      contents: {
        'acme/shop': [
          aSchema(
            'public',
            { ...aTable('orders'), columns: [aColumn('id'), aColumn('order_date')] },
            aTable('people')
          )
        ]
      },
      // Neither database is open.
      search,
      ...(found && { found })
    })
  ).map(row => `${' '.repeat(row.level - 1)}${row.name}${row.hit ? '*' : ''}`);

test('what is found shows with what it is in, opened or not', () => {
  assert.deepEqual(searched('date'), ['acme', ' shop', '  public', '   orders', '    order_date*']);
  assert.deepEqual(searched('orders'), ['acme', ' shop', '  public', '   orders*']);
  assert.deepEqual(searched('bank'), ['beta', ' bank*']);
  assert.deepEqual(searched('nothing'), []);
});

test('in what was found, a person opens and closes as they like', () => {
  const opened = new Map([[databaseId('acme', 'shop'), true]]);
  assert.deepEqual(searched('shop', opened), ['acme', ' shop*', '  public', '   orders', '   people']);
  assert.deepEqual(searched('orders', new Map([[databaseId('acme', 'shop'), false]])), ['acme', ' shop']);
});

test('a hundred thousand columns are searched while a person types', () => {
  const tables = Array.from({ length: 5000 }, (_, table) => ({
    ...aTable(`table_${table}`),
    columns: Array.from({ length: 20 }, (_, column) => aColumn(`column_${table}_${column}`))
  }));
  const everything = known({
    tenants: [aTenant('acme')],
    databases: { acme: [aDatabase('acme', 'big')] },
    contents: { 'acme/big': [aSchema('public', ...tables)] }
  });
  const began = process.cpuUsage();
  const rows = rowsOf({ ...everything, search: 'column_4999_19' });
  assert.equal(rows.at(-1)?.name, 'column_4999_19');
  assert.ok(process.cpuUsage(began).user < 3_000_000);
});
