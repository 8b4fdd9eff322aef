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
  await client.schemas('a/b', 'sh op"?#');
  assert.equal(asked[0]?.[0], '/v1/a%2Fb/databases/sh%20op%22%3F%23/schema');
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
