import assert from 'node:assert/strict';
import { test } from 'node:test';

import { aDatabase, aPlan, aTenant } from './samples.js';
import { levelOf, limitsOf, metersOf } from './used.js';

const acme = { ...aTenant('acme'), max_connections: 20, max_storage_gb: 0.01 };

test('nothing is used where there is nothing', () => {
  assert.deepEqual(
    metersOf(acme, []).map(({ term, text }) => `${term}: ${text}`),
    ['Storage: 0 B of 10 MB', 'Connections: 0 of 20']
  );
});

test('storage is that of all databases, connections those of the busiest engine', () => {
  const databases = [
    { ...aDatabase('acme', 'a'), connections: 9 },
    { ...aDatabase('acme', 'b'), connections: 8, size_bytes: null },
    { ...aDatabase('acme', 'c'), connections: 3, engine: 'document', size_bytes: 1_000_000 }
  ];
  const meters = metersOf(acme, databases);
  assert.deepEqual(
    meters.map(({ text }) => text),
    ['8.6 MB of 10 MB, without 1 database asleep', '17 of 20']
  );
  assert.deepEqual(meters.map(levelOf), ['near', 'near']);
  const fuller = metersOf(acme, [...databases, aDatabase('acme', 'd')]);
  assert.deepEqual(fuller.map(levelOf), ['full', 'near']);
});

const plan = aPlan('free');

test('limits that do not hold are not spoken of', () => {
  assert.deepEqual(limitsOf(plan), [
    ['Requests', 'at most 2,000 a second, 50 at once'],
    ['Statements', '30 s each'],
    ['Sleeps', 'after 30 minutes without use']
  ]);
  assert.equal(limitsOf({ ...plan, statement_timeout_ms: 0, idle_stop_seconds: 0 }).length, 1);
});
