/** From what is known to the rows of the tree: pure, so that it can be tested without a page. */

import type { ApiError } from '../api/errors.js';
import type { Column, Database, Schema, Table, Tenant } from '../api/nouns.js';
import { bytes, count, exact, plural } from './format.js';

/** One answer that was asked for: what it held last, and what went wrong since. */
export interface Answer<T> {
  items: readonly T[] | null;
  problem: ApiError | null;
}

/** Everything the panel knows. Never changed in place. */
export interface Known {
  /** Null until the first answer. */
  tenants: readonly Tenant[] | null;
  /** Databases by tenant. */
  databases: ReadonlyMap<string, Answer<Database>>;
  /** Schemas by `databaseKey`. */
  schemas: ReadonlyMap<string, Answer<Schema>>;
  /** What a person opened (true) or closed (false), by row id. */
  opened: ReadonlyMap<string, boolean>;
}

export type Subject =
  | { kind: 'tenant'; tenant: Tenant }
  | { kind: 'database'; tenant: Tenant; database: Database }
  | { kind: 'schema'; tenant: Tenant; database: Database; schema: Schema }
  | { kind: 'table'; tenant: Tenant; database: Database; table: Table }
  | { kind: 'column'; tenant: Tenant; database: Database; table: Table; column: Column }
  /** Not a thing but a sentence in its place: nothing here yet, loading, or what went wrong. */
  | {
      kind: 'note';
      tone: 'loading' | 'empty' | 'problem';
      text: string;
      tenant: Tenant;
      database?: Database;
    };

export interface Row {
  /** Stable as long as the thing keeps its name. */
  id: string;
  subject: Subject;
  /** What is written; a note's sentence for a note. */
  name: string;
  /** Short figures at the right edge. */
  figure: string;
  /** What a screen reader says. */
  label: string;
  level: number;
  /** Null when it cannot be opened. */
  open: boolean | null;
  parent: string | null;
  /** One-based position among its siblings, and their number. */
  position: number;
  siblings: number;
}

export function rowsOf(known: Known): Row[] {
  const rows: Row[] = [];
  const tenants = known.tenants ?? [];
  tenants.forEach((tenant, index) => {
    const id = tenantId(tenant.subdomain);
    const open = known.opened.get(id) ?? false;
    rows.push({
      id,
      subject: { kind: 'tenant', tenant },
      name: tenant.name,
      figure: '',
      label: `${tenant.name}, tenant`,
      level: 1,
      open,
      parent: null,
      position: index + 1,
      siblings: tenants.length
    });
    if (open) {
      databaseRows(rows, known, tenant, id);
    }
  });
  return rows;
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

/** The tenants whose databases are on view. */
export function openTenants(known: Known): Tenant[] {
  return rowsOf({ ...known, databases: new Map(), schemas: new Map() }).flatMap(row =>
    row.subject.kind === 'tenant' && row.open ? [row.subject.tenant] : []
  );
}

/** The databases whose tables are on view, or will be as soon as they are asked for. */
export function openDatabases(known: Known): Database[] {
  return rowsOf(known).flatMap(row =>
    row.subject.kind === 'database' && row.open && row.subject.database.state !== 'creating'
      ? [row.subject.database]
      : []
  );
}

export function tenantId(tenant: string): string {
  return JSON.stringify([tenant]);
}

export function databaseId(tenant: string, database: string): string {
  return JSON.stringify([tenant, database]);
}

/** Under which a database's schemas are kept. */
export const databaseKey = databaseId;

function databaseRows(rows: Row[], known: Known, tenant: Tenant, parent: string): void {
  const note = noteMaker(rows, parent, 2, { tenant });
  const answer = known.databases.get(tenant.subdomain);
  if (answer?.problem && !answer.items) {
    note('problem', answer.problem.message);
    return;
  }
  if (!answer?.items) {
    note('loading', 'Loading…');
    return;
  }
  if (answer.items.length === 0) {
    note('empty', 'No databases yet. Create one…');
    return;
  }
  const databases = answer.items;
  databases.forEach((database, index) => {
    const id = databaseId(tenant.subdomain, database.name);
    const openable = database.state !== 'failed' && database.state !== 'dropping';
    const open = openable ? (known.opened.get(id) ?? false) : null;
    rows.push({
      id,
      subject: { kind: 'database', tenant, database },
      name: database.name,
      figure: databaseFigure(database),
      label: spoken(
        database.name,
        `${engineLabel(database.engine)} database`,
        database.state,
        database.size_bytes === null ? null : bytes(database.size_bytes)
      ),
      level: 2,
      open,
      parent,
      position: index + 1,
      siblings: databases.length
    });
    if (open) {
      schemaRows(rows, known, tenant, database, id);
    }
  });
}

function schemaRows(rows: Row[], known: Known, tenant: Tenant, database: Database, parent: string): void {
  const note = noteMaker(rows, parent, 3, { tenant, database });
  if (database.state === 'creating') {
    note('loading', 'Being created…');
    return;
  }
  const answer = known.schemas.get(databaseKey(tenant.subdomain, database.name));
  if (answer?.problem && !answer.items) {
    note('problem', answer.problem.message);
    return;
  }
  if (!answer?.items) {
    note('loading', database.state === 'sleeping' ? 'Waking the database…' : 'Loading…');
    return;
  }
  if (answer.items.every(schema => schema.tables.length === 0)) {
    note('empty', 'No tables yet.');
    return;
  }
  const schemas = answer.items;
  schemas.forEach((schema, index) => {
    const id = JSON.stringify([tenant.subdomain, database.name, schema.name]);
    // The only schema, or the usual one: what a person came for is inside.
    const open = known.opened.get(id) ?? (schemas.length === 1 || schema.name === 'public');
    rows.push({
      id,
      subject: { kind: 'schema', tenant, database, schema },
      name: schema.name,
      figure: schema.tables.length > 0 ? count(schema.tables.length) : '',
      label: spoken(schema.name, 'schema', plural(schema.tables.length, 'table')),
      level: 3,
      open: schema.tables.length > 0 ? open : null,
      parent,
      position: index + 1,
      siblings: schemas.length
    });
    if (open) {
      tableRows(rows, known, tenant, database, schema, id);
    }
  });
}

function tableRows(
  rows: Row[],
  known: Known,
  tenant: Tenant,
  database: Database,
  schema: Schema,
  parent: string
): void {
  schema.tables.forEach((table, index) => {
    const id = JSON.stringify([tenant.subdomain, database.name, schema.name, table.name]);
    const open = known.opened.get(id) ?? false;
    const estimate = rowEstimate(table);
    rows.push({
      id,
      subject: { kind: 'table', tenant, database, table },
      name: table.name,
      figure: estimate === null ? '' : count(estimate),
      label: spoken(
        table.name,
        table.kind,
        estimate === null ? null : `about ${plural(estimate, 'row')}`,
        table.warning === null ? null : `warning: ${table.warning}`
      ),
      level: 4,
      open: table.columns.length > 0 ? open : null,
      parent,
      position: index + 1,
      siblings: schema.tables.length
    });
    if (open) {
      table.columns.forEach((column, place) => {
        rows.push({
          id: JSON.stringify([tenant.subdomain, database.name, schema.name, table.name, column.name]),
          subject: { kind: 'column', tenant, database, table, column },
          name: column.name,
          figure: column.type,
          label: spoken(column.name, 'column', column.type, column.primary_key ? 'primary key' : null),
          level: 5,
          open: null,
          parent: id,
          position: place + 1,
          siblings: table.columns.length
        });
      });
    }
  });
}

/** Null when the engine never counted: a negative estimate says so in PostgreSQL. */
export function rowEstimate(table: Table): number | null {
  return table.estimated_rows !== null && table.estimated_rows >= 0 ? table.estimated_rows : null;
}

export function engineLabel(engine: string): string {
  const labels: Record<string, string> = {
    postgres: 'PostgreSQL',
    mysql: 'MySQL',
    document: 'Documents',
    redis: 'Redis',
    timescale: 'TimescaleDB',
    neo4j: 'Neo4j'
  };
  return labels[engine] ?? engine;
}

/** Rows × size of a table as a sentence part: `about 336,776 rows, 31 MB`. */
export function tableFigures(table: Table): string {
  const estimate = rowEstimate(table);
  const parts: string[] = [];
  if (estimate !== null) {
    parts.push(`about ${exact(estimate)} ${estimate === 1 ? 'row' : 'rows'}`);
  }
  if (table.size_bytes !== null) {
    parts.push(bytes(table.size_bytes));
  }
  return parts.join(', ');
}

function databaseFigure(database: Database): string {
  if (database.state !== 'ready') {
    return database.state;
  }
  return database.size_bytes === null ? '' : bytes(database.size_bytes);
}

function spoken(...parts: (string | null)[]): string {
  return parts.filter(part => part !== null && part !== '').join(', ');
}

function noteMaker(
  rows: Row[],
  parent: string,
  level: number,
  where: { tenant: Tenant; database?: Database }
): (tone: 'loading' | 'empty' | 'problem', text: string) => void {
  return (tone, text) => {
    rows.push({
      id: `${parent}…`,
      subject: { kind: 'note', tone, text, ...where },
      name: text,
      figure: '',
      label: text,
      level,
      open: null,
      parent,
      position: 1,
      siblings: 1
    });
  };
}
