/** Dumps in words: pure. */

import type { Dump } from '../api/nouns.js';
import { bytes, plural } from '../sidebar/format.js';
import { engineLabel, moment, spoken } from '../sidebar/words.js';

const HOUR = 3600_000;

/** `Nov 23, 2026, 8:14 PM, 5 MB`: tells a dump from the others of its database. */
export function dumpLine({ made_at, size_bytes }: Dump): string {
  return spoken(moment(made_at), bytes(size_bytes));
}

/** `5 MB, PostgreSQL 18.1, kept until it is deleted`. */
export function aboutDump(dump: Dump, now = Date.now()): string {
  const { size_bytes, engine, server_version, expires_at } = dump;
  return spoken(
    bytes(size_bytes),
    `${engineLabel(engine)} ${server_version}`,
    expires_at === null ? 'kept until it is deleted' : `gone ${goneIn(expires_at, now)}`
  );
}

/** `in 6 days`, `in 3 hours`, `within the hour`: rounded down, as nobody should count on more. */
export function goneIn(expires_at: string, now = Date.now()): string {
  const hours = Math.floor((new Date(expires_at).getTime() - now) / HOUR);
  if (!(hours >= 1)) {
    return 'within the hour';
  }
  return hours >= 48 ? `in ${plural(Math.floor(hours / 24), 'day')}` : `in ${plural(hours, 'hour')}`;
}
