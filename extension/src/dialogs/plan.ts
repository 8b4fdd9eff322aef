/** A plan's limits as a sentence: pure. */

import type { DatabaseForm } from '../api/nouns.js';
import { exact } from '../sidebar/format.js';

/** `Plan free: at most 20 connections, 10 GB.`: of the limits that are known, in words. */
export function planSentence(plan: DatabaseForm['plan']): string {
  const limits = [
    limit(plan['max_connections'], value => `${exact(value)} connections`),
    limit(plan['max_storage_gb'], value => `${exact(value)} GB of disk`),
    limit(plan['statement_timeout_ms'], value => `${exact(value / 1000)} s per statement`)
  ].filter(each => each !== null);
  return limits.length === 0 ? `Plan ${plan.name}.` : `Plan ${plan.name}: at most ${limits.join(', ')}.`;
}

function limit(value: unknown, write: (value: number) => string): string | null {
  return typeof value === 'number' && value > 0 ? write(value) : null;
}
