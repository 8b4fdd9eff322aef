/** A terminal's lines: the engine's own shell, and curl. */

import { documentCollection, shellWord } from './quote.js';
import { firstRows } from './target.js';
import type { Target } from './target.js';

const LIMIT = 10;

/** psql, or mongosh for documents. */
export function engineShell(target: Target, connectionString: string): string {
  const { documents, place } = target;
  if (!documents) {
    return `psql ${shellWord(connectionString)} -c ${shellWord(firstRows(target, LIMIT))}\n`;
  }
  const shown =
    place === null ? 'db.getCollectionNames()' : `${documentCollection(place.name)}.find({}).limit(${LIMIT})`;
  return `mongosh ${shellWord(connectionString)} --eval ${shellWord(shown)}\n`;
}

/**
 * @param restUrl where the database's tables are.
 * @param key a publishable key, or a token in its place.
 */
export function curl({ place }: Target, restUrl: string, key: string): string {
  const root = restUrl.replace(/\/+$/, '');
  const url = place === null ? root : `${root}/${encodeURIComponent(place.name)}?limit=${LIMIT}`;
  const words = [`curl ${shellWord(url)}`, `-H ${shellWord(`apikey: ${key}`)}`];
  if (place?.schema !== undefined && place.schema !== null && place.schema !== 'public') {
    words.push(`-H ${shellWord(`Accept-Profile: ${place.schema}`)}`);
  }
  return `${words.join(' \\\n  ')}\n`;
}
