import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anon, fails, rows } from './common.mjs'

const cities = () => anon.from('cities').select('id').order('id')
const users = () => anon.from('users').select('username').order('username')
const ids = async (query, expected) => assert.deepEqual((await rows(query)).map((row) => row.id), expected)
const names = async (query, expected) => assert.deepEqual((await rows(query)).map((row) => row.username), expected)

test('comparisons', async () => {
  await ids(cities().eq('name', 'Oslo'), [1])
  await ids(cities().neq('name', 'Oslo'), [2, 3, 4, 5])
  await ids(cities().gt('population', 717710), [3, 4])
  await ids(cities().gte('population', 717710), [1, 3, 4])
  await ids(cities().lt('population', 717710), [2])
  await ids(cities().lte('population', 717710), [1, 2])
  await ids(cities().isDistinct('country_id', 1), [3, 4, 5])
})

test('patterns', async () => {
  await ids(cities().like('name', '%o'), [1, 4])
  await ids(cities().like('name', 'O*'), [1])
  await ids(cities().ilike('name', '%O%'), [1, 3, 4])
  await ids(cities().likeAllOf('name', ['%o', '%a%']), [4])
  await ids(cities().likeAnyOf('name', ['O%', 'B%']), [1, 2])
  await ids(cities().ilikeAllOf('name', ['%O%', '%L%']), [1, 4])
  await ids(cities().ilikeAnyOf('name', ['o%', 'b%']), [1, 2])
  await ids(cities().filter('name', 'match', '^[OB]'), [1, 2])
  await ids(cities().filter('name', 'imatch', '^[ob]'), [1, 2])
})

test('any and all', async () => {
  await ids(cities().filter('id', 'eq(any)', '{1,3}'), [1, 3])
  await ids(cities().filter('id', 'gt(all)', '{1,3}'), [4, 5])
})

test('lists, with every reserved character', async () => {
  await ids(cities().in('id', [1, 3, 99]), [1, 3])
  await ids(cities().notIn('id', [1, 3]), [2, 4, 5])
  await ids(cities().in('id', []), [])
  // The library quotes the value and leaves the quotes inside of it as they are.
  await rows(anon.from('messages').select('channel').in('message', ['say "hi" now, ok', 'nothing']), [{ channel: 3 }])
  await rows(anon.from('messages').select('channel').eq('message', 'a,b.c:(d)"e\\f'), [{ channel: 1 }])
})

test('is', async () => {
  await ids(cities().is('country_id', null), [5])
  await ids(cities().not('country_id', 'is', null), [1, 2, 3, 4])
  await rows(anon.from('notes').select('id').is('done', true), [])
})

test('full text', async () => {
  await names(users().textSearch('catchphrase', "'fat' & 'cat'", { config: 'english' }), ['supabot'])
  await names(users().textSearch('catchphrase', 'cat', { type: 'plain' }), ['kiwicopple', 'supabot'])
  await names(users().textSearch('catchphrase', 'bat cat', { type: 'phrase' }), [])
  await names(users().textSearch('catchphrase', 'cat or rat', { type: 'websearch' }), ['awailas', 'dragarcia', 'kiwicopple', 'supabot'])
})

test('arrays, JSON and ranges', async () => {
  await names(users().contains('tags', ['b']), ['kiwicopple', 'supabot'])
  await names(users().containedBy('tags', ['b', 'c']), ['awailas', 'dragarcia', 'kiwicopple'])
  await names(users().overlaps('tags', ['a', 'c']), ['dragarcia', 'kiwicopple', 'supabot'])
  await names(users().contains('data', { theme: 'dark' }), ['awailas'])
  await names(users().contains('age_range', '[1,2)'), ['supabot'])
  await names(users().rangeLt('age_range', '[20,25)'), ['supabot'])
  await names(users().rangeGt('age_range', '[2,20)'), ['awailas', 'dragarcia', 'kiwicopple'])
  await names(users().rangeGte('age_range', '[25,35)'), ['awailas', 'kiwicopple'])
  await names(users().rangeLte('age_range', '[2,30)'), ['dragarcia', 'supabot'])
  await names(users().rangeAdjacent('age_range', '[2,20)'), ['dragarcia', 'supabot'])
  await names(users().overlaps('age_range', '[28,29)'), ['awailas', 'dragarcia', 'kiwicopple'])
})

test('trees', async () => {
  await ids(cities().or('id.eq.1,and(id.gt.3,country_id.is.null)'), [1, 5])
  await ids(cities().or('not.and(id.gte.2,id.lte.4),name.eq.Roma'), [1, 3, 5])
  await ids(cities().or('id.in.(1,2),name.like.*lan*'), [1, 2, 4, 5])
  await rows(anon.from('messages').select('id').or('message.eq."a,b.c:(d)\\"e\\\\f",id.eq.1').order('id'), [{ id: 1 }, { id: 3 }])
  await rows(anon.from('users').select('username').or('tags.cs.{a},username.eq.dragarcia').order('username'), [
    { username: 'dragarcia' }, { username: 'supabot' },
  ])
  await rows(anon.from('countries').select('code,cities!inner(name)').or('name.eq.Oslo', { referencedTable: 'cities' }), [
    { code: 'NO', cities: [{ name: 'Oslo' }] },
  ])
})

test('negation and match', async () => {
  await ids(cities().not('id', 'in', '(1,2,3)'), [4, 5])
  await ids(cities().match({ name: 'Oslo', country_id: 1 }), [1])
})

test('many types', async () => {
  await rows(anon.from('moods').select('id').eq('mood', 'happy'), [{ id: 1 }])
  await rows(anon.from('moods').select('id').gte('at', '2026-01-01').eq('day', '2026-01-02').eq('ratio', 0.5), [{ id: 1 }])
  await rows(anon.from('users').select('username').eq('seen', '2026-01-01T12:00:00Z'), [{ username: 'supabot' }])
})

test('wrong values are the client’s fault', async () => {
  await fails(anon.from('cities').select('id').eq('id', 'one'), 400, '22P02')
  await fails(anon.from('moods').select('id').eq('mood', 'furious'), 400, '22P02')
  await fails(anon.from('cities').select('id').filter('id', 'nop', '1'), 400, 'PGRST100')
  await fails(anon.from('cities').select('id').filter('name', 'fts', 'a & & b'), 400, '42601')
})

test('what is sent as a value or a name never becomes SQL', async () => {
  const evil = `1; drop table canary; --`
  const quote = `'; drop table canary; --`
  const name = `id" = 1; drop table canary; --`
  for (const text of [evil, quote, name, `\\'; drop table canary; --`, `$$; drop table canary; --`]) {
    await anon.from('cities').select('id').eq('name', text)
    await anon.from('cities').select('id').eq(text, 1)
    await anon.from('cities').select('id').filter('id', text, 1)
    await anon.from('cities').select(text)
    await anon.from('cities').select(`"${text.replaceAll('"', '\\"')}"`)
    await anon.from('cities').select(`id::${text}`)
    await anon.from('cities').select(`facts->"${text.replaceAll('"', '\\"')}"`)
    await anon.from('cities').select(`id,"${text.replaceAll('"', '\\"')}":countries(id)`)
    await anon.from('cities').select('id').order(text)
    await anon.from('cities').select('id').or(`name.eq.${text}`)
    await anon.from('cities').select('id').textSearch('name', 'x', { config: text })
    await anon.from(text).select()
    await anon.rpc(text, { [text]: text })
    await anon.rpc('add_them', { a: text })
    await anon.schema(text).from('cities').select()
    await anon.from('cities').insert({ [text]: 1 })
    await anon.from('notes').upsert({ id: 1 }, { onConflict: text })
    await anon.from('notes').update({ [text]: text }).eq('id', -1)
  }
  await rows(anon.from('canary').select('song'), [{ song: 'still singing' }])
})
