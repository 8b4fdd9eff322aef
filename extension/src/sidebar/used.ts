/** What a tenant uses of what it may: pure. */

import type { Database, Plan, Tenant } from '../api/nouns.js';
import { bytes, exact, gigabytes, plural } from './format.js';

export interface Meter {
  term: string;
  /** As a part of a sentence: `8 MB of 10 GB`. */
  text: string;
  /** From 0 to 1, and beyond where more is used than may be. */
  share: number;
}

const GB = 1e9;
const NEAR = 0.8;

/** @param databases all of the tenant's, as far as they are known. */
export function metersOf(tenant: Tenant, databases: readonly Database[]): Meter[] {
  const size = sizeOf(databases);
  const asleep = databases.filter(database => database.size_bytes === null).length;
  const without = asleep > 0 ? `, without ${plural(asleep, 'database')} asleep` : '';
  const connections = mostConnections(databases);
  return [
    {
      term: 'Storage',
      text: `${bytes(size)} of ${gigabytes(tenant.max_storage_gb)}${without}`,
      share: size / (tenant.max_storage_gb * GB)
    },
    {
      term: 'Connections',
      text: `${exact(connections)} of ${exact(tenant.max_connections)}`,
      share: connections / tenant.max_connections
    }
  ];
}

/** Bytes of those whose size is known. */
export function sizeOf(databases: readonly Database[]): number {
  return databases.reduce((sum, { size_bytes }) => sum + (size_bytes ?? 0), 0);
}

export function levelOf({ share }: Meter): 'fine' | 'near' | 'full' {
  if (share >= 1) {
    return 'full';
  }
  return share >= NEAR ? 'near' : 'fine';
}

/** Other limits in words, of those that hold. */
export function limitsOf(limits: Plan): [term: string, value: string][] {
  const { api_requests_per_second, api_concurrent_requests, statement_timeout_ms, idle_stop_seconds } =
    limits;
  return [
    [
      'Requests',
      `at most ${exact(api_requests_per_second)} a second, ${exact(api_concurrent_requests)} at once`
    ],
    ...(statement_timeout_ms > 0
      ? [['Statements', `${exact(statement_timeout_ms / 1000)} s each`] as [string, string]]
      : []),
    ...(idle_stop_seconds > 0
      ? [['Sleeps', `after ${duration(idle_stop_seconds)} without use`] as [string, string]]
      : [])
  ];
}

/** The limit holds for all databases of one engine together: the engine that is nearest to it counts. */
function mostConnections(databases: readonly Database[]): number {
  const used = new Map<string, number>();
  for (const { engine, connections } of databases) {
    used.set(engine, (used.get(engine) ?? 0) + connections);
  }
  return Math.max(0, ...used.values());
}

function duration(seconds: number): string {
  for (const [unit, size] of [
    ['hour', 3600],
    ['minute', 60]
  ] as const) {
    if (seconds >= size && seconds % size === 0) {
      return plural(seconds / size, unit);
    }
  }
  return plural(seconds, 'second');
}
