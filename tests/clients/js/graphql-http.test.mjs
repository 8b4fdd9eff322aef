// The audits of the GraphQL-over-HTTP draft, as its reference implementation ships them.
import test from 'node:test'
import assert from 'node:assert/strict'
import { serverAudits } from 'graphql-http'

const { BASE, DATA, ANON } = process.env
const key = { apikey: ANON }
const fetchFn = (url, options) => fetch(url, { ...options, headers: { ...options?.headers, ...key } })

for (const url of [`${BASE}/graphql/v1`, `${DATA}/graphql`]) {
  for (const audit of serverAudits({ url, fetchFn })) {
    test(`${audit.name} (${audit.id}) at ${new URL(url).pathname}`, async () => {
      const { status, reason } = await audit.fn()
      // A MAY that is not taken up is a notice.
      assert.ok(status === 'ok' || (status === 'notice' && audit.name.startsWith('MAY')), reason)
    })
  }

  test(`A GET never changes anything, at ${new URL(url).pathname}`, async () => {
    const document = encodeURIComponent('mutation { __typename }')
    const answer = await fetch(`${url}?query=${document}`, { headers: key })
    assert.equal(answer.status, 405)
    assert.match(answer.headers.get('allow'), /POST/)
  })

  test(`What a form or an image can send is refused, at ${new URL(url).pathname}`, async () => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
      const headers = { ...key, 'Content-Type': type }
      const answer = await fetch(url, { method: 'POST', headers, body: '{"query":"{ __typename }"}' })
      assert.equal(answer.status, 415, type)
    }
  })

  test(`Nothing acceptable is 406, at ${new URL(url).pathname}`, async () => {
    const headers = { ...key, 'Content-Type': 'application/json', Accept: 'image/png' }
    const answer = await fetch(url, { method: 'POST', headers, body: '{"query":"{ __typename }"}' })
    assert.equal(answer.status, 406)
  })
}
