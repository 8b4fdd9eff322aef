import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Statement } from '../api/language.js';
import { runsOf, statementAt, wordAt } from './chosen.js';

function statement(from: number, to: number, reads = true, ...parameters: string[]): Statement {
  return { from, to, reads, parameters };
}

test('the statement at the cursor is the one a person means', () => {
  //            0         10        20
  const text = 'select 1; select 2;\n\nselect 3';
  const all = [statement(0, 8), statement(10, 18), statement(21, 29)];
  const at = (cursor: number): number | undefined => statementAt(text, all, cursor)?.from;
  assert.deepEqual([0, 8, 9, 10, 19, 20, 29].map(at), [0, 0, 0, 10, 10, 21, 21]);
  assert.equal(statementAt(`${text}\n\n`, all, 31)?.from, 21);
  assert.equal(statementAt('', [], 0), null);
});

test('statements that only read are run one by one, others at once', () => {
  const reads = [statement(0, 8, true, 'a'), statement(10, 18)];
  assert.deepEqual(
    runsOf(reads).map(run => [run.range.from, run.parameters]),
    [
      [0, ['a']],
      [10, []]
    ]
  );
  assert.deepEqual(runsOf([...reads, statement(20, 25, false, 'b', 'a')]), [
    { range: { from: 0, to: 25 }, parameters: ['a', 'b'] }
  ]);
  assert.deepEqual(runsOf([]), []);
});

test('a whole word is marked', () => {
  assert.deepEqual(wordAt('select nme from t', 7), { from: 7, to: 10 });
  assert.deepEqual(wordAt('select "a b" from t', 7), { from: 7, to: 12 });
  assert.deepEqual(wordAt('select ; ', 7), { from: 7, to: 8 });
  assert.deepEqual(wordAt('select', 99), { from: 6, to: 6 });
});
