/** What rows say: to the eye, in few characters, and to a screen reader, in words. */

import type { Collection, Database, Index, KeyRole, Table, Tenant } from '../api/nouns.js';
import { bytes, exact, plural } from './format.js';

const ENGINES: Record<string, string> = {
  postgres: 'PostgreSQL',
  mysql: 'MySQL',
  document: 'Documents',
  redis: 'Redis',
  timescale: 'TimescaleDB',
  neo4j: 'Neo4j'
};

/** What keys are called by the role that they give. */
export const KEYS: Record<KeyRole, string> = { anon: 'Publishable', service_role: 'Secret' };

export function engineLabel(engine: string): string {
  return ENGINES[engine] ?? engine;
}

/** Null when the engine never counted: a negative estimate says so in PostgreSQL. */
export function rowEstimate(table: Table): number | null {
  return table.estimated_rows !== null && table.estimated_rows >= 0 ? table.estimated_rows : null;
}

/** Rows × size of a table as a sentence part: `about 336,776 rows, 31 MB`. */
export function tableFigures(table: Table): string {
  const estimate = rowEstimate(table);
  return spoken(
    estimate === null ? null : `about ${plural(estimate, 'row')}`,
    table.size_bytes === null ? null : bytes(table.size_bytes)
  );
}

export function collectionFigures({ documents, size_bytes }: Collection): string {
  return spoken(
    documents === null ? null : plural(documents, 'document'),
    size_bytes === null ? null : bytes(size_bytes)
  );
}

export function tenantLabel({ name, storage_full, right }: Tenant): string {
  return spoken(
    name,
    'tenant',
    storage_full ? 'storage full' : null,
    right === 'view' ? 'only to look at' : null
  );
}

export function databaseFigure(database: Database): string {
  if (database.state !== 'ready') {
    return database.state;
  }
  return database.size_bytes === null ? '' : bytes(database.size_bytes);
}

export function databaseLabel(database: Database): string {
  return spoken(
    database.name,
    `${engineLabel(database.engine)} database`,
    database.state,
    database.size_bytes === null ? null : bytes(database.size_bytes),
    database.connections > 0 ? plural(database.connections, 'connection') : null
  );
}

/** `{customer: 1, placed: -1}` → `customer, placed ↓`. */
export function indexKey({ key }: Index): string {
  return Object.entries(key)
    .map(([field, order]) => {
      if (order === 1) {
        return field;
      }
      return order === -1 ? `${field} ↓` : `${field} ${String(order)}`;
    })
    .join(', ');
}

/** `0.953` → `95%`; nothing of what every document has. */
export function shareFigure(share: number): string {
  return share >= 1 ? '' : `${exact(Math.min(99, Math.max(1, share * 100)))}%`;
}

/** A moment as people write it; as it came when it is none. */
export function moment(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime())
    ? text
    : date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** Parts of a sentence; those that have nothing to say left out. */
export function spoken(...parts: (string | null)[]): string {
  return parts.filter(part => part !== null && part !== '').join(', ');
}
