// supabase-js, unmodified: changes, filters, broadcast, presence, token refresh, reconnection.
// Reads from its environment where the project is; EXEC is a URL that runs SQL as the owner.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createClient } from '@supabase/supabase-js';

const { BASE, ANON, SECRET, TOKEN_ANN, TOKEN_BOB, EXEC, OPERATOR } = process.env;
const clients = [];

function client(key = SECRET, options = {}) {
  const made = createClient(BASE, key, { auth: { persistSession: false, autoRefreshToken: false }, ...options });
  clients.push(made);
  return made;
}

after(async () => {
  await Promise.all(clients.map((made) => made.removeAllChannels()));
});

async function run(query) {
  const answer = await fetch(EXEC, {
    method: 'POST',
    headers: { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

async function until(good, what) {
  const deadline = Date.now() + 20_000;
  while (!good()) {
    assert.ok(Date.now() < deadline, `${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function subscribed(channel) {
  return new Promise((resolve, reject) => {
    channel.subscribe((status, error) => {
      if (status === 'SUBSCRIBED') resolve(channel);
      else reject(error ?? new Error(status));
    });
  });
}

test('changes of every kind, filtered, selected, several on a channel', async () => {
  const all = [];
  const big = [];
  const ids = [];
  const system = [];
  const channel = client()
    .channel('js-changes')
    .on('postgres_changes', { event: '*', schema: 'public', table: 'orders', filter: 'customer=eq.js' }, (one) => all.push(one))
    .on('postgres_changes', { event: 'UPDATE', schema: 'public', filter: 'amount=gte.100,customer=in.(js,other)' }, (one) => big.push(one))
    .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'orders', filter: 'customer=like.j_', select: ['id'] }, (one) => ids.push(one))
    .on('system', {}, (one) => system.push(one));
  await subscribed(channel);
  await run(`insert into orders values (201, 'js', 9.5, 'x'), (202, 'nobody', 1, null)`);
  await run(`update orders set amount = 100.25 where id in (201, 202)`);
  await run(`delete from orders where id in (201, 202)`);
  await until(() => all.length === 3 && big.length === 1 && ids.length === 1, () => JSON.stringify([all, big, ids]));
  assert.deepEqual(all.map((one) => one.eventType), ['INSERT', 'UPDATE', 'DELETE']);
  assert.deepEqual(all[0].new, { id: 201, customer: 'js', amount: 9.5, note: 'x' });
  assert.deepEqual(all[0].old, {});
  assert.equal(all[1].old.amount, 9.5);
  assert.equal(all[1].new.amount, 100.25);
  assert.equal(all[2].old.id, 201);
  assert.equal(all[0].errors, null);
  assert.deepEqual(big.map((one) => one.new.id), [201]);
  assert.deepEqual(ids[0].new, { id: 201 });
  assert.equal(system[0].status, 'ok');
});

test('row policies and a fresh token', async () => {
  const heard = [];
  let token = TOKEN_ANN;
  const supabase = createClient(BASE, ANON, { accessToken: async () => token });
  clients.push(supabase);
  await supabase.realtime.setAuth();
  await subscribed(
    supabase.channel('js-mine').on('postgres_changes', { event: '*', schema: 'public', table: 'notes' }, (one) => heard.push(one)),
  );
  await run(`insert into notes values (201, 'ann', ''), (202, 'bob', '')`);
  await until(() => heard.length === 1, () => JSON.stringify(heard));
  token = TOKEN_BOB;
  await supabase.realtime.setAuth();
  await new Promise((resolve) => setTimeout(resolve, 300));
  await run(`delete from notes where id in (201, 202)`);
  await until(() => heard.length === 2, () => JSON.stringify(heard));
  assert.deepEqual(heard.map((one) => [one.eventType, one.new.id ?? one.old.id]), [['INSERT', 201], ['DELETE', 202]]);
});

for (const vsn of ['1.0.0', '2.0.0']) {
  test(`broadcast ${vsn}`, async () => {
    const options = { realtime: { vsn } };
    const here = [];
    const there = [];
    const one = client(ANON, options)
      .channel(`talk-${vsn}`, { config: { broadcast: { self: true, ack: true } } })
      .on('broadcast', { event: 'shout' }, (message) => here.push(message.payload));
    const two = client(ANON, options)
      .channel(`talk-${vsn}`)
      .on('broadcast', { event: '*' }, (message) => there.push([message.event, message.payload]));
    await subscribed(one);
    await subscribed(two);
    assert.equal(await one.send({ type: 'broadcast', event: 'shout', payload: { text: 'hé "you" 🎉' } }), 'ok');
    await until(() => here.length === 1 && there.length === 1, () => JSON.stringify([here, there]));
    assert.deepEqual(here[0], { text: 'hé "you" 🎉' });
    assert.deepEqual(there[0], ['shout', { text: 'hé "you" 🎉' }]);
    await two.send({ type: 'broadcast', event: 'shout', payload: { n: 2 } });
    await until(() => here.length === 2, () => JSON.stringify(here));
    assert.equal(there.length, 1);
    await one.httpSend('shout', { n: 3 });
    await client(ANON, options).channel(`talk-${vsn}`).send({ type: 'broadcast', event: 'shout', payload: { n: 4 } });
    await until(() => there.length === 3, () => JSON.stringify(there));
    assert.deepEqual(there.slice(1).map(([, payload]) => payload.n), [3, 4]);
  });
}

test('binary broadcast', async () => {
  const heard = [];
  const one = await subscribed(client(ANON).channel('bytes'));
  await subscribed(client(ANON).channel('bytes').on('broadcast', { event: 'raw' }, (message) => heard.push(message.payload)));
  await one.send({ type: 'broadcast', event: 'raw', payload: new Uint8Array([0, 255, 10]).buffer });
  await one.httpSend('raw', new Uint8Array([1, 2]).buffer);
  await until(() => heard.length === 2, () => JSON.stringify(heard));
  assert.deepEqual(heard.map((bytes) => [...new Uint8Array(bytes)]), [[0, 255, 10], [1, 2]]);
});

test('presence', async () => {
  const joins = [];
  const leaves = [];
  const one = client(ANON)
    .channel('js-desk', { config: { presence: { key: 'ann' } } })
    .on('presence', { event: 'join' }, ({ key, newPresences }) => joins.push([key, newPresences.map((one) => one.status)]))
    .on('presence', { event: 'leave' }, ({ key, leftPresences }) => leaves.push([key, leftPresences.map((one) => one.status)]));
  await subscribed(one);
  assert.equal(await one.track({ status: 'in' }), 'ok');
  let synced = 0;
  const two = client(ANON)
    .channel('js-desk', { config: { presence: { key: 'bob' } } })
    .on('presence', { event: 'sync' }, () => (synced += 1));
  await subscribed(two);
  await until(() => synced > 0 && 'ann' in two.presenceState(), () => JSON.stringify(two.presenceState()));
  await two.track({ status: 'here' });
  await two.track({ status: 'away' });
  await until(() => one.presenceState().bob?.[0]?.status === 'away', () => JSON.stringify(one.presenceState()));
  assert.equal(one.presenceState().bob.length, 1);
  await two.untrack();
  await until(() => leaves.some(([key]) => key === 'bob'), () => JSON.stringify(leaves));
  await two.track({ status: 'back' });
  await until(() => 'bob' in one.presenceState(), () => JSON.stringify(one.presenceState()));
  await two.unsubscribe();
  await until(() => !('bob' in one.presenceState()), () => JSON.stringify(one.presenceState()));
});

test('a connection that breaks is made anew', async () => {
  const heard = [];
  const states = [];
  const supabase = client(SECRET);
  const channel = supabase
    .channel('js-again')
    .on('postgres_changes', { event: 'INSERT', schema: 'public', table: 'orders', filter: 'customer=eq.again' }, (one) => heard.push(one));
  channel.subscribe((status) => states.push(status));
  const times = () => states.filter((status) => status === 'SUBSCRIBED').length;
  await until(() => times() === 1, () => `${states}`);
  supabase.realtime.socketAdapter.getSocket().conn.close(4000, 'cut');
  await until(() => times() === 2, () => `${states}`);
  await run(`insert into orders values (210, 'again', 1, '')`);
  await until(() => heard.length === 1, () => JSON.stringify(heard));
});

test('refusals say why', async () => {
  const refused = (channel) =>
    new Promise((resolve) => channel.subscribe((status, error) => status === 'CHANNEL_ERROR' && resolve(error.message)));
  const supabase = client(ANON);
  assert.match(await refused(supabase.channel('p', { config: { private: true } })), /^Unauthorized: Private channels/);
  const wrong = supabase.channel('f').on('postgres_changes', { event: '*', schema: 'public', table: 'orders', filter: 'nope=eq.1' }, () => {});
  assert.match(await refused(wrong), /^unknown_column: .*nope/);
  await supabase.removeAllChannels();
});
