/** What the panel knows of the platform, and which parts of it are on view: pure. */

import type { ApiError } from '../api/errors.js';
import type { Contents, Database, Tenant } from '../api/nouns.js';

/** One answer that was asked for: what it held last, and what went wrong since. */
export interface Answer<T> {
  value: T | null;
  problem: ApiError | null;
}

/** Everything the panel knows. Never changed in place. */
export interface Known {
  /** Null until the first answer. */
  tenants: readonly Tenant[] | null;
  /** Databases by tenant. */
  databases: ReadonlyMap<string, Answer<readonly Database[]>>;
  /** What databases hold, by `databaseId`. */
  contents: ReadonlyMap<string, Answer<Contents>>;
  /** What a person opened (true) or closed (false), by row id. */
  opened: ReadonlyMap<string, boolean>;
  /** What names are searched for; empty when nothing is. */
  search: string;
  /** What a person opened or closed in what the search found: forgotten with the search. */
  found: ReadonlyMap<string, boolean>;
}

export function tenantId(tenant: string): string {
  return JSON.stringify([tenant]);
}

export function databaseId(tenant: string, database: string): string {
  return JSON.stringify([tenant, database]);
}

/** With more tenants than this, they start closed: each open one is a request. */
const OPEN_TENANTS = 3;

/** What is open once these tenants are known: those seen for the first time start open while they are few. */
export function withFirstSeen(
  opened: ReadonlyMap<string, boolean>,
  tenants: readonly Tenant[]
): ReadonlyMap<string, boolean> {
  const unseen = tenants.map(({ subdomain }) => tenantId(subdomain)).filter(id => !opened.has(id));
  if (unseen.length === 0) {
    return opened;
  }
  const open = tenants.length <= OPEN_TENANTS;
  return new Map([...opened, ...unseen.map(id => [id, open] as const)]);
}

/** The tenants whose databases are on view: all of them while something is searched for. */
export function openTenants(known: Known): Tenant[] {
  return (known.tenants ?? []).filter(
    ({ subdomain }) => known.search !== '' || known.opened.get(tenantId(subdomain)) === true
  );
}

/** The databases whose contents are on view, or will be as soon as they are asked for. */
export function openDatabases(known: Known): Database[] {
  return openTenants({ ...known, search: '' }).flatMap(tenant =>
    databasesOf(known, tenant).filter(
      database =>
        known.opened.get(idOf(database)) === true && isOpenable(database) && database.state !== 'creating'
    )
  );
}

/** The databases whose contents a search does not know: those that can be asked at once, and those to be woken. */
export function unsearched(known: Known): { ready: Database[]; asleep: Database[] } {
  const unknown = allDatabases(known).filter(database => !known.contents.has(idOf(database)));
  return {
    ready: unknown.filter(({ state }) => state === 'ready'),
    asleep: unknown.filter(({ state }) => state === 'sleeping')
  };
}

/** Every database that is known of, in the order of the tree. */
export function allDatabases(known: Known): Database[] {
  return (known.tenants ?? []).flatMap(tenant => databasesOf(known, tenant));
}

/** Whether there is something inside to look at. */
export function isOpenable({ state }: Database): boolean {
  return state !== 'failed' && state !== 'dropping';
}

export function idOf({ tenant, name }: Database): string {
  return databaseId(tenant, name);
}

function databasesOf(known: Known, tenant: Tenant): readonly Database[] {
  return known.databases.get(tenant.subdomain)?.value ?? [];
}
