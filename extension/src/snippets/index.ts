/** Copying a snippet that works as it is pasted: what it needs is fetched, and a key is never made unasked. */

import type { Contents, Database } from '../api/nouns.js';
import { chooseKey } from '../dialogs/chosen-key.js';
import { copying } from '../sidebar/copying.js';
import type { Model } from '../sidebar/model.js';
import { makeSnippet, needs } from './make.js';
import type { Language } from './make.js';
import type { Place, Target } from './target.js';

export async function copySnippet(
  language: Language,
  target: Target,
  database: Database,
  model: Model
): Promise<void> {
  const { client } = model;
  const { tenant } = target;
  const needed = needs(language, target);
  // On a database as a whole, one of its tables makes the better example.
  const place = target.place ?? firstPlace(await model.contentsOf(database));
  let secret = '';
  if (needed === 'key') {
    const key = await chooseKey(client, tenant);
    if (key === null) {
      return;
    }
    secret = key;
  } else if (needed === 'connection string') {
    secret = await client.connectionString(tenant, target.database);
  }
  await copying('Snippet', () =>
    Promise.resolve(makeSnippet(language, { ...target, place }, secret, database.rest_url ?? ''))
  );
}

/** A table that a key reaches, or else any. */
function firstPlace({ schemas, collections }: Contents): Place | null {
  if (collections) {
    return collections[0] ? { schema: null, name: collections[0].name } : null;
  }
  const tables = schemas.flatMap(schema => schema.tables);
  return tables.find(table => table.exposed_to.length > 0) ?? tables[0] ?? null;
}
