import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ApiError } from '../api/errors.js';
import type { Tell } from '../api/told.js';
import { Works } from './works.js';

const busy = new ApiError('failed', 'It is busy.', 'Try again.');

test('work is on view with its step until it is done', async () => {
  const works = new Works();
  let finish: (made: string) => void = () => {};
  const told: string[] = [];
  const begun = works.begin(
    'Dump of shop',
    (tell: Tell) => {
      tell({ step: 1, of: 2, doing: 'Reading' });
      return new Promise<string>(resolve => (finish = resolve));
    },
    step => told.push(step.doing)
  );
  assert.deepEqual(
    works.list.map(({ title, step }) => [title, step?.doing]),
    [['Dump of shop', 'Reading']]
  );
  assert.deepEqual(told, ['Reading']);
  finish('made');
  assert.equal(await begun.outcome, 'made');
  assert.deepEqual(works.list, []);
});

test('a failure belongs to who waits for it, and stays where nobody does', async () => {
  const works = new Works();
  const waited = works.begin('One', () => Promise.reject(busy));
  await assert.rejects(waited.outcome, busy);
  assert.equal(works.list.length, 0);

  const left = works.begin('Two', () => Promise.reject(busy));
  left.leave();
  await assert.rejects(left.outcome, busy);
  assert.deepEqual(
    works.list.map(({ title, problem }) => [title, problem?.message]),
    [['Two', 'It is busy.']]
  );
  works.dismiss(works.list[0]?.id ?? 0);
  assert.deepEqual(works.list, []);
});

test('the page is held while work goes on, and no longer', async () => {
  let held = 0;
  const works = new Works(() => {
    held += 1;
    return { isDisposed: false, dispose: () => (held -= 1) };
  });
  const one = works.begin('One', () => Promise.resolve(1));
  const two = works.begin('Two', () => Promise.reject(busy));
  two.leave();
  assert.equal(held, 1);
  await Promise.allSettled([one.outcome, two.outcome]);
  assert.equal(held, 0);
});
