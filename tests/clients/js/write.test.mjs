import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anon, fails, rows, service, user } from './common.mjs'

test('insert one, returning nothing or the row', async () => {
  const quiet = await anon.from('notes').insert({ id: 100, title: 'quiet' })
  assert.deepEqual([quiet.status, quiet.data, quiet.error], [201, null, null])
  const loud = await anon.from('notes').insert({ id: 101, title: 'loud' }).select()
  assert.deepEqual([loud.status, loud.data], [201, [{ id: 101, title: 'loud', body: null, done: false }]])
  await rows(anon.from('notes').insert({ id: 102, title: 'one' }).select('id').single(), { id: 102 })
})

test('insert many', async () => {
  const answer = await anon.from('notes').insert([{ id: 110, title: 'a', body: null }, { id: 111, title: 'b' }], { count: 'exact' }).select('id,title,body')
  assert.equal(answer.count, 2)
  assert.deepEqual(answer.data, [{ id: 110, title: 'a', body: null }, { id: 111, title: 'b', body: null }])
  await rows(anon.from('notes').insert([{ id: 112, title: 'a' }, { id: 113 }], { defaultToNull: false }).select('title').order('id'), [
    { title: 'a' }, { title: 'untitled' },
  ])
  await fails(anon.from('notes').insert([{ id: 114, title: 'a' }, { id: 115 }]), 400, '23502')
})

test('insert with embeds in the answer', async () => {
  await rows(anon.from('cities').insert({ id: 50, name: 'Trondheim', country_id: 1 }).select('name,countries(code)').single(), {
    name: 'Trondheim', countries: { code: 'NO' },
  })
  await rows(anon.from('cities').delete().eq('id', 50))
})

test('upsert', async () => {
  const created = await anon.from('stock').upsert({ warehouse: 'up', sku: 'x', quantity: 1 }).select()
  assert.deepEqual([created.status, created.data[0].quantity], [201, 1])
  const merged = await anon.from('stock').upsert({ warehouse: 'up', sku: 'x', quantity: 2 }).select()
  assert.deepEqual([merged.status, merged.data[0].quantity], [200, 2])
  await rows(anon.from('stock').upsert({ warehouse: 'up', sku: 'x', quantity: 3 }, { ignoreDuplicates: true }).select(), [])
  await rows(anon.from('stock').select('quantity').eq('warehouse', 'up'), [{ quantity: 2 }])
  await rows(anon.from('countries').upsert({ id: 1, code: 'NO', name: 'Noreg' }, { onConflict: 'code' }).select('name'), [{ name: 'Noreg' }])
  await rows(anon.from('countries').upsert([{ id: 1, code: 'NO', name: 'Norway' }], { onConflict: 'code' }).select('name'), [{ name: 'Norway' }])
})

test('update', async () => {
  await rows(anon.from('notes').insert([{ id: 120, title: 'a' }, { id: 121, title: 'b' }]))
  const quiet = await anon.from('notes').update({ body: 'x' }).eq('id', 120)
  assert.deepEqual([quiet.status, quiet.data], [204, null])
  const loud = await anon.from('notes').update({ body: 'y' }).in('id', [120, 121]).select('id,body').order('id')
  assert.deepEqual([loud.status, loud.data], [200, [{ id: 120, body: 'y' }, { id: 121, body: 'y' }]])
  const counted = await anon.from('notes').update({ done: true }, { count: 'exact' }).in('id', [120, 121])
  assert.equal(counted.count, 2)
  await rows(anon.from('notes').update({ body: 'z' }).eq('id', 999).select(), [])
})

test('delete', async () => {
  await rows(anon.from('notes').insert([{ id: 130, title: 'a' }, { id: 131, title: 'b' }]))
  assert.equal((await anon.from('notes').delete().eq('id', 130)).status, 204)
  await rows(anon.from('notes').delete().eq('id', 131).select('title'), [{ title: 'b' }])
})

test('at most so many rows', async () => {
  await rows(anon.from('notes').insert([{ id: 140 }, { id: 141 }], { defaultToNull: false }))
  await fails(anon.from('notes').update({ body: 'x' }).in('id', [140, 141]).maxAffected(1), 400, 'PGRST124')
  await rows(anon.from('notes').select('body').in('id', [140, 141]), [{ body: null }, { body: null }])
  await rows(anon.from('notes').delete().in('id', [140, 141]).maxAffected(2))
})

test('one row or none is kept', async () => {
  await rows(anon.from('notes').insert([{ id: 145 }, { id: 146 }], { defaultToNull: false }))
  await fails(anon.from('notes').update({ body: 'x' }).in('id', [145, 146]).select().single(), 406, 'PGRST116')
  await rows(anon.from('notes').select('body').eq('id', 145), [{ body: null }])
})

test('rollback', async () => {
  await rows(anon.from('notes').insert({ id: 150, title: 'gone' }).select('title').rollback(), [{ title: 'gone' }])
  await rows(anon.from('notes').select().eq('id', 150), [])
  await rows(anon.rpc('keep_note', { title: 'gone too' }).select('title').rollback())
  await rows(anon.from('notes').select().eq('title', 'gone too'), [])
})

test('constraints', async () => {
  await fails(anon.from('countries').insert({ id: 1, code: 'XX', name: 'X' }), 409, '23505')
  await fails(anon.from('cities').insert({ id: 60, name: 'X', country_id: 77 }), 409, '23503')
  await fails(anon.from('users').insert({ username: 'x', status: 'ASLEEP' }), 400, '23514')
  await fails(anon.from('cities').insert({ id: 61 }), 400, '23502')
  await fails(anon.from('cities').insert({ id: 'x', name: 'X' }), 400, '22P02')
  await fails(anon.from('cities').insert({ id: 62, nothing: 1 }), 400, 'PGRST204')
})

test('JSON, arrays and times round-trip', async () => {
  const row = { username: 'trip', data: { deep: [1, { a: null }], text: 'é"\\' }, tags: ['x,y', '"q"', ''], seen: '2026-02-03T04:05:06.789+00:00' }
  const stored = await rows(anon.from('users').insert(row).select('username,data,tags,seen').single())
  assert.deepEqual(stored, { ...row, seen: stored.seen })
  assert.equal(new Date(stored.seen).getTime(), new Date(row.seen).getTime())
  await rows(anon.from('users').delete().eq('username', 'trip'))
})

test('row policies', async () => {
  await rows(user.from('todos').select('title'), [{ title: 'mine' }])
  await rows(service.from('todos').select('title').order('id'), [{ title: 'mine' }, { title: 'theirs' }])
  await rows(anon.from('todos').select('title'), [])
  await fails(user.from('todos').insert({ id: 9, owner: '22222222-2222-2222-2222-222222222222', title: 'forged' }), 403, '42501')
  await rows(user.from('todos').update({ title: 'changed' }).eq('id', 2).select(), [])
})

test('an unprotected table is closed, and the error says how to open it', async () => {
  const error = await fails(anon.from('hidden').select(), 401, '42501')
  assert.match(error.hint, /row level security/i)
  await fails(user.from('hidden').select(), 403, '42501')
  await rows(service.from('hidden').select(), [])
})
