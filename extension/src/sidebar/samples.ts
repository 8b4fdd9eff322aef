/** Things to draw, for the tests. */

import { ApiError } from '../api/errors.js';
import type { Database, Schema, Table, Tenant } from '../api/nouns.js';
import { databaseKey, tenantId } from './rows.js';
import type { Answer, Known } from './rows.js';

export function aTenant(name: string): Tenant {
  return {
    id: name,
    name,
    subdomain: name,
    plan_type: 'free',
    max_connections: 100,
    max_storage_gb: 10,
    default_database: null
  };
}

export function aDatabase(tenant: string, name: string): Database {
  return {
    id: name,
    tenant,
    name,
    engine: 'postgres',
    version: '18',
    exposure: 'policies',
    state: 'ready',
    size_bytes: 8_000_000,
    connections: 0,
    max_connections: 100,
    is_default: false,
    rest_url: null
  };
}

export function aTable(name: string): Table {
  return {
    name,
    schema: 'public',
    kind: 'table',
    columns: [],
    primary_key: [],
    estimated_rows: 1234,
    size_bytes: 8192,
    row_security: true,
    exposed_to: [],
    warning: null
  };
}

/** What is known, with databases by tenant and schemas by `tenant/database`. */
export function known(parts: {
  tenants?: Tenant[];
  databases?: Record<string, Database[] | ApiError>;
  schemas?: Record<string, Schema[]>;
  /** Tenants start open here unless this says otherwise. */
  opened?: ReadonlyMap<string, boolean>;
}): Known {
  const answer = <T>(value: T[] | ApiError): Answer<T> =>
    value instanceof ApiError ? { items: null, problem: value } : { items: value, problem: null };
  return {
    tenants: parts.tenants ?? null,
    databases: new Map(Object.entries(parts.databases ?? {}).map(([key, value]) => [key, answer(value)])),
    schemas: new Map(
      Object.entries(parts.schemas ?? {}).map(([key, value]) => {
        const [tenant = '', database = ''] = key.split('/');
        return [databaseKey(tenant, database), answer(value)];
      })
    ),
    opened: new Map([
      ...(parts.tenants ?? []).map(({ subdomain }) => [tenantId(subdomain), true] as const),
      ...(parts.opened ?? [])
    ])
  };
}
