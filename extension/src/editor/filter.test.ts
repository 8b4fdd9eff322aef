import assert from 'node:assert/strict';
import { test } from 'node:test';

import { matched, narrowed, stillHolds } from './filter.js';

const labels = (typed: string, ...names: string[]): string[] =>
  narrowed(
    names.map(label => ({ label })),
    typed
  ).map(item => item.label);

test('beginnings come first, then words within, then the rest; each in the order of the server', () => {
  assert.deepEqual(labels('na', 'banana', 'item_name', 'name', 'zone', 'NAtion'), [
    'name',
    'NAtion',
    'item_name',
    'banana'
  ]);
});

test('with nothing typed everything stays', () => {
  assert.deepEqual(labels('', 'b', 'a'), ['b', 'a']);
});

test('an opened quotation is no part of the name', () => {
  assert.deepEqual(labels('"Or', 'Orders', 'id'), ['Orders']);
});

test('an answer holds while its word grows, and no longer than the word', () => {
  assert.ok(stillHolds('', 'na'));
  assert.ok(stillHolds('na', 'name_2'));
  assert.ok(stillHolds('$ma', '$match'));
  assert.ok(!stillHolds('nam', 'na'));
  assert.ok(!stillHolds('na', 'na '));
  assert.ok(!stillHolds('na', 'na.'));
});

test('what matched is marked', () => {
  assert.deepEqual(matched('item_Name', 'na'), [5, 7]);
  assert.deepEqual(matched('x', ''), []);
  assert.deepEqual(matched('x', 'y'), []);
});
