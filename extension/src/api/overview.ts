/** A database at one look. */

import { call, path } from './call.js';
import type { Send } from './client.js';
import type { Database, KeyRole } from './nouns.js';

export interface Endpoint {
  name: string;
  url: string;
  /** Whether it takes a password, which is not in it. */
  secret: boolean;
}

export interface Key {
  id: string;
  role: KeyRole;
  /** The first characters, by which one knows it again; the key itself was shown once. */
  prefix: string;
  created_at: string;
}

export interface LargestTable {
  schema: string | null;
  name: string;
  kind: string;
  size_bytes: number | null;
  estimated_rows: number | null;
}

export interface OverviewWarning {
  code: string;
  schema: string | null;
  table: string | null;
  message: string;
  hint: string | null;
  /** What to run against it; null when no statement helps. */
  remedy: string | null;
}

/** Null stands for what nobody knows, as of a sleeping database. */
export interface Overview {
  database: Database;
  engine: { name: string; version: string | null; started_at: string | null } | null;
  size_bytes: number | null;
  connections: { used: number; max: number } | null;
  transactions: { committed: number; rolled_back: number } | null;
  requests_per_second: number | null;
  cache_hit_ratio: number | null;
  endpoints: Endpoint[] | null;
  keys: Key[] | null;
  tables: { count: number; largest: LargestTable[] } | null;
  warnings: OverviewWarning[] | null;
  sampled_at: string | null;
}

/** Never wakes a sleeping database. Rejects with an `ApiError`. */
export function overview(send: Send, tenant: string, database: string): Promise<Overview> {
  return call(send, 'GET', path(tenant, 'databases', database, 'overview'));
}

/** Rejects with an `ApiError`. */
export function readDatabase(send: Send, tenant: string, database: string): Promise<Database> {
  return call(send, 'GET', path(tenant, 'databases', database));
}

/** Resolves once the database is awake. Rejects with an `ApiError`. */
export async function wake(send: Send, tenant: string, database: string): Promise<void> {
  // Reading what it holds needs it awake, and changes nothing.
  await call(send, 'GET', path(tenant, 'databases', database, 'schema'));
}
