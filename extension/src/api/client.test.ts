import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client } from './client.js';
import { ApiError } from './errors.js';
import type { Kind } from './errors.js';

function answering(status: number, body: string): { client: Client; asked: [string, RequestInit][] } {
  const asked: [string, RequestInit][] = [];
  const client = new Client((path, init) => {
    asked.push([path, init]);
    return Promise.resolve(new Response(body, { status }));
  });
  return { client, asked };
}

async function failure(client: Client): Promise<ApiError> {
  const thrown: unknown = await client.tenants().then(
    () => null,
    (reason: unknown) => reason
  );
  assert.ok(thrown instanceof ApiError);
  return thrown;
}

test('names are escaped in paths', async () => {
  const { client, asked } = answering(200, '{"schemas": []}');
  await client.contents('a/b', 'sh op"?#');
  assert.equal(asked[0]?.[0], '/v1/a%2Fb/databases/sh%20op%22%3F%23/schema');
});

test('contents that did not change are the same object', async () => {
  const { client } = answering(200, '{"version": 1, "schemas": []}');
  assert.equal(await client.contents('acme', 'shop'), await client.contents('acme', 'shop'));
});

const lines = (...each: string[]): Response =>
  new Response(new Blob([each.join('\n')]).stream(), { headers: { 'Content-Type': 'application/x-ndjson' } });

test('steps are told as they begin, and the last line is the answer', async () => {
  const client = new Client(() =>
    Promise.resolve(
      lines('{"step":1,"of":2,"doing":"Starting PostgreSQL"}', '', '{"database":{"name":"shop"}}')
    )
  );
  const told: string[] = [];
  const made = await client.createDatabase('acme', { engine: 'postgres', name: 'shop' }, step =>
    told.push(step.doing)
  );
  assert.deepEqual([made.name, told], ['shop', ['Starting PostgreSQL']]);
});

test('an error after steps is the error, and no last line a lost connection', async () => {
  const create = (...each: string[]): Promise<unknown> =>
    new Client(() => Promise.resolve(lines(...each)))
      .createDatabase('acme', { engine: 'postgres', name: 'shop' })
      .catch((reason: unknown) => reason);
  const step = '{"step":1,"of":2,"doing":"Starting PostgreSQL"}';
  const refused = await create(
    step,
    '{"error":{"code":"database_exists","message":"There is one.","hint":null}}'
  );
  assert.ok(refused instanceof ApiError);
  assert.deepEqual(
    [refused.kind, refused.code, refused.message],
    ['failed', 'database_exists', 'There is one.']
  );
  const lost = await create(step);
  assert.ok(lost instanceof ApiError && lost.passing);
});

test('a server that tells no steps answers as any other', async () => {
  const { client } = answering(201, '{"name": "shop"}');
  assert.equal((await client.createDatabase('acme', { engine: 'postgres', name: 'shop' })).name, 'shop');
});

test('what is removed answers without a body', async () => {
  const asked: string[] = [];
  const client = new Client((path, { method }) => {
    asked.push(`${method} ${path}`);
    return Promise.resolve(new Response(null, { status: 204 }));
  });
  await client.dropTenant('acme');
  await client.dropDatabase('acme', 'sh op');
  await client.revokeKey('acme', 'k1');
  assert.deepEqual(asked, [
    'DELETE /v1/tenants/acme',
    'DELETE /v1/acme/databases/sh%20op',
    'DELETE /v1/acme/keys/k1'
  ]);
});

test('a body is sent as JSON', async () => {
  const { client, asked } = answering(201, '{}');
  await client.createDatabase('acme', { engine: 'postgres', name: 'shop', expose: 'all' });
  assert.equal(asked[0]?.[1].body, '{"engine":"postgres","name":"shop","expose":"all"}');
});

test('an error body becomes the error, hint and code included', async () => {
  const body =
    '{"code": "tenant_exists", "message": "There is one.", "hint": "Take another.", "details": null}';
  const error = await failure(answering(409, body).client);
  assert.deepEqual(
    [error.kind, error.message, error.hint, error.code],
    ['failed', 'There is one.', 'Take another.', 'tenant_exists']
  );
});

test('errors are told apart by what a person can do', async () => {
  const cases: [number, string, Kind][] = [
    [404, '<html>not found</html>', 'missing'],
    [404, '{"message": "Not Found", "reason": null}', 'missing'],
    [404, '{"code": "no_such_tenant", "message": "There is no such tenant."}', 'failed'],
    [403, '{"message": "Forbidden"}', 'refused'],
    [503, '{"code": "daemon_down", "message": "The platform is down."}', 'unavailable'],
    [500, '', 'failed'],
    [200, '<html>Sign in</html>', 'refused']
  ];
  for (const [status, body, kind] of cases) {
    assert.equal((await failure(answering(status, body).client)).kind, kind, `${status} ${body}`);
  }
});

test('no answer at all is a lost connection', async () => {
  const error = await failure(new Client(() => Promise.reject(new TypeError('Failed to fetch'))));
  assert.equal(error.kind, 'offline');
  assert.ok(error.passing);
});
