import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Results } from '../api/results.js';
import type { RunAnswer } from '../api/results.js';
import { Desk } from './desk.js';
import { EngineSource } from './engine.js';

interface Asked {
  method: string;
  path: string;
  body: Record<string, unknown>;
}

const COLUMNS = [{ name: 'id', type: 'bigint' }];
const RUN: RunAnswer = {
  kind: 'rows',
  result: 'r1',
  columns: COLUMNS,
  rows: Array.from({ length: 200 }, (_, index) => [index]),
  complete: false,
  total: null,
  command: 'SELECT',
  row_count: 200,
  notices: [],
  duration_ms: 1,
  pageable: true
};

/** A server with a table of `total` rows; `more` goes into its pages. */
function serving(
  total: number,
  more: object = {}
): { source: EngineSource; asked: Asked[]; refuse: { with: Response | null } } {
  const asked: Asked[] = [];
  const refuse: { with: Response | null } = { with: null };
  const results = new Results(
    (path, init) => {
      init.signal?.throwIfAborted();
      const body = JSON.parse((init.body as string | undefined) ?? '{}') as Record<string, unknown>;
      asked.push({ method: init.method ?? '', path, body });
      if (refuse.with) {
        return Promise.resolve(refuse.with);
      }
      const [offset, limit] = [Number(body['offset']), Number(body['limit'])];
      const count = Math.max(0, Math.min(limit, total - offset));
      const answers: Record<string, object> = {
        count: { total },
        cell: { value: 'whole', length: 5 },
        rows: {
          result: 'r2',
          columns: COLUMNS,
          rows: Array.from({ length: count }, (_, index) => [offset + index]),
          offset,
          complete: offset + count >= total,
          reopened: false,
          ...more
        }
      };
      return Promise.resolve(Response.json(answers[path.split('/').at(-1) ?? ''] ?? {}));
    },
    'a/b',
    'shop'
  );
  return { source: EngineSource.of(results, { text: 'select 1' }, RUN), asked, refuse };
}

const never = new AbortController().signal;

test('names are escaped in paths, and the first rows are not asked for again', async () => {
  const { source, asked } = serving(1000);
  assert.equal((await source.rows(0, 200, never)).length, 200);
  assert.equal(asked.length, 0);
  await source.rows(200, 200, never);
  assert.deepEqual(
    [asked[0]?.path, asked[0]?.body],
    [
      '/v1/a%2Fb/databases/shop/editor/rows',
      {
        text: 'select 1',
        columns: COLUMNS.map(column => column.name),
        offset: 200,
        limit: 200,
        result: 'r1'
      }
    ]
  );
});

test('the end is known when it was seen', async () => {
  const { source } = serving(450);
  await source.rows(200, 200, never);
  assert.deepEqual([source.known, source.total], [400, null]);
  assert.deepEqual(await source.rows(1000, 200, never), []);
  assert.deepEqual([source.known, source.total], [400, null]);
  await source.rows(400, 200, never);
  assert.deepEqual([source.known, source.total], [450, 450]);
});

test('order and choice go to the engine with every question', async () => {
  const { source, asked } = serving(1000);
  const where = [{ column: 0, op: 'gt', value: '5' }];
  const arranged = await source.arrange([{ column: 0, descending: true }], where);
  await arranged.cell(3, 0);
  await arranged.count();
  const [rows, cell, count] = asked.map(({ body }) => body);
  assert.equal('result' in (rows ?? {}), false);
  assert.deepEqual([cell?.['order'], cell?.['where'], cell?.['row']], [rows?.['order'], where, 3]);
  assert.deepEqual([count?.['where'], 'order' in (count ?? {})], [where, false]);
  for (const body of [rows, cell, count]) {
    assert.deepEqual(
      body?.['columns'],
      COLUMNS.map(column => column.name)
    );
  }
});

test('a statement that had to be run again is noticed', async () => {
  const { source } = serving(1000, { reopened: true });
  let told = 0;
  const desk = new Desk(source);
  source.subscribe(() => (told += 1));
  await source.rows(200, 200, never);
  assert.equal(source.run, 1);
  assert.ok(told > 0);
  assert.match(desk.view.note ?? '', /run again/);
  desk.dispose();
});

test('an open result is closed, once', async () => {
  const { source, asked } = serving(1000);
  source.dispose();
  source.dispose();
  await Promise.resolve();
  assert.deepEqual(
    asked.map(({ method, path }) => [method, path.split('/').slice(-2).join('/')]),
    [['DELETE', 'results/r1']]
  );
});

test('what is aborted rejects with the reason, and is no problem', async () => {
  const { source } = serving(1000);
  const controller = new AbortController();
  controller.abort();
  await assert.rejects(source.rows(200, 200, controller.signal), { name: 'AbortError' });
  const desk = new Desk(source);
  desk.fail(controller.signal.reason);
  assert.equal(desk.view.problem, null);
  desk.dispose();
});

test('rows stay when an arrangement is refused, and the last of several wins', async () => {
  const { source, refuse } = serving(1000);
  const desk = new Desk(source);
  await Promise.resolve();
  refuse.with = Response.json({ code: 'invalid', message: 'No such number.', hint: null }, { status: 400 });
  assert.equal(await desk.arrange([], [{ column: 0, op: 'eq', value: 'x' }]), false);
  assert.deepEqual([desk.view.source, desk.view.problem?.message], [source, 'No such number.']);
  assert.deepEqual(desk.asked.where, []);
  refuse.with = null;
  const sorts = [false, true].map(descending => desk.arrange([{ column: 0, descending }], []));
  await Promise.all(sorts);
  assert.deepEqual(desk.view.source.sort, [{ column: 0, descending: true }]);
  assert.deepEqual(desk.asked.sort, [{ column: 0, descending: true }]);
  await desk.arrange([], []);
  assert.equal(desk.view.source, source);
  desk.dispose();
});

test('a row is reached, or the last one there is', async () => {
  const { source } = serving(1000);
  const desk = new Desk(source);
  assert.equal(await desk.reach(150), 150);
  assert.equal(await desk.reach(700), 700);
  assert.equal(await desk.reach(5_000_000), 999);
  assert.equal(desk.view.total, 1000);
  desk.dispose();
});
