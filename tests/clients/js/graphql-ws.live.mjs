// graphql-ws, unmodified, on ws: it streams, resumes by cursor over a cut connection, and learns why a stream ends.
// Reads from its environment where the project is; EXEC is a URL that runs SQL as the owner.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CloseCode, createClient } from 'graphql-ws';
import WebSocket from 'ws';

const { BASE, ANON, SECRET, TOKEN_ANN, EXEC, OPERATOR } = process.env;
const url = `${BASE.replace('http', 'ws')}/graphql/v1`;
const clients = [];

function client(options = {}) {
  const made = createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: { apikey: SECRET },
    retryAttempts: 5,
    retryWait: () => Promise.resolve(),
    ...options,
  });
  clients.push(made);
  return made;
}

after(() => Promise.all(clients.map((made) => made.dispose())));

async function run(query) {
  const answer = await fetch(EXEC, {
    method: 'POST',
    headers: { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

// A client whose keep-alive says when all that it asked for is live: the server answers a ping only then.
function telling(options = {}) {
  let told = () => undefined;
  const made = client({ keepAlive: 50, ...options, on: { ...options.on, pong: (received) => received && told() } });
  // The first pong may answer a ping from before the subscription; the second cannot.
  const live = async () => {
    for (let n = 0; n < 2; n += 1) await new Promise((resolve) => (told = resolve));
  };
  return [made, live];
}

const STREAM = `subscription ($low: Int!, $high: Int!, $cursor: String) {
  orders_stream(where: {id: {_gte: $low, _lt: $high}}, cursor: $cursor) { cursor type record { id } old_record { id } } }`;

test('queries, mutations and streams share a socket', async () => {
  const sockets = [];
  const [made, live] = telling({ on: { opened: (socket) => sockets.push(socket) } });
  const heard = made.iterate({ query: STREAM, variables: { low: 9000, high: 9010 } });
  const first = heard.next();
  await live();
  const added = await made
    .iterate({ query: 'mutation { insert_orders(objects: [{id: 9000}, {id: 9001}]) { affected_rows } }' })
    .next();
  assert.deepEqual(added.value.data, { insert_orders: { affected_rows: 2 } });
  assert.equal((await first).value.data.orders_stream.record.id, 9000);
  assert.equal((await heard.next()).value.data.orders_stream.record.id, 9001);
  const found = await made.iterate({ query: '{ find_orders(where: {id: {_eq: 9001}}) { id } }' }).next();
  assert.deepEqual(found.value.data, { find_orders: [{ id: 9001 }] });
  await heard.return();
  assert.equal(sockets.length, 1);
});

test('a cut connection is resumed by cursor, without a gap and without a repetition', async () => {
  let socket;
  const [made, live] = telling({ on: { opened: (opened) => (socket = opened) } });
  const variables = { low: 9100, high: 9200 };
  const heard = [];
  let more = () => undefined;
  // The client sends the same request again when it connects again, with the cursor that it has reached by then.
  const end = made.subscribe(
    { query: STREAM, variables },
    {
      next: ({ data }) => {
        heard.push(data.orders_stream);
        variables.cursor = data.orders_stream.cursor;
        more();
      },
      error: (error) => assert.fail(JSON.stringify(error)),
      complete: () => undefined,
    },
  );
  await live();
  const until = async (count) => {
    while (heard.length < count) await new Promise((resolve) => (more = resolve));
  };
  for (let round = 0; round < 3; round += 1) {
    await run(`insert into orders select n, 'js', 1, '' from generate_series(${9100 + 10 * round}, ${9104 + 10 * round}) n`);
    await until(10 * round + 5);
    socket.terminate();
    await run(`insert into orders select n, 'js', 1, '' from generate_series(${9105 + 10 * round}, ${9109 + 10 * round}) n`);
    await until(10 * round + 10);
  }
  end();
  assert.deepEqual(
    heard.map((one) => one.record.id),
    Array.from({ length: 30 }, (_, n) => 9100 + n),
  );
});

test('row policies decide by the token', async () => {
  const [made, live] = telling({ connectionParams: { apikey: ANON, Authorization: `Bearer ${TOKEN_ANN}` } });
  const heard = made.iterate({ query: 'subscription { notes_stream(where: {id: {_gte: 9300}}) { record { id owner } } }' });
  const first = heard.next();
  await live();
  await run(`insert into notes values (9300, 'bob', ''), (9301, 'ann', '')`);
  assert.deepEqual((await first).value.data.notes_stream.record, { id: 9301, owner: 'ann' });
  await heard.return();
});

test('a stream that cannot go on ends with an error that has a code', async () => {
  const heard = client().iterate({ query: STREAM, variables: { low: 0, high: 1, cursor: '1-ff' } });
  await assert.rejects(heard.next(), ([error]) => {
    assert.equal(error.extensions.code, 'resync');
    assert.match(error.extensions.cursor, /^\d+-[0-9a-f]+$/);
    return true;
  });
});

test('who may not is sent away with a reason', async () => {
  const closes = [];
  const made = client({
    connectionParams: { apikey: 'dbk_a_nobody' },
    retryAttempts: 0,
    on: { closed: (event) => closes.push(event) },
  });
  await assert.rejects(made.iterate({ query: '{ __typename }' }).next());
  assert.equal(closes[0].code, CloseCode.Forbidden);
  assert.match(closes[0].reason, /invalid_key/);
});
