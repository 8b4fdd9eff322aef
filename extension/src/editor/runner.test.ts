import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ApiError } from '../api/errors.js';
import type { Results, RunAnswer } from '../api/results.js';
import { Runner, titleOf } from './runner.js';
import type { Piece } from './runner.js';

class Shown {
  isDisposed = false;
  dispose(): void {
    this.isDisposed = true;
  }
}

function answer(change: Partial<RunAnswer> = {}): RunAnswer {
  return {
    kind: 'rows',
    result: null,
    columns: [],
    rows: [[1]],
    complete: true,
    total: 1,
    command: 'SELECT 1',
    row_count: 1,
    notices: [],
    duration_ms: 1,
    pageable: true,
    ...change
  };
}

function piece(text: string, from = 0): Piece {
  return { text, params: undefined, from };
}

/** A runner of statements that an object answers by their text. */
function runnerOf(answers: Record<string, RunAnswer | ApiError>): { runner: Runner<Shown>; asked: string[] } {
  const asked: string[] = [];
  const results = {
    run: ({ text }: { text: string }, { signal }: { signal: AbortSignal }) => {
      asked.push(text);
      const found = answers[text];
      return new Promise<RunAnswer>((resolve, reject) => {
        if (found instanceof ApiError) {
          reject(found);
        } else if (found) {
          resolve(found);
        } else {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        }
      });
    }
  };
  return { runner: new Runner(results as unknown as Results, () => new Shown()), asked };
}

test('a run takes the place of the results of the one before it, those that are pinned aside', async () => {
  const { runner } = runnerOf({ a: answer(), b: answer(), c: answer() });
  await runner.run('q', [piece('a'), piece('b')]);
  const [first, second] = runner.view.tabs;
  assert.ok(first && second);
  assert.equal(runner.view.chosen.get('q'), first.id);
  runner.change(first.id, { pinned: true });
  await runner.run('q', [piece('c')]);
  assert.deepEqual(
    runner.view.tabs.map(tab => tab.text),
    ['a', 'c']
  );
  assert.ok(second.shown.isDisposed && !first.shown.isDisposed);
});

test('nothing is run after a failure, whose place is one in the whole text', async () => {
  const refused = new ApiError('failed', 'No.', null, '42601', 3);
  const { runner, asked } = runnerOf({ a: answer({ kind: 'command', command: 'UPDATE 1' }), b: refused });
  const last = await runner.run('q', [piece('a'), piece('b', 10), piece('c', 20)]);
  assert.deepEqual(asked, ['a', 'b']);
  assert.equal(last?.position, 13);
  assert.equal(runner.view.chosen.get('q'), null);
  assert.equal(runner.view.running.size, 0);
});

test('what runs is cancelled once, and a query runs one thing at a time', async () => {
  const { runner, asked } = runnerOf({});
  const running = runner.run('q', [piece('long')]);
  assert.equal(await runner.run('q', [piece('other')]), null);
  assert.ok(runner.cancel('q'));
  assert.equal((await running)?.problem?.code, 'cancelled');
  assert.ok(!runner.cancel('q'));
  assert.deepEqual(asked, ['long']);
});

test('a closed query leaves nothing', async () => {
  const { runner } = runnerOf({ a: answer() });
  await runner.run('q', [piece('a')]);
  const [tab] = runner.view.tabs;
  runner.forget('q');
  assert.ok(tab?.shown.isDisposed);
  assert.deepEqual([runner.view.tabs, runner.view.messages], [[], []]);
});

test('a result is called what it is from', () => {
  assert.equal(titleOf('select * from "Odd one"."T x" where true', 1), 'T x');
  assert.equal(titleOf('select * from public.orders o', 1), 'orders');
  assert.equal(titleOf('select * from "a.b ""c"".d"', 1), 'a.b "c".d');
  assert.equal(titleOf('db.orders.find({})', 1), 'orders');
  assert.equal(titleOf('select 1', 2), 'Result 2');
});
