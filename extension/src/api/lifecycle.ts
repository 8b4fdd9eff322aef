/** Dumps, and what becomes of databases by them. Everything rejects with an `ApiError`, and with nothing else. */

import { call, path } from './call.js';
import type { Send } from './client.js';
import type { CreatedDatabase, Dump } from './nouns.js';
import { told } from './told.js';
import type { Tell } from './told.js';

/** Which database of which tenant. */
export interface Place {
  /** Its name in URLs. */
  tenant: string;
  database: string;
}

function below({ tenant, database }: Place, ...rest: string[]): string {
  return path(tenant, 'databases', database, ...rest);
}

/** Those that are kept, newest first. */
export function dumps(send: Send, place: Place): Promise<Dump[]> {
  return call(send, 'GET', below(place, 'dumps'));
}

export function makeDump(send: Send, place: Place, tell: Tell): Promise<Dump> {
  return told(send, below(place, 'dump'), {}, 'dump', tell);
}

export function deleteDump(send: Send, place: Place, dump: string): Promise<void> {
  return call(send, 'DELETE', below(place, 'dumps', dump));
}

/** Where a dump is read as one file. */
export function dumpPath(place: Place, dump: string): string {
  return below(place, 'dumps', dump);
}

/** @param as the name of a new database; null: into the database itself, all of it or nothing. */
export function restore(
  send: Send,
  place: Place,
  dump: string,
  as: string | null,
  tell: Tell
): Promise<CreatedDatabase> {
  return told(send, below(place, 'restore'), { dump, ...(as !== null && { as }) }, 'database', tell);
}

export function branch(
  send: Send,
  place: Place,
  name: string,
  schemaOnly: boolean,
  tell: Tell
): Promise<CreatedDatabase> {
  return told(send, below(place, 'branch'), { name, schema_only: schemaOnly }, 'database', tell);
}

/** The last dumps of databases that were dropped, newest first. */
export function dropped(send: Send, tenant: string): Promise<Dump[]> {
  return call(send, 'GET', path(tenant, 'undrop'));
}

/** @param as another name for it. */
export function undrop(
  send: Send,
  { tenant, database }: Place,
  as: string,
  tell: Tell
): Promise<CreatedDatabase> {
  const body = { database, ...(as !== database && { as }) };
  return told(send, path(tenant, 'undrop'), body, 'database', tell);
}
