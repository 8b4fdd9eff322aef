import assert from 'node:assert/strict';
import { test } from 'node:test';

import { makeSnippet, needs } from './make.js';
import { codeText, documentCollection, shellWord, sqlName, sqlTable } from './quote.js';
import { firstRows } from './target.js';
import type { Target } from './target.js';

const orders: Target = {
  tenant: 'acme',
  database: 'shop',
  documents: false,
  place: { schema: 'public', name: 'orders' }
};
const audit: Target = { ...orders, place: { schema: 'Audit', name: 'a/b "c"' } };
const documents: Target = { ...orders, documents: true, place: { schema: null, name: 'orders' } };
const REST = 'http://localhost:8888/dbaas/p/acme/shop/rest/v1';

test('a name is quoted in SQL where it needs to be', () => {
  const cases: [string, string][] = [
    ['orders', 'orders'],
    ['order', '"order"'],
    ['Orders', '"Orders"'],
    ['1st', '"1st"'],
    ['a"b', '"a""b"'],
    ['', '""'],
    ['naïve', '"naïve"']
  ];
  for (const [name, quoted] of cases) {
    assert.equal(sqlName(name), quoted);
  }
  assert.equal(sqlTable('public', 'user'), '"user"');
  assert.equal(sqlTable('audit', 'log'), 'audit.log');
});

test('a query for the first rows names the schema where it is not the usual one', () => {
  assert.equal(firstRows(orders), 'select * from orders limit 100');
  assert.equal(firstRows(audit), 'select * from "Audit"."a/b ""c""" limit 100');
  assert.equal(firstRows(documents), 'db.orders.find({})');
});

test('a collection that no identifier names is named by a text', () => {
  assert.equal(documentCollection('my-orders'), 'db.getCollection("my-orders")');
  assert.equal(documentCollection('constructor'), 'db.getCollection("constructor")');
});

test('a text in code holds nothing that an editor would not show', () => {
  assert.equal(codeText("it's"), '"it\'s"');
  assert.equal(codeText(`'"`), `'\\'"'`);
  assert.equal(codeText('a\\b\nc\u202e\u0000'), "'a\\\\b\\nc\\u202e\\u0000'");
  assert.equal(codeText('snow ☃ 😀'), "'snow ☃ 😀'");
});

test('a word of a shell is one word, and a terminal does nothing with it', () => {
  assert.equal(shellWord("a'b $(x) `y`"), "'a'\\''b $(x) `y`'");
  assert.equal(shellWord('a\u001b[201~\n'), "$'a\\x1b[201~\\x0a'");
  assert.equal(shellWord('\u202e'), "$'\\xe2\\x80\\xae'");
});

test('a snippet says what it needs, and no notebook needs a password', () => {
  assert.equal(needs('python', orders), 'nothing');
  assert.equal(needs('driver', orders), 'connection string');
  assert.equal(needs('javascript', orders), 'key');
  assert.equal(needs('javascript', documents), 'connection string');
});

test('supabase-js is given the base, and a name that survives being put into a URL', () => {
  const plain = makeSnippet('javascript', orders, 'KEY', REST);
  assert.match(plain, /createClient\('http:\/\/localhost:8888\/dbaas\/p\/acme\/shop', 'KEY'\)/);
  assert.match(plain, /client\.from\('orders'\)/);
  const odd = makeSnippet('javascript', audit, 'KEY', REST);
  assert.match(odd, /client\.schema\('Audit'\)\.from\(encodeURIComponent\('a\/b "c"'\)\)/);
});

test('curl names another schema in a header', () => {
  assert.equal(
    makeSnippet('curl', audit, 'KEY', REST),
    `curl '${REST}/a%2Fb%20%22c%22?limit=10' \\\n  -H 'apikey: KEY' \\\n  -H 'Accept-Profile: Audit'\n`
  );
});

test("MongoDB's clients are given the collection by its name", () => {
  const odd = { ...documents, place: { schema: null, name: "it's" } };
  assert.match(makeSnippet('python', odd, '', ''), /db\["it's"\]\.find\(\{\}\)\.limit\(10\)/);
  assert.match(makeSnippet('javascript', odd, 'mongodb://x', ''), /db\.collection\("it's"\)/);
  assert.match(
    makeSnippet('shell', odd, 'mongodb://x', ''),
    /^mongosh 'mongodb:\/\/x' --eval 'db\.getCollection\("it'\\''s"\)/
  );
});
