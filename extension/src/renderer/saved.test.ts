import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ApiError } from '../api/errors.js';
import type { RowSource } from '../results/source.js';
import type { Saved } from './bundle.js';
import { SavedSource } from './saved.js';

const { signal } = new AbortController();

function saved(count: number, complete = false): Saved {
  return {
    tenant: 'acme',
    database: 'shop',
    text: 'select 1',
    columns: [{ name: 'n', type: 'integer' }],
    rows: Array.from({ length: count }, (_, index) => [index]),
    complete,
    total: null,
    pageable: true,
    notices: []
  };
}

/** An engine that counts what it is asked, and has 500 rows. */
class Engine {
  readonly asked: string[] = [];
  readonly formats = ['csv', 'parquet'];
  known = 0;
  total: number | null = null;
  run = 0;
  fails: ApiError | null = null;

  subscribe(): () => void {
    return () => {};
  }
  rows(offset: number, limit: number): Promise<number[][]> {
    return this.answer(
      'rows',
      Array.from({ length: limit }, (_, index) => [1000 + offset + index])
    );
  }
  cell(): Promise<string | null> {
    return this.answer('cell', 'whole');
  }
  arrange(): Promise<RowSource> {
    return this.answer('arrange', null as unknown as RowSource);
  }
  count(): Promise<number> {
    return this.answer('count', 500);
  }
  export(format: string): Promise<void> {
    return this.answer(`export ${format}`, undefined);
  }
  dispose(): void {
    this.asked.push('dispose');
  }

  private answer<T>(what: string, value: T): Promise<T> {
    this.asked.push(what);
    if (this.fails) {
      return Promise.reject(this.fails);
    }
    this.known = 200;
    return Promise.resolve(value);
  }
}

test('a first look runs nothing, also where a page is longer than what was saved', async () => {
  const engine = new Engine();
  const source = new SavedSource(saved(100), engine, 'result');
  await assert.rejects(source.count());
  source.begin();
  assert.equal((await source.rows(0, 200, signal)).length, 100);
  assert.deepEqual(await source.rows(10, 2, signal), [[10], [11]]);
  assert.equal(await source.cell(3, 0), '3');
  assert.deepEqual([source.known, source.total, source.run, source.pageable], [100, null, 0, true]);
  assert.deepEqual(engine.asked, []);
});

test('who goes on sees the rows of a new run, and is told', async () => {
  const engine = new Engine();
  const source = new SavedSource(saved(100), engine, 'result');
  let told = 0;
  source.subscribe(() => (told += 1));
  await source.rows(0, 200, signal);
  assert.deepEqual((await source.rows(0, 200, signal))[0], [1000]);
  assert.deepEqual([source.run, source.known, told], [1, 200, 1]);
  assert.equal(await source.cell(3, 0), 'whole');
  source.begin();
  assert.equal(await source.count(), 500);
});

test('without a platform the saved rows stay, and the sentence says what is missing', async () => {
  const engine = new Engine();
  const source = new SavedSource(saved(100), engine, 'result');
  await source.rows(0, 200, signal);
  for (const kind of ['offline', 'missing', 'unavailable'] as const) {
    engine.fails = new ApiError(kind, 'It is gone.', null, 'gone');
    await assert.rejects(source.rows(0, 200, signal), {
      kind,
      message: /saved with the notebook.*platform is needed/
    });
  }
  engine.fails = new ApiError('failed', 'relation "t" does not exist', null, '42P01');
  await assert.rejects(source.arrange([], []), { message: 'relation "t" does not exist' });
  assert.deepEqual([source.run, source.known], [0, 100]);
});

test('rows that are all here need no engine, but for the files that only it writes', async () => {
  const engine = new Engine();
  const source = new SavedSource(saved(3, true), engine, 'result');
  source.begin();
  assert.deepEqual([source.pageable, source.total, await source.count()], [false, 3, 3]);
  const turned = await source.arrange([{ column: 0, descending: true }], []);
  assert.deepEqual(await turned.rows(0, 9, signal), [[2], [1], [0]]);
  assert.deepEqual(engine.asked, []);
  await source.export('parquet');
  assert.deepEqual(engine.asked, ['export parquet']);
});
