/** What is lost with a database or a tenant, in words: pure. */

import type { ApiKey, Contents, Database } from '../api/nouns.js';
import { bytes, plural } from '../sidebar/format.js';
import { engineLabel, rowEstimate, spoken } from '../sidebar/words.js';

/** `shop (PostgreSQL): 3 tables, about 5,000 rows, 8 MB`. */
export function lossOf(database: Database, contents: Contents | null): string {
  const held = spoken(
    contents && holdings(contents),
    database.size_bytes === null ? null : bytes(database.size_bytes),
    database.connections > 0 ? `${plural(database.connections, 'connection')} in use` : null
  );
  const title = `${database.name} (${engineLabel(database.engine)})`;
  return held === '' ? title : `${title}: ${held}`;
}

/** All databases and keys; a line each. */
export function lossesOf(databases: readonly Database[], keys: readonly ApiKey[]): string[] {
  const valid = keys.filter(key => key.revoked_at === null).length;
  const lines = databases.map(database => lossOf(database, null));
  if (valid > 0) {
    lines.push(`${plural(valid, 'API key')}: applications that use them stop working`);
  }
  return lines.length > 0 ? lines : ['no database, and no key'];
}

function holdings({ schemas, collections }: Contents): string {
  if (collections) {
    const documents = collections.reduce((sum, { documents }) => sum + (documents ?? 0), 0);
    return `${plural(collections.length, 'collection')}, ${plural(documents, 'document')}`;
  }
  const tables = schemas.flatMap(schema => schema.tables);
  const rows = tables.reduce((sum, table) => sum + (rowEstimate(table) ?? 0), 0);
  return spoken(plural(tables.length, 'table'), rows > 0 ? `about ${plural(rows, 'row')}` : null);
}
