// Where the server is, and what the tests say of an answer.
import assert from 'node:assert/strict'
import { createClient } from '@supabase/supabase-js'
import { PostgrestClient } from '@supabase/postgrest-js'

const { BASE, ANON, SECRET, TOKEN } = process.env

const quiet = { auth: { persistSession: false, autoRefreshToken: false } }
export const anon = createClient(BASE, ANON, quiet)
export const service = createClient(BASE, SECRET, quiet)
// As after a sign-in: the key opens the door, the token says who it is.
export const user = createClient(BASE, ANON, { ...quiet, accessToken: async () => TOKEN })
export const postgrest = new PostgrestClient(`${BASE}/rest/v1`, { headers: { apikey: ANON } })

export async function rows(query, expected) {
  const { data, error } = await query
  assert.equal(error, null, error && JSON.stringify(error))
  if (expected !== undefined) assert.deepEqual(data, expected)
  return data
}

export async function fails(query, status, code) {
  const answer = await query
  assert.notEqual(answer.error, null, JSON.stringify(answer.data))
  assert.equal(answer.status, status, JSON.stringify(answer.error))
  assert.equal(answer.error.code, code)
  assert.deepEqual(Object.keys(answer.error).filter((key) => ['code', 'details', 'hint', 'message'].includes(key)).sort(), [
    'code', 'details', 'hint', 'message',
  ])
  return answer.error
}
