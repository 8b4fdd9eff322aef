/** What a row is in a query: the text that dragging it brings, and what it stands for. Pure. */

import { documentField, sqlName, sqlTable } from '../snippets/quote.js';
import type { Place } from '../snippets/target.js';
import type { Subject } from './rows.js';

export interface Carried {
  text: string;
  about: {
    kind: Subject['kind'];
    tenant: string;
    database: string;
    engine: string;
    /** From the outside in: schema, table, column; or collection, field. */
    path: string[];
  };
}

/** Null for what has no name in a query. */
export function carried(subject: Subject): Carried | null {
  if (subject.kind === 'tenant' || subject.kind === 'note') {
    return null;
  }
  const named = nameOf(subject);
  if (!named) {
    return null;
  }
  const { tenant, database, kind } = subject;
  const [text, ...path] = named;
  return {
    text,
    about: { kind, tenant: tenant.subdomain, database: database.name, engine: database.engine, path }
  };
}

function nameOf(subject: Subject): [text: string, ...path: string[]] | null {
  switch (subject.kind) {
    case 'schema':
      return [sqlName(subject.schema.name), subject.schema.name];
    case 'table': {
      const { schema, name } = subject.table;
      return [sqlTable(schema, name), schema, name];
    }
    case 'column': {
      const { schema, name } = subject.table;
      return [sqlName(subject.column.name), schema, name, subject.column.name];
    }
    case 'function': {
      const { schema, routine } = subject;
      return [`${sqlTable(schema.name, routine.name)}()`, schema.name, routine.name];
    }
    case 'collection':
      return [documentField(subject.collection.name), subject.collection.name];
    case 'field':
      return [documentField(subject.field.path), subject.collection.name, subject.field.path];
    default:
      return null;
  }
}

/** The table or collection that a row is, or is in; null where it is neither. */
export function placeOf(subject: Subject): Place | null {
  if ('table' in subject) {
    return { schema: subject.table.schema, name: subject.table.name };
  }
  return 'collection' in subject ? { schema: null, name: subject.collection.name } : null;
}
