// graphql-request, unmodified.
import test from 'node:test'
import assert from 'node:assert/strict'
import { ClientError, GraphQLClient, gql } from 'graphql-request'
import { buildClientSchema, getIntrospectionQuery, validateSchema } from 'graphql'

const { BASE, DATA, ANON, SECRET, TOKEN } = process.env
const at = (url, headers) => new GraphQLClient(url, { headers })
const anon = at(`${BASE}/graphql/v1`, { apikey: ANON })
const user = at(`${BASE}/graphql/v1`, { apikey: ANON, Authorization: `Bearer ${TOKEN}` })
const service = at(`${BASE}/graphql/v1`, { apikey: SECRET })
const tenant = at(`${DATA}/graphql`, { apikey: ANON })

async function refused(promise, code) {
  const error = await promise.then(() => assert.fail('it was not refused'), error => error)
  assert.ok(error instanceof ClientError, String(error))
  const [first] = error.response.errors
  assert.equal(first.extensions.code, code, JSON.stringify(error.response))
  return first
}

test('variables, filters, orders and pages', async () => {
  const document = gql`
    query cities($least: BigInt!, $limit: Int = 10) {
      find_cities(where: { population: { _gt: $least } }, order_by: [{ population: desc }], limit: $limit) { name }
    }
  `
  assert.deepEqual(await anon.request(document, { least: '500000', limit: 1 }), { find_cities: [{ name: 'Roma' }] })
  const { find_cities } = await anon.request(document, { least: '500000' })
  assert.ok(find_cities.length > 1)
})

test('nested relations both ways, with arguments, aliases and fragments', async () => {
  const document = gql`
    query {
      find_countries(order_by: [{ id: asc }], limit: 2) { code all: cities(order_by: [{ id: asc }]) { ...place } }
    }
    fragment place on cities { name country { code } }
  `
  const { find_countries } = await anon.request(document)
  assert.equal(find_countries.length, 2)
  for (const { code, all } of find_countries) {
    assert.ok(all.length > 0)
    for (const city of all) assert.equal(city.country.code, code)
  }
})

test('what a double would round arrives whole', async () => {
  const { get_ledger_by_id } = await anon.request(
    gql`query one($id: BigInt!) { get_ledger_by_id(id: $id) { id amount } }`,
    { id: '9007199254740993' }
  )
  assert.deepEqual(get_ledger_by_id, { id: '9007199254740993', amount: '0.1234567890123456789' })
})

test('mutations answer with what they stored', async () => {
  const { insert_notes } = await anon.request(
    gql`mutation add($objects: [notes_insert_input!]!) {
      insert_notes(objects: $objects) { affected_rows returning { id title done } }
    }`,
    { objects: [{ id: 900, title: 'g' }, { id: 901 }] }
  )
  assert.deepEqual(insert_notes, {
    affected_rows: 2,
    returning: [{ id: 900, title: 'g', done: false }, { id: 901, title: 'untitled', done: false }]
  })
  const { update_notes } = await anon.request(
    gql`mutation { update_notes(where: { id: { _gte: 900 } }, _set: { done: true }) { affected_rows returning { done } } }`
  )
  assert.deepEqual(update_notes, { affected_rows: 2, returning: [{ done: true }, { done: true }] })
  const { delete_notes } = await anon.request(
    gql`mutation { delete_notes(where: { id: { _gte: 900 } }) { affected_rows } }`
  )
  assert.equal(delete_notes.affected_rows, 2)
})

test('the mutations of one request are one transaction', async () => {
  const document = gql`mutation {
    a: insert_notes(objects: [{ id: 910, title: "kept?" }]) { affected_rows }
    b: insert_countries(objects: [{ id: 1, code: "XX", name: "twice" }]) { affected_rows }
  }`
  await refused(anon.request(document), '23505')
  const { find_notes } = await anon.request(gql`{ find_notes(where: { id: { _eq: 910 } }) { id } }`)
  assert.deepEqual(find_notes, [])
})

test('errors have a code and a place', async () => {
  const unknown = await refused(anon.request('{ find_countries { id nonsense } }'), 'invalid_document')
  assert.deepEqual(unknown.locations, [{ line: 1, column: 23 }])
  await refused(anon.request('{ find_countries {'), 'syntax_error')
  await refused(at(`${BASE}/graphql/v1`, { apikey: 'dbk_wrong' }).request('{ __typename }'), 'invalid_key')
  await refused(at(`${BASE}/graphql/v1`).request('{ __typename }'), 'PGRST302')
})

test('row policies decide by the token', async () => {
  const todos = '{ find_todos(order_by: [{ id: asc }]) { title } }'
  assert.deepEqual(await user.request(todos), { find_todos: [{ title: 'mine' }] })
  assert.equal((await service.request(todos)).find_todos.length, 2)
  assert.deepEqual(await anon.request(todos), { find_todos: [] })
  const theirs = 'mutation { insert_todos(objects: [{ id: 99, owner: "22222222-2222-2222-2222-222222222222" }]) { affected_rows } }'
  await refused(user.request(theirs), '42501')
})

test("a tenant's endpoint has its default database without a prefix", async () => {
  const { find_countries } = await tenant.request('{ find_countries(where: { id: { _eq: 1 } }) { code } }')
  assert.deepEqual(find_countries, [{ code: 'NO' }])
})

test('the schema is one that graphql-js accepts', async () => {
  for (const client of [anon, user, service, tenant]) {
    const schema = buildClientSchema(await client.request(getIntrospectionQuery()))
    assert.deepEqual(validateSchema(schema), [])
    assert.ok(schema.getQueryType().getFields().find_countries)
  }
})
