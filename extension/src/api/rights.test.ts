import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Right } from './nouns.js';
import { may } from './rights.js';

test('each right includes those before it', () => {
  const allowed = (right: Right): Right[] =>
    (['view', 'own', 'administer'] as const).filter(needed => may({ right }, needed));
  assert.deepEqual(allowed('view'), ['view']);
  assert.deepEqual(allowed('own'), ['view', 'own']);
  assert.deepEqual(allowed('administer'), ['view', 'own', 'administer']);
});
