/** Things to draw, for the tests. */

import { ApiError } from '../api/errors.js';
import type { Collection, Column, Contents, Database, Plan, Schema, Table, Tenant } from '../api/nouns.js';
import { databaseId, tenantId } from './known.js';
import type { Answer, Known } from './known.js';

export function aTenant(name: string): Tenant {
  return {
    id: name,
    name,
    subdomain: name,
    plan_type: 'free',
    max_connections: 100,
    max_storage_gb: 10,
    storage_full: false,
    default_database: null,
    right: 'administer'
  };
}

export function aPlan(name: string): Plan {
  return {
    name,
    max_connections: 20,
    max_storage_gb: 10,
    statement_timeout_ms: 30_000,
    idle_stop_seconds: 1800,
    api_requests_per_second: 2000,
    api_concurrent_requests: 50,
    realtime_connections: 200
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
    policies: [],
    exposed_to: [],
    warning: null
  };
}

export function aColumn(name: string): Column {
  return {
    name,
    type: 'bigint',
    nullable: false,
    default: null,
    primary_key: false,
    comment: null,
    references: null
  };
}

export function aSchema(name: string, ...tables: Table[]): Schema {
  return { name, tables, functions: [] };
}

export function aCollection(name: string): Collection {
  return {
    name,
    type: 'collection',
    documents: 1234,
    size_bytes: 8192,
    indexes: [{ name: '_id_', key: { _id: 1 }, unique: true }],
    fields: [
      { path: '_id', types: ['objectId'], share: 1 },
      { path: 'address.city', types: ['string', 'null'], share: 0.5 }
    ]
  };
}

/** What is known, with databases by tenant and what they hold by `tenant/database`. */
export function known(parts: {
  tenants?: Tenant[];
  databases?: Record<string, Database[] | ApiError>;
  contents?: Record<string, Schema[] | Collection[]>;
  /** Tenants start open here unless this says otherwise. */
  opened?: ReadonlyMap<string, boolean>;
  search?: string;
  found?: ReadonlyMap<string, boolean>;
}): Known {
  const answer = <T>(value: T | ApiError): Answer<T> =>
    value instanceof ApiError ? { value: null, problem: value } : { value, problem: null };
  return {
    tenants: parts.tenants ?? null,
    databases: new Map(Object.entries(parts.databases ?? {}).map(([key, value]) => [key, answer(value)])),
    contents: new Map(
      Object.entries(parts.contents ?? {}).map(([key, value]) => {
        const [tenant = '', database = ''] = key.split('/');
        return [databaseId(tenant, database), answer(contents(value))];
      })
    ),
    opened: new Map([
      ...(parts.tenants ?? []).map(({ subdomain }) => [tenantId(subdomain), true] as const),
      ...(parts.opened ?? [])
    ]),
    search: parts.search ?? '',
    found: parts.found ?? new Map()
  };
}

function contents(held: Schema[] | Collection[]): Contents {
  const schemas = held.filter(each => 'tables' in each);
  const collections = held.filter(each => 'fields' in each);
  return { version: 1, schemas, ...(collections.length > 0 && { collections }) };
}
