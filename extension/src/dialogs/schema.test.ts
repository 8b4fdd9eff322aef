import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { ApiKey, Database } from '../api/nouns.js';
import { aCollection, aDatabase, aPlan, aSchema, aTable, aTenant } from '../sidebar/samples.js';
import { lossOf, lossesOf } from './losses.js';
import { ownLimits, planSentence, tooSmall } from './plan.js';
import { bodyOf, fieldsOf, initialValue, wrongWith } from './schema.js';

const fields = fieldsOf({
  properties: {
    name: {
      type: 'string',
      title: 'Name',
      description: 'No slash.',
      pattern: '^[^/]+$',
      maxLength: 63,
      not: { enum: ['postgres'] }
    },
    expose: {
      type: 'string',
      enum: ['policies', 'all'],
      enumNames: ['With policies', 'Every table'],
      default: 'policies'
    },
    size: { type: 'integer', title: 'Size', minimum: 1, maximum: 9 },
    backups: { type: 'boolean', default: true }
  },
  required: ['name']
});
const [name, expose, size, backups] = fields as [
  (typeof fields)[0],
  (typeof fields)[0],
  (typeof fields)[0],
  (typeof fields)[0]
];

test('a schema becomes fields, with the names that people read', () => {
  assert.deepEqual(
    fields.map(({ label, kind }) => [label, kind]),
    [
      ['Name', 'text'],
      ['expose', 'choice'],
      ['Size', 'number'],
      ['backups', 'switch']
    ]
  );
  assert.deepEqual(expose.choices[1], { value: 'all', label: 'Every table' });
  assert.deepEqual(fields.map(initialValue), ['', 'policies', '', true]);
});

test('what is wrong is said before anything is sent', () => {
  assert.equal(wrongWith(name, ' '), 'Name is missing.');
  assert.equal(wrongWith(name, 'a/b'), 'Name holds a character that it may not.');
  assert.equal(wrongWith(name, 'postgres'), '“postgres” is a reserved name.');
  assert.equal(wrongWith(name, 'x'.repeat(64)), 'Name is longer than 63 characters.');
  assert.equal(wrongWith(name, `o'ne "two"`), null);
  assert.equal(wrongWith(size, ''), null);
  assert.equal(wrongWith(size, '1.5'), 'Size must be a whole number.');
  assert.equal(wrongWith(size, '12'), 'Size must be at most 9.');
  assert.equal(wrongWith(backups, false), null);
});

test('a pattern of another language is left to the server', () => {
  const odd = fieldsOf({ properties: { x: { type: 'string', pattern: '(?P<a>x)' } } })[0];
  assert.ok(odd);
  assert.equal(wrongWith(odd, 'y'), null);
});

test('the body has the types of the schema, and nothing of what was left empty', () => {
  assert.deepEqual(bodyOf(fields, { name: ' shop ', size: '3' }), {
    name: 'shop',
    expose: 'policies',
    size: 3,
    backups: true
  });
  assert.deepEqual(bodyOf(fields, { name: 'shop', backups: false }), {
    name: 'shop',
    expose: 'policies',
    backups: false
  });
});

test('a plan is told by the limits that are known', () => {
  assert.equal(
    planSentence({ name: 'free', max_connections: 20, max_storage_gb: 10 }),
    'Plan free: at most 20 connections, 10 GB of disk.'
  );
  assert.equal(planSentence({ name: 'free' }), 'Plan free.');
});

test('a plan that is too small, and limits that stay, are spoken of', () => {
  const plan = { ...aPlan('free'), max_connections: 20, max_storage_gb: 0.005 };
  assert.match(tooSmall(plan, [aDatabase('acme', 'shop')]) ?? '', /^Its databases take 7.6 MB: /);
  assert.equal(tooSmall(plan, []), null);
  const acme = { ...aTenant('acme'), max_connections: 20, max_storage_gb: 0.005 };
  assert.equal(ownLimits(acme, plan), null);
  assert.equal(
    ownLimits({ ...acme, max_storage_gb: 2 }, plan),
    'It keeps what it has of its own: 2 GB of disk.'
  );
});

test('what is lost is counted', () => {
  const shop: Database = { ...aDatabase('acme', 'shop'), connections: 2 };
  const contents = { version: 1, schemas: [aSchema('public', aTable('a'), aTable('b'))] };
  assert.equal(
    lossOf(shop, contents),
    'shop (PostgreSQL): 2 tables, about 2,468 rows, 7.6 MB, 2 connections in use'
  );
  const papers = { ...shop, engine: 'document', connections: 0, size_bytes: null };
  assert.equal(
    lossOf(papers, { version: 1, schemas: [], collections: [aCollection('x')] }),
    'shop (Documents): 1 collection, 1,234 documents'
  );
  const key: ApiKey = {
    id: '1',
    role: 'anon',
    prefix: 'dbk_',
    created_at: '',
    revoked_at: null,
    documents_only: false
  };
  assert.equal(
    lossesOf([shop], [key, { ...key, revoked_at: '2026' }]).at(-1),
    '1 API key: applications that use them stop working'
  );
  assert.deepEqual(lossesOf([], []), ['no database, and no key']);
});
