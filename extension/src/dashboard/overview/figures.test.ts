import assert from 'node:assert/strict';
import { test } from 'node:test';

import { aDatabase } from '../../sidebar/samples.js';
import { figuresOf, percent } from './figures.js';

test('what nobody knows is a dash', () => {
  const figures = figuresOf({
    database: aDatabase('acme', 'shop'),
    engine: null,
    size_bytes: null,
    connections: null,
    transactions: null,
    requests_per_second: null,
    cache_hit_ratio: null,
    endpoints: null,
    keys: null,
    tables: null,
    warnings: null,
    sampled_at: null
  });
  assert.deepEqual([...new Set(figures.map(figure => figure.value))], ['–']);
});

test('almost all is not all', () => {
  assert.equal(percent(0.99999), '99.9 %');
  assert.equal(percent(1), '100 %');
});
