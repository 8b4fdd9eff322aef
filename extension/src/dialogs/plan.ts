/** A plan's limits as a sentence: pure. */

import type { Database, Plan, Tenant } from '../api/nouns.js';
import { bytes, exact, gigabytes } from '../sidebar/format.js';
import { sizeOf } from '../sidebar/used.js';

/** `Plan free: at most 20 connections, 10 GB.`: of the limits that are known, in words. */
export function planSentence(plan: { name: string } & Partial<Plan>): string {
  const limits = [
    limit(plan.max_connections, value => `${exact(value)} connections`),
    limit(plan.max_storage_gb, value => `${gigabytes(value)} of disk`),
    limit(plan.statement_timeout_ms, value => `${exact(value / 1000)} s per statement`),
    limit(plan.api_requests_per_second, value => `${exact(value)} requests per second`)
  ].filter(each => each !== null);
  return limits.length === 0 ? `Plan ${plan.name}.` : `Plan ${plan.name}: at most ${limits.join(', ')}.`;
}

function limit(value: number | undefined, write: (value: number) => string): string | null {
  return value !== undefined && value > 0 ? write(value) : null;
}

/** What a tenant has of its own, which another plan does not change; null when nothing. */
export function ownLimits(tenant: Tenant, plan: Plan | undefined): string | null {
  if (!plan) {
    return null;
  }
  const own = [
    tenant.max_connections === plan.max_connections ? null : `${exact(tenant.max_connections)} connections`,
    tenant.max_storage_gb === plan.max_storage_gb ? null : `${gigabytes(tenant.max_storage_gb)} of disk`
  ].filter(each => each !== null);
  return own.length === 0 ? null : `It keeps what it has of its own: ${own.join(', ')}.`;
}

/** A warning where the databases take more than a plan gives; null where they fit. */
export function tooSmall(plan: Plan, databases: readonly Database[]): string | null {
  const size = sizeOf(databases);
  return size > plan.max_storage_gb * 1e9
    ? `Its databases take ${bytes(size)}: with that plan nothing more can be added to them.`
    : null;
}
