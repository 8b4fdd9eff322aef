import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Dump } from '../api/nouns.js';
import { aboutDump, goneIn } from './words.js';

const now = Date.parse('2026-11-23T12:00:00Z');
const dump: Dump = {
  id: '1',
  database: 'shop',
  engine: 'postgres',
  server_version: '18.1',
  size_bytes: 8192,
  made_at: '2026-11-23T11:00:00Z',
  is_last: false,
  expires_at: null
};

test('when a dump is gone is rounded down', () => {
  assert.equal(goneIn('2026-11-30T11:59:00Z', now), 'in 6 days');
  assert.equal(goneIn('2026-11-25T11:59:00Z', now), 'in 47 hours');
  assert.equal(goneIn('2026-11-23T13:00:00Z', now), 'in 1 hour');
  assert.equal(goneIn('2026-11-23T12:30:00Z', now), 'within the hour');
  assert.equal(goneIn('2026-11-22T12:30:00Z', now), 'within the hour');
});

test('a dump is told by size, version and how long it stays', () => {
  assert.equal(aboutDump(dump, now), '8 kB, PostgreSQL 18.1, kept until it is deleted');
  assert.match(aboutDump({ ...dump, expires_at: '2026-11-30T12:00:00Z' }, now), /, gone in 7 days$/);
});
