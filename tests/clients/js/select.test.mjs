import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anon, fails, postgrest, rows, service } from './common.mjs'

test('columns, aliases and casts', async () => {
  await rows(anon.from('countries').select('id,label:name,code::text').eq('id', 1), [{ id: 1, label: 'Norway', code: 'NO' }])
  await rows(anon.from('countries').select('id::text').eq('id', 1), [{ id: '1' }])
  await rows(anon.from('countries').select().eq('id', 3), [{ id: 3, code: 'IS', name: 'Iceland' }])
})

test('postgrest-js alone', async () => {
  await rows(postgrest.from('countries').select('name').order('name'), [{ name: 'Iceland' }, { name: 'Italy' }, { name: 'Norway' }])
  await rows(postgrest.rpc('add_them', { a: 1, b: 2 }), 3)
  await rows(postgrest.schema('inventory').from('items').select(), [{ id: 1, name: 'lamp' }])
})

test('JSON paths', async () => {
  await rows(anon.from('cities').select('facts->founded,iata:facts->airports->0->>iata').eq('id', 3), [{ founded: -753, iata: 'FCO' }])
  await rows(anon.from('cities').select('name').eq('facts->>nick', 'Tigerstaden'), [{ name: 'Oslo' }])
  await rows(anon.from('cities').select('name').order('facts->founded', { nullsFirst: false }).limit(1), [{ name: 'Roma' }])
  await rows(anon.from('cities').select('name').gt('facts->founded', 1050), [{ name: 'Bergen' }])
})

test('many to one', async () => {
  await rows(anon.from('cities').select('name,countries(name)').eq('id', 1), [{ name: 'Oslo', countries: { name: 'Norway' } }])
  await rows(anon.from('cities').select('name,country:countries(code)').eq('id', 5), [{ name: 'Atlantis', country: null }])
  await rows(anon.from('cities').select('name,country_id(code)').eq('id', 3), [{ name: 'Roma', country_id: { code: 'IT' } }])
})

test('one to many', async () => {
  await rows(
    anon.from('countries').select('code,cities(name)').order('id').order('name', { referencedTable: 'cities' }),
    [
      { code: 'NO', cities: [{ name: 'Bergen' }, { name: 'Oslo' }] },
      { code: 'IT', cities: [{ name: 'Milano' }, { name: 'Roma' }] },
      { code: 'IS', cities: [] },
    ],
  )
})

test('many to many through a junction', async () => {
  await rows(anon.from('films').select('title,actors(last_name)').eq('id', 2).order('last_name', { referencedTable: 'actors' }), [
    { title: 'Vertigo', actors: [{ last_name: 'Novak' }, { last_name: 'Stewart' }] },
  ])
  await rows(anon.from('actors').select('last_name,films!roles(title)').eq('id', 2), [{ last_name: 'Kelly', films: [{ title: 'Rear Window' }] }])
})

test('hints tell two foreign keys apart', async () => {
  await rows(
    anon.from('orders').select('id,billing:addresses!orders_billing(street),shipping:addresses!shipping_id(street)').eq('id', 1),
    [{ id: 1, billing: { street: 'First Street' }, shipping: { street: 'Second Street' } }],
  )
  const error = await fails(anon.from('orders').select('id,addresses(street)'), 300, 'PGRST201')
  assert.ok(error.details)
  await fails(anon.from('orders').select('id,films(title)'), 400, 'PGRST200')
})

test('a table that references itself', async () => {
  await rows(anon.from('employees').select('name,manager:manager_id(name)').eq('id', 4), [{ name: 'Di', manager: { name: 'Ben' } }])
  await rows(anon.from('employees').select('name,reports:employees!manager_id(name)').eq('id', 1).order('name', { referencedTable: 'reports' }), [
    { name: 'Ada', reports: [{ name: 'Ben' }, { name: 'Cy' }] },
  ])
})

test('inner joins and filters of embeds', async () => {
  await rows(anon.from('countries').select('code,cities!inner(name)').eq('cities.name', 'Roma'), [{ code: 'IT', cities: [{ name: 'Roma' }] }])
  await rows(anon.from('countries').select('code,cities(name)').eq('cities.name', 'Roma').order('id'), [
    { code: 'NO', cities: [] }, { code: 'IT', cities: [{ name: 'Roma' }] }, { code: 'IS', cities: [] },
  ])
  await rows(anon.from('countries').select('code,cities()').not('cities', 'is', null).order('id'), [{ code: 'NO' }, { code: 'IT' }])
  await rows(anon.from('countries').select('code,cities()').is('cities', null), [{ code: 'IS' }])
  await rows(anon.from('countries').select('code,cities(name)').or('name.eq.Oslo,name.eq.Roma', { referencedTable: 'cities' }).order('id').limit(1), [
    { code: 'NO', cities: [{ name: 'Oslo' }] },
  ])
})

test('limits of embeds', async () => {
  await rows(anon.from('countries').select('code,cities(name)').eq('id', 1).order('name', { referencedTable: 'cities' }).limit(1, { referencedTable: 'cities' }), [
    { code: 'NO', cities: [{ name: 'Bergen' }] },
  ])
  await rows(anon.from('countries').select('code,cities(name)').eq('id', 1).order('name', { referencedTable: 'cities' }).range(1, 1, { referencedTable: 'cities' }), [
    { code: 'NO', cities: [{ name: 'Oslo' }] },
  ])
})

test('embeds in embeds', async () => {
  await rows(anon.from('actors').select('last_name,roles(character,films(title))').eq('id', 2), [
    { last_name: 'Kelly', roles: [{ character: 'Lisa', films: { title: 'Rear Window' } }] },
  ])
})

test('spreads', async () => {
  await rows(anon.from('cities').select('name,...countries(country:name)').eq('id', 1), [{ name: 'Oslo', country: 'Norway' }])
  await rows(anon.from('films').select('title,...roles(character)').eq('id', 1).order('character', { referencedTable: 'roles' }), [
    { title: 'Rear Window', character: ['Jeff', 'Lisa'] },
  ])
})

test('computed columns and relationships', async () => {
  await rows(anon.from('actors').select('id,full_name').eq('id', 3), [{ id: 3, full_name: 'Kim Novak' }])
  await rows(anon.from('actors').select('id').eq('full_name', 'Grace Kelly'), [{ id: 2 }])
  await rows(anon.from('films').select('title,stars(last_name)').eq('id', 1).order('last_name', { referencedTable: 'stars' }), [
    { title: 'Rear Window', stars: [{ last_name: 'Kelly' }, { last_name: 'Stewart' }] },
  ])
  await rows(anon.from('countries').select('code,capital(name)').eq('id', 2), [{ code: 'IT', capital: { name: 'Roma' } }])
})

test('order by a column of an embed', async () => {
  await rows(anon.from('cities').select('name,countries(code)').not('country_id', 'is', null).order('countries(code)').order('name'), [
    { name: 'Milano', countries: { code: 'IT' } }, { name: 'Roma', countries: { code: 'IT' } },
    { name: 'Bergen', countries: { code: 'NO' } }, { name: 'Oslo', countries: { code: 'NO' } },
  ])
})

test('order with nulls', async () => {
  const names = async (options) => (await rows(anon.from('cities').select('id').order('population', options))).map((row) => row.id)
  assert.deepEqual(await names({}), [2, 1, 4, 3, 5])
  assert.deepEqual(await names({ ascending: false }), [5, 3, 4, 1, 2])
  assert.deepEqual(await names({ nullsFirst: true }), [5, 2, 1, 4, 3])
  assert.deepEqual(await names({ ascending: false, nullsFirst: false }), [3, 4, 1, 2, 5])
})

test('aggregates', async () => {
  await rows(anon.from('cities').select('country_id,population.sum(),count()').order('country_id'), [
    { country_id: 1, sum: 1008899, count: 2 }, { country_id: 2, sum: 4102305, count: 2 }, { country_id: null, sum: null, count: 1 },
  ])
  await rows(anon.from('countries').select('code,cities(count)').order('id'), [
    { code: 'NO', cities: [{ count: 2 }] }, { code: 'IT', cities: [{ count: 2 }] }, { code: 'IS', cities: [{ count: 0 }] },
  ])
  await rows(anon.from('films').select('newest:year.max(),oldest:year.min(),mean:year.avg()::int'), [{ newest: 1960, oldest: 1954, mean: 1957 }])
  const largest = await rows(anon.from('cities').select('...countries(code),population.max()').not('country_id', 'is', null))
  assert.deepEqual(largest.sort((a, b) => a.max - b.max), [{ code: 'NO', max: 717710 }, { code: 'IT', max: 2748109 }])
})

test('paging', async () => {
  await rows(anon.from('cities').select('id').order('id').limit(2), [{ id: 1 }, { id: 2 }])
  await rows(anon.from('cities').select('id').order('id').range(1, 2), [{ id: 2 }, { id: 3 }])
})

test('counts', async () => {
  const exact = await anon.from('cities').select('id', { count: 'exact' }).order('id').range(0, 1)
  assert.deepEqual([exact.status, exact.count, exact.data.length], [206, 5, 2])
  const all = await anon.from('cities').select('id', { count: 'exact' })
  assert.deepEqual([all.status, all.count], [200, 5])
  const head = await anon.from('cities').select('*', { count: 'exact', head: true })
  assert.deepEqual([head.count, head.data], [5, null])
  for (const count of ['planned', 'estimated']) {
    const answer = await anon.from('cities').select('id', { count })
    assert.equal(answer.error, null)
    assert.equal(typeof answer.count, 'number')
  }
  await fails(anon.from('cities').select('id', { count: 'exact' }).range(100, 110), 416, 'PGRST103')
})

test('one row', async () => {
  await rows(anon.from('countries').select('code').eq('id', 1).single(), { code: 'NO' })
  await rows(anon.from('countries').select('code').eq('id', 99).maybeSingle(), null)
  const error = await fails(anon.from('countries').select('code').single(), 406, 'PGRST116')
  assert.match(error.details, /3 rows/)
  await fails(anon.from('countries').select('code').eq('id', 99).single(), 406, 'PGRST116')
})

test('CSV', async () => {
  assert.equal((await rows(anon.from('countries').select('id,name').order('id').csv())).trimEnd(), 'id,name\n1,Norway\n2,Italy\n3,Iceland')
  assert.equal((await rows(anon.from('countries').select('id,name').order('id').limit(1).csv())).trimEnd(), 'id,name\n1,Norway')
})

test('nulls stripped', async () => {
  await rows(anon.from('cities').select('id,name,population').eq('id', 5).stripNulls(), [{ id: 5, name: 'Atlantis' }])
  await rows(anon.from('cities').select('id,name,population').eq('id', 5).stripNulls().single(), { id: 5, name: 'Atlantis' })
})

test('query plans, for secret keys only', async () => {
  const text = await rows(service.from('cities').select('id').explain())
  assert.match(text, /cost=/)
  const json = await rows(service.from('cities').select('id').explain({ format: 'json', analyze: true }))
  assert.ok(json[0].Plan)
  await fails(anon.from('cities').select('id').explain(), 403, 'plan_refused')
})

test('another schema', async () => {
  await rows(anon.schema('inventory').from('items').select(), [{ id: 1, name: 'lamp' }])
  await rows(anon.schema('inventory').rpc('count_items'), 1)
  const error = await fails(anon.schema('auth').from('items').select(), 406, 'PGRST106')
  assert.match(error.message, /auth/)
})

test('views', async () => {
  await rows(anon.from('films_after_1955').select('title').order('id'), [{ title: 'Vertigo' }, { title: 'Psycho' }])
  await rows(anon.from('films_after_1955').select('title,actors(last_name)').eq('id', 2).order('last_name', { referencedTable: 'actors' }), [
    { title: 'Vertigo', actors: [{ last_name: 'Novak' }, { last_name: 'Stewart' }] },
  ])
})

test('odd names', async () => {
  await rows(anon.from('Odd "name".x').select('id'), [{ id: 1 }])
})

test('what does not exist', async () => {
  await fails(anon.from('nowhere').select(), 404, 'PGRST205')
  const column = await anon.from('cities').select('nothing')
  assert.equal(column.status, 400)
  await fails(anon.from('cities').select('id,(').limit(1), 400, 'PGRST100')
  await fails(anon.from('cities').select('id::nothing'), 400, '42704')
})
