import assert from 'node:assert/strict';
import test from 'node:test';

import { answerOf } from './fetcher.js';
import { partOf } from './storage.js';

/** As browsers have it: what is kept are the object's own keys. */
function browserStorage(): Storage {
  const methods = {
    getItem(this: Record<string, string>, key: string) {
      return this[key] ?? null;
    },
    setItem(this: Record<string, string>, key: string, value: string) {
      this[key] = value;
    },
    removeItem(this: Record<string, string>, key: string) {
      Reflect.deleteProperty(this, key);
    }
  };
  return Object.create(methods) as Storage;
}

test('endpoints remember apart, and clearing one leaves the others', () => {
  const whole = browserStorage();
  const [one, two] = [partOf(whole, '/v1/a/graphql'), partOf(whole, '/v1/b/graphql')];
  one.setItem('query', '{ a }');
  two.setItem('query', '{ b }');
  whole.setItem('somebody else', 'x');
  assert.equal(one.getItem('query'), '{ a }');
  assert.equal(one.length, 1);
  one.removeItem('nothing');
  one.clear();
  assert.equal(one.getItem('query'), null);
  assert.equal(two.getItem('query'), '{ b }');
  assert.equal(whole.getItem('somebody else'), 'x');
});

test('what is no JSON object becomes an error that says so', () => {
  assert.deepEqual(answerOf('{"data": null}', '200'), { data: null });
  for (const text of ['', '<html>', '12', 'null']) {
    assert.match(JSON.stringify(answerOf(text, '502 Bad Gateway')), /502 Bad Gateway, and not with JSON/);
  }
});
