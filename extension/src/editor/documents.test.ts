import assert from 'node:assert/strict';
import { test } from 'node:test';

import { activeDocument, added, changed, closed, documentsFrom, noDocuments, renamed } from './documents.js';

test('an empty query takes a text; one that is written in is left alone', () => {
  const first = added(noDocuments(), 'select 1');
  assert.deepEqual(first.documents, [{ id: 'query-1', name: 'Query 1', text: 'select 1' }]);
  const second = added(first, 'select 2');
  assert.deepEqual(
    second.documents.map(one => one.text),
    ['select 1', 'select 2']
  );
  assert.equal(activeDocument(second).text, 'select 2');
});

test('a closed query leaves its place to its neighbour, and the last one to an empty one', () => {
  let all = added(added(added(noDocuments(), 'a'), 'b'), 'c');
  all = closed({ ...all, active: 'query-2' }, 'query-2');
  assert.equal(activeDocument(all).text, 'c');
  all = closed(all, 'query-3');
  assert.equal(activeDocument(all).text, 'a');
  all = closed(all, 'query-1');
  assert.deepEqual(all, noDocuments());
});

test('a number that became free is given again', () => {
  const all = closed(added(added(noDocuments(), 'a'), 'b'), 'query-1');
  assert.deepEqual(
    added(all, 'c').documents.map(one => one.id),
    ['query-2', 'query-1']
  );
});

test('what was saved comes back', () => {
  const all = renamed(changed(added(added(noDocuments(), 'a'), 'b'), 'query-1', 'x'), 'query-2', 'Mine');
  assert.deepEqual(documentsFrom(JSON.parse(JSON.stringify(all))), all);
});

test('whatever was saved, there is a query', () => {
  const senseless: unknown[] = [
    undefined,
    null,
    7,
    {},
    { documents: 'x' },
    { documents: [] },
    { documents: [null, { id: 1 }, { id: 'a', name: 'b' }] }
  ];
  for (const saved of senseless) {
    assert.deepEqual(documentsFrom(saved), noDocuments());
  }
  const twice = { id: 'a', name: 'b', text: 'c' };
  assert.equal(documentsFrom({ documents: [twice, twice], active: 'gone' }).documents.length, 1);
});
