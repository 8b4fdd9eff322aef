import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parametersFrom, valuesOf, WrongParameter } from './parameters.js';

test('values are sent as what they are said to be', () => {
  const entered = {
    a: { kind: 'text', text: ' 1 ' },
    b: { kind: 'number', text: ' -1.5 ' },
    c: { kind: 'null', text: 'kept' }
  } as const;
  assert.deepEqual(valuesOf(['a', 'b', 'c', 'd'], entered), { a: ' 1 ', b: -1.5, c: null, d: '' });
});

test('a number that JavaScript would change travels as its digits', () => {
  for (const text of ['9007199254740993', '1.50', '0.1000000000000000055511151231257827', '1e400']) {
    assert.deepEqual(valuesOf(['n'], { n: { kind: 'number', text } }), { n: text });
  }
});

test('what is no number is said', () => {
  for (const text of ['', 'x', '0x10', '1,5', 'Infinity', '1 2']) {
    assert.throws(() => valuesOf(['n'], { n: { kind: 'number', text } }), WrongParameter);
  }
});

test('only the names that are used are sent, and only what was entered', () => {
  assert.deepEqual(valuesOf(['constructor'], {}), { constructor: '' });
  assert.deepEqual(valuesOf([], { a: { kind: 'text', text: 'x' } }), {});
});

test('whatever was saved, parameters are parameters', () => {
  const right = { kind: 'number', text: '1' };
  assert.deepEqual(parametersFrom({ right, wrong: { kind: 'x', text: '' }, other: 3 }), { right });
  assert.deepEqual(parametersFrom('x'), {});
});
