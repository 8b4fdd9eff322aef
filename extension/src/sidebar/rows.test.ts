import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ApiError } from '../api/errors.js';
import type { DatabaseState, Right, Tenant } from '../api/nouns.js';
import { databaseId, openDatabases, openTenants, tenantId, withFirstSeen } from './known.js';
import type { Known } from './known.js';
import { rowsOf } from './rows.js';
import { aCollection, aColumn, aDatabase, aSchema, aTable, aTenant, known } from './samples.js';

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
      contents: { 'acme/shop': [aSchema('public', aTable('orders')), aSchema('audit', aTable('log'))] },
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
      contents: { 'acme/shop': [aSchema('public', { ...aTable('orders'), warning: 'No policies.' })] },
      opened: new Map([[databaseId('acme', 'shop'), true]])
    })
  );
  assert.equal(rows.at(-1)?.label, 'orders, table, about 1,234 rows, row security on, warning: No policies.');
});

const shop = (contents: Parameters<typeof known>[0]['contents'], ...opened: string[]): Known =>
  known({
    tenants: [aTenant('acme')],
    databases: { acme: [aDatabase('acme', 'shop')] },
    ...(contents && { contents }),
    opened: new Map([databaseId('acme', 'shop'), ...opened].map(id => [id, true]))
  });

test('things of several kinds stand in groups, things of one kind do not', () => {
  const schema = aSchema('public', aTable('orders'), { ...aTable('busiest'), kind: 'materialized view' });
  schema.functions.push(
    { name: 'tax', arguments: 'amount numeric', returns: 'numeric' },
    { name: 'tax', arguments: 'amount bigint', returns: 'bigint' }
  );
  const grouped = rowsOf(shop({ 'acme/shop': [schema] }));
  assert.deepEqual(names(grouped).slice(2), [
    '  public',
    '   Tables',
    '    orders',
    '   Views',
    '    busiest',
    '   Functions'
  ]);
  const opened = rowsOf(shop({ 'acme/shop': [schema] }, grouped.at(-1)?.id ?? ''));
  assert.deepEqual(
    opened.slice(-2).map(row => row.label),
    ['tax, function, of amount numeric, returns numeric', 'tax, function, of amount bigint, returns bigint']
  );
  assert.equal(new Set(opened.map(row => row.id)).size, opened.length);
});

test('a table shows its keys, where they lead, and its policies', () => {
  const table = {
    ...aTable('orders'),
    columns: [
      { ...aColumn('id'), primary_key: true },
      { ...aColumn('customer'), references: { schema: 'public', table: 'customers', column: 'id' } }
    ],
    policies: ['own rows']
  };
  const closed = rowsOf(shop({ 'acme/shop': [aSchema('public', table)] }));
  const rows = rowsOf(shop({ 'acme/shop': [aSchema('public', table)] }, closed.at(-1)?.id ?? ''));
  assert.deepEqual(
    rows.slice(-3).map(row => row.label),
    [
      'id, column, bigint, primary key',
      'customer, column, bigint, refers to customers.id',
      'own rows, row policy'
    ]
  );
});

test('a document database shows collections, their fields and their indexes', () => {
  const closed = rowsOf(shop({ 'acme/shop': [aCollection('orders')] }));
  assert.equal(closed.at(-1)?.label, 'orders, collection, 1,234 documents, 8 kB');
  const rows = rowsOf(shop({ 'acme/shop': [aCollection('orders')] }, closed.at(-1)?.id ?? ''));
  assert.deepEqual(
    rows.slice(-3).map(row => row.label),
    [
      '_id, field, objectId',
      'address.city, field, string or null, in 50% of the documents',
      '_id_, unique index, on _id'
    ]
  );
});

test('a tenant says that its storage is full, and that one may only look', () => {
  const label = (change: Partial<Tenant>): string | undefined =>
    rowsOf(known({ tenants: [{ ...aTenant('acme'), ...change }], databases: { acme: [] } }))[0]?.label;
  assert.equal(label({}), 'acme, tenant');
  assert.equal(label({ storage_full: true }), 'acme, tenant, storage full');
  assert.equal(label({ right: 'view' }), 'acme, tenant, only to look at');
});

test('only who may make a database is invited to', () => {
  const note = (right: Right): string | undefined =>
    rowsOf(known({ tenants: [{ ...aTenant('acme'), right }], databases: { acme: [] } })).at(-1)?.name;
  assert.deepEqual([note('view'), note('own')], ['No databases yet.', 'No databases yet. Create one…']);
});
