import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bytes, count, exact, gigabytes, plural } from './format.js';
import { atMost, nextDelay, QUICK } from './pace.js';

test('sizes read as PostgreSQL writes them', () => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [512, '512 B'],
    [8192, '8 kB'],
    [1536, '1.5 kB'],
    [1024 * 1024 - 1, '1 MB'],
    [31_000_000, '30 MB'],
    [5 * 1024 ** 4, '5 TB']
  ];
  for (const [size, text] of cases) {
    assert.equal(bytes(size), text);
  }
});

test('what plans give is counted in thousands', () => {
  assert.deepEqual([10, 2.5, 0.5, 0.001, 1000].map(gigabytes), [
    '10 GB',
    '2.5 GB',
    '500 MB',
    '1 MB',
    '1,000 GB'
  ]);
});

test('counts stay short', () => {
  const cases: [number, string][] = [
    [0, '0'],
    [999, '999'],
    [1000, '1k'],
    [1458, '1.5k'],
    [336_776, '337k'],
    [999_999, '1M'],
    [2_500_000_000, '2.5G']
  ];
  for (const [value, text] of cases) {
    assert.equal(count(value), text);
  }
});

test('sentences have exact numbers', () => {
  assert.equal(exact(336_776), '336,776');
  assert.equal(plural(1, 'row'), '1 row');
  assert.equal(plural(0, 'table'), '0 tables');
});

test('looking calms down while nothing changes, and is quick again when something does', () => {
  let delay = QUICK;
  for (let look = 0; look < 50; look += 1) {
    const next = nextDelay(delay, 'same');
    assert.ok(next >= delay);
    delay = next;
  }
  assert.ok(delay <= 10_000);
  assert.equal(nextDelay(delay, 'changed'), QUICK);
});

test('nobody answering is asked ever more seldom, and the first answer makes it quick again', () => {
  let delay = QUICK;
  for (let look = 0; look < 50; look += 1) {
    delay = nextDelay(delay, 'failed');
  }
  assert.equal(delay, 30_000);
  assert.equal(nextDelay(delay, 'same'), QUICK);
});

test('what takes long to look at in vain is looked at less often', () => {
  assert.equal(nextDelay(QUICK, 'same', 1500), 15_000);
  assert.equal(nextDelay(QUICK, 'same', 60_000), 30_000);
  assert.equal(nextDelay(QUICK, 'changed', 1500), QUICK);
});

test('many things are done a few at a time, and answered in order', async () => {
  let now = 0;
  let most = 0;
  const squares = await atMost(3, [1, 2, 3, 4, 5, 6, 7], async value => {
    now += 1;
    most = Math.max(most, now);
    await Promise.resolve();
    now -= 1;
    return value * value;
  });
  assert.deepEqual(squares, [1, 4, 9, 16, 25, 36, 49]);
  assert.equal(most, 3);
});
