import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PAGE, Pages } from './pages.js';
import type { Cell } from './source.js';

interface Asked {
  offset: number;
  limit: number;
  signal: AbortSignal;
  answer: (rows: number) => void;
  refuse: (reason: Error) => void;
}

/** Rows that come when they are told to; a row holds its own number. */
function waiting(kept?: number): {
  pages: Pages;
  asked: Asked[];
  arrived: [number, number][];
  failed: unknown[];
  source: { run: number };
} {
  const asked: Asked[] = [];
  const arrived: [number, number][] = [];
  const failed: unknown[] = [];
  const source = {
    run: 0,
    rows: (offset: number, limit: number, signal: AbortSignal): Promise<Cell[][]> =>
      new Promise((resolve, reject) => {
        asked.push({
          offset,
          limit,
          signal,
          answer: rows => {
            resolve(Array.from({ length: rows }, (_, index) => [offset + index]));
          },
          refuse: reject
        });
      })
  };
  const pages = new Pages(
    source,
    (offset, count) => arrived.push([offset, count]),
    thrown => failed.push(thrown),
    kept
  );
  return { pages, asked, arrived, failed, source };
}

/** Until the timers and promises of a moment have run. */
async function settled(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, 80));
}

test('what is in view is asked for in whole pages, once', async () => {
  const { pages, asked, arrived } = waiting();
  pages.want(150, 250);
  pages.want(151, 251);
  assert.deepEqual([asked.length, asked[0]?.offset, asked[0]?.limit], [1, 0, 2 * PAGE]);
  asked[0]?.answer(2 * PAGE);
  await settled();
  assert.deepEqual(arrived, [[0, 2 * PAGE]]);
  assert.deepEqual([pages.row(0), pages.row(399), pages.row(400)], [[0], [399], undefined]);
  pages.want(0, 399);
  await settled();
  assert.equal(asked.length, 1);
});

test('a request is aborted when its rows are scrolled past, and where the view rests is asked for', async () => {
  const { pages, asked } = waiting();
  pages.want(0, 50);
  for (let row = 10_000; row <= 90_000; row += 10_000) {
    pages.want(row, row + 50);
  }
  assert.deepEqual([asked.length, asked[0]?.signal.aborted], [1, true]);
  await settled();
  assert.deepEqual([asked.length, asked[1]?.offset], [2, 90_000]);
  // What comes of it anyway is not of this view any more.
  asked[0]?.answer(PAGE);
  await settled();
  assert.equal(pages.row(0), undefined);
});

test('rows that did not come are asked for again when they are wanted again', async () => {
  const { pages, asked, failed } = waiting();
  pages.want(0, 50);
  asked[0]?.refuse(new Error('gone'));
  await settled();
  assert.deepEqual([asked.length, failed.length], [1, 1]);
  pages.want(0, 50);
  await settled();
  assert.equal(asked.length, 2);
});

test('what was looked at last stays, and memory stays bounded', async () => {
  const { pages, asked } = waiting(3);
  for (const [turn, page] of [0, 1, 2].entries()) {
    pages.want(page * PAGE, page * PAGE);
    await settled();
    asked[turn]?.answer(PAGE);
    await settled();
  }
  pages.want(0, 0);
  pages.want(3 * PAGE, 3 * PAGE);
  await settled();
  asked[3]?.answer(PAGE);
  await settled();
  const here = [0, 1, 2, 3].map(page => pages.row(page * PAGE) !== undefined);
  assert.deepEqual(here, [true, false, true, true]);
});

test('rows of another run of the statement never stand beside those of an earlier one', async () => {
  const { pages, asked, source } = waiting();
  pages.want(0, 10);
  asked[0]?.answer(PAGE);
  await settled();
  pages.want(1000, 1010);
  await settled();
  source.run = 1;
  asked[1]?.answer(PAGE);
  await settled();
  assert.deepEqual([pages.row(0), pages.row(1000)], [undefined, [1000]]);
});

test('a range takes what is here and fetches what is not, as far as there is any', async () => {
  const { pages, asked } = waiting();
  pages.want(0, 10);
  asked[0]?.answer(PAGE);
  await settled();
  const range = pages.range(190, 1500, new AbortController().signal);
  await settled();
  assert.deepEqual([asked[1]?.offset, asked[1]?.limit], [200, 1000]);
  asked[1]?.answer(1000);
  await settled();
  asked[2]?.answer(0);
  const rows = await range;
  assert.deepEqual([rows.length, rows[0], rows.at(-1)], [1010, [190], [1199]]);
});

test('nothing comes any more after the end', async () => {
  const { pages, asked, arrived, failed } = waiting();
  pages.want(0, 10);
  pages.dispose();
  assert.equal(asked[0]?.signal.aborted, true);
  asked[0].answer(PAGE);
  await settled();
  assert.deepEqual([arrived, failed], [[], []]);
});
