import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anon, fails, rows, user } from './common.mjs'

test('scalars, by POST and GET, with defaults', async () => {
  await rows(anon.rpc('add_them', { a: 1, b: 2 }), 3)
  await rows(anon.rpc('add_them', { a: 1 }), 11)
  await rows(anon.rpc('add_them', { a: 1, b: 2 }, { get: true }), 3)
  await rows(anon.rpc('user_status', { name: 'supabot' }), 'ONLINE')
})

test('void', async () => {
  const answer = await anon.rpc('nothing')
  assert.deepEqual([answer.status, answer.data, answer.error], [204, null, null])
})

test('rows, with columns, filters, order and limit', async () => {
  await rows(anon.rpc('films_since', { since: 1955 }).select('title').order('year', { ascending: false }), [{ title: 'Psycho' }, { title: 'Vertigo' }])
  await rows(anon.rpc('films_since', { since: 1900 }).select('id').gt('year', 1955).order('id').limit(1), [{ id: 2 }])
  await rows(anon.rpc('films_since', { since: 1900 }, { get: true }).select('title,actors(last_name)').eq('id', 1).order('last_name', { referencedTable: 'actors' }), [
    { title: 'Rear Window', actors: [{ last_name: 'Kelly' }, { last_name: 'Stewart' }] },
  ])
  const counted = await anon.rpc('films_since', { since: 1900 }, { count: 'exact' }).range(0, 0)
  assert.deepEqual([counted.count, counted.data.length], [3, 1])
  const head = await anon.rpc('films_since', { since: 1900 }, { head: true, count: 'exact' })
  assert.deepEqual([head.count, head.data], [3, null])
  await rows(anon.rpc('films_since', { since: 1960 }).single(), { id: 3, title: 'Psycho', year: 1960, budget: 806947 })
})

test('a row, a table of its own, a set of scalars', async () => {
  await rows(anon.rpc('first_film').select('title'), { title: 'Rear Window' })
  await rows(anon.rpc('name_parts', { name: 'Ada Lovelace' }), [{ part: 'Ada', place: 1 }, { part: 'Lovelace', place: 2 }])
  await rows(anon.rpc('years'), [1954, 1958, 1960])
})

test('arrays and variadics', async () => {
  await rows(anon.rpc('total_of', { numbers: [1, 2, 3] }), 6)
  await rows(anon.rpc('total_of', { numbers: [1, 2, 3] }, { get: true }), 6)
  await rows(anon.rpc('total', { numbers: [1, 2, 3] }), 6)
})

test('overloads', async () => {
  await rows(anon.rpc('overloaded', { a: 1 }), 'int 1')
  await rows(anon.rpc('overloaded', { a: 1, b: 'x' }), 'int 1 text x')
  await fails(anon.rpc('overloaded', { c: 1 }), 404, 'PGRST202')
})

test('a whole body for one unnamed parameter', async () => {
  await rows(anon.rpc('echo', { any: ['thing'] }), { any: ['thing'] })
})

test('functions that write', async () => {
  const kept = await rows(anon.rpc('keep_note', { title: 'from a function' }))
  assert.equal(kept.title, 'from a function')
  await fails(anon.rpc('keep_note', { title: 'x' }, { get: true }), 405, '25006')
})

test('errors that functions raise', async () => {
  const error = await fails(anon.rpc('complain', { code: 'P0001' }), 400, 'P0001')
  assert.deepEqual([error.message, error.details, error.hint], ['as you wish', 'details here', 'a hint'])
  await fails(anon.rpc('complain', { code: 'PT402' }), 402, 'PT402')
  await fails(anon.rpc('nowhere'), 404, 'PGRST202')
  await fails(anon.rpc('add_them', { a: 'x' }), 400, '22P02')
})

test('status and headers that functions set', async () => {
  const answer = await anon.rpc('teapot')
  assert.equal(answer.status, 418)
})

test('role and claims', async () => {
  assert.equal((await rows(anon.rpc('whoami'))).role, 'anon')
  const me = await rows(user.rpc('whoami'))
  assert.equal(me.role, 'authenticated')
  assert.equal(me.claims.sub, '11111111-1111-1111-1111-111111111111')
})
