import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ApiError } from '../api/errors.js';
import type { DatabaseState } from '../api/nouns.js';
import { aDatabase, aTable, aTenant, known } from './samples.js';
import { databaseId, openDatabases, openTenants, rowsOf, tenantId, withFirstSeen } from './rows.js';
import type { Known } from './rows.js';

const names = (rows: ReturnType<typeof rowsOf>): string[] =>
  rows.map(row => `${' '.repeat(row.level - 1)}${row.name}`);

test('few tenants start open, many start closed, and one more closes nobody', () => {
  const tenants = ['a', 'b', 'c', 'd'].map(aTenant);
  const few = tenants.slice(0, 3);
  const opened = withFirstSeen(new Map(), few);
  assert.equal(openTenants(known({ tenants: few, opened })).length, 3);
  assert.equal(openTenants(known({ tenants, opened: withFirstSeen(new Map(), tenants) })).length, 0);
  assert.equal(openTenants(known({ tenants, opened: withFirstSeen(opened, tenants) })).length, 3);
  assert.equal(withFirstSeen(opened, few), opened);
});

test('what a person opened or closed counts more than how things start', () => {
  const tenants = ['a', 'b'].map(aTenant);
  const opened = withFirstSeen(new Map([[tenantId('a'), false]]), tenants);
  assert.deepEqual(
    openTenants(known({ tenants, opened })).map(tenant => tenant.name),
    ['b']
  );
});

test('an opened database shows its usual schema opened and the others closed', () => {
  const rows = rowsOf(
    known({
      tenants: [aTenant('acme')],
      databases: { acme: [aDatabase('acme', 'shop')] },
      schemas: {
        'acme/shop': [
          { name: 'public', tables: [aTable('orders')] },
          { name: 'audit', tables: [aTable('log')] }
        ]
      },
      opened: new Map([[databaseId('acme', 'shop'), true]])
    })
  );
  assert.deepEqual(names(rows), ['acme', ' shop', '  public', '   orders', '  audit']);
});

test('a row knows its parent and its place among its siblings', () => {
  const rows = rowsOf(
    known({
      tenants: [aTenant('acme')],
      databases: { acme: ['a', 'b', 'c'].map(name => aDatabase('acme', name)) }
    })
  );
  const second = rows.find(row => row.name === 'b');
  assert.ok(second);
  assert.deepEqual([second.position, second.siblings, second.parent], [2, 3, tenantId('acme')]);
});

test('names that need quoting give rows of their own', () => {
  const tenants = ['a', 'a"],["b', '["a"]'].map(aTenant);
  const ids = rowsOf(known({ tenants })).map(row => row.id);
  assert.equal(new Set(ids).size, ids.length);
});

test('what is not known yet, is empty or went wrong has a sentence in its place', () => {
  const tenants = [aTenant('acme')];
  const sentence = (databases: Parameters<typeof known>[0]['databases']): string | undefined =>
    rowsOf(known({ tenants, ...(databases && { databases }) }))[1]?.name;
  assert.equal(sentence(undefined), 'Loading…');
  assert.equal(sentence({ acme: [] }), 'No databases yet. Create one…');
  assert.equal(sentence({ acme: new ApiError('failed', 'The disk is full.') }), 'The disk is full.');
});

test('a database can be opened ahead of its being there, and is asked for only then', () => {
  const view = (state: DatabaseState): Known =>
    known({
      tenants: [aTenant('acme')],
      databases: { acme: [{ ...aDatabase('acme', 'shop'), state }] },
      opened: new Map([[databaseId('acme', 'shop'), true]])
    });
  assert.deepEqual(
    rowsOf(view('creating')).map(row => row.name),
    ['acme', 'shop', 'Being created…']
  );
  assert.deepEqual(openDatabases(view('creating')), []);
  assert.equal(openDatabases(view('ready')).length, 1);
  assert.equal(rowsOf(view('failed'))[1]?.open, null);
});

test('a warning is spoken with its table', () => {
  const rows = rowsOf(
    known({
      tenants: [aTenant('acme')],
      databases: { acme: [aDatabase('acme', 'shop')] },
      schemas: {
        'acme/shop': [{ name: 'public', tables: [{ ...aTable('orders'), warning: 'No policies.' }] }]
      },
      opened: new Map([[databaseId('acme', 'shop'), true]])
    })
  );
  assert.equal(rows.at(-1)?.label, 'orders, table, about 1,234 rows, warning: No policies.');
});
