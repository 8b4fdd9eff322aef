/** What a snippet is about, and the text that asks for its first rows: pure. */

import { documentCollection, sqlTable } from './quote.js';

/** A table, or a collection when `schema` is null. */
export interface Place {
  schema: string | null;
  name: string;
}

export interface Target {
  tenant: string;
  database: string;
  /** Whether its language is MongoDB's rather than SQL. */
  documents: boolean;
  /** Null when it is about the database as a whole. */
  place: Place | null;
}

/** How many rows a query that nobody typed brings. */
const FIRST = 100;

/** What one would type to see the first rows; empty where there is nothing to see. */
export function firstRows({ documents, place }: Target, limit = FIRST): string {
  if (place === null) {
    return documents ? '' : 'select version()';
  }
  return documents
    ? `${documentCollection(place.name)}.find({})`
    : `select * from ${sqlTable(place.schema ?? 'public', place.name)} limit ${limit}`;
}
