import assert from 'node:assert/strict';
import { test } from 'node:test';

import { beginning, pieces, shown, visible } from './index.js';

test('what would act is written out', () => {
  assert.equal(visible('a\u202eb\0c\nd\te'), 'a\\u202eb\\x00c\\nd\\te');
  assert.equal(visible('\ud83d x \udc00'), '\\ud83d x \\udc00');
  assert.equal(visible('\u{e0041}'), '\\u{e0041}');
});

test('letters of every script, and emoji, stay as they are', () => {
  for (const text of ['שלום', 'नमस्ते', '👩‍👩‍👧', 'e\u0301', '<img src=x onerror=alert(1)>']) {
    assert.equal(visible(text), text);
  }
});

test('nothing, empty text and the word null are three things', () => {
  const [nothing, empty, word] = [null, '', 'null'].map(cell => shown(cell));
  assert.deepEqual([nothing?.kind, empty?.kind, word?.kind], ['nothing', 'empty', 'value']);
  assert.equal(word?.text, 'null');
});

test('a long value is cut, and never through a character', () => {
  assert.deepEqual(shown('x'.repeat(400), 300), { text: `${'x'.repeat(300)}…`, kind: 'value', cut: true });
  assert.deepEqual(shown({ text: 'beginning', length: 1_000_000 }), {
    text: 'beginning…',
    kind: 'value',
    cut: true
  });
  assert.equal(beginning('a😀', 2), 'a');
  assert.equal(beginning('a😀', 3), 'a😀');
});

test('a page can mark what was written out and keep lines', () => {
  assert.deepEqual(pieces('a\u200eb'), [
    { text: 'a', acting: false },
    { text: '\\u200e', acting: true },
    { text: 'b', acting: false }
  ]);
  assert.deepEqual(pieces('a\nb\tc', true), [{ text: 'a\nb\tc', acting: false }]);
  assert.deepEqual(pieces('\r\n', true), [
    { text: '\\r', acting: true },
    { text: '\n', acting: false }
  ]);
});
