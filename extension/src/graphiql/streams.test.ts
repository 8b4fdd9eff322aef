import assert from 'node:assert/strict';
import test from 'node:test';

import { parse } from 'graphql';

import { errorsOf, socketUrl, streams } from './streams.js';

test('a document is streamed when it is a subscription that is asked for', () => {
  const both = parse('query one { a } subscription two { b }');
  assert.equal(streams(both, 'two'), true);
  assert.equal(streams(both, 'one'), false);
  assert.equal(streams(both, null), false);
  assert.equal(streams(parse('subscription { b }'), undefined), true);
  assert.equal(streams(undefined, 'two'), false);
});

test('the socket is at the same address, as safe as the page', () => {
  assert.equal(socketUrl('/v1/a/graphql', 'http://127.0.0.1:8888/lab?x'), 'ws://127.0.0.1:8888/v1/a/graphql');
  assert.equal(socketUrl('https://b.example/g', 'http://127.0.0.1/'), 'wss://b.example/g');
});

test('what ends a stream is told as errors', () => {
  const own = [{ message: 'resync', extensions: { code: 'resync' } }];
  assert.deepEqual(errorsOf(own), own);
  const closed = { code: 4403, reason: 'invalid_key: not valid here' };
  assert.deepEqual(errorsOf(closed), [
    { message: 'The connection was closed: invalid_key: not valid here (4403).' }
  ]);
  assert.deepEqual(errorsOf({ code: 1006, reason: '' }), [{ message: 'The connection was closed (1006).' }]);
  assert.deepEqual(errorsOf(new Error('no route')), [{ message: 'no route' }]);
  assert.deepEqual(errorsOf(null), [{ message: 'The connection failed.' }]);
});
