/** JavaScript: supabase-js for tables, MongoDB's driver for documents; modules, with `await` at the top. */

import { codeText } from './quote.js';
import type { Target } from './target.js';

const LIMIT = 10;

/**
 * @param base the project's base URL.
 * @param key a publishable key, or a token in its place.
 */
export function supabaseJavaScript({ place }: Target, base: string, key: string): string {
  const head = [
    "import { createClient } from '@supabase/supabase-js'; // npm install @supabase/supabase-js",
    '',
    `const client = createClient(${codeText(base)}, ${codeText(key)});`
  ];
  if (place === null) {
    return `${head.join('\n')}\n`;
  }
  const { schema, name } = place;
  // The client puts names into URLs as they are.
  const relation =
    encodeURIComponent(name) === name ? codeText(name) : `encodeURIComponent(${codeText(name)})`;
  const from = schema === null || schema === 'public' ? 'client' : `client.schema(${codeText(schema)})`;
  return `${[
    ...head,
    `const { data, error } = await ${from}.from(${relation}).select().limit(${LIMIT});`,
    'if (error) throw error;',
    'console.log(data);'
  ].join('\n')}\n`;
}

export function mongoJavaScript({ database, place }: Target, connectionString: string): string {
  const shown =
    place === null
      ? 'db.listCollections().toArray()'
      : `db.collection(${codeText(place.name)}).find({}).limit(${LIMIT}).toArray()`;
  return `${[
    "import { MongoClient } from 'mongodb'; // npm install mongodb",
    '',
    `const client = new MongoClient(${codeText(connectionString)});`,
    'try {',
    `  const db = client.db(${codeText(database)});`,
    `  console.log(await ${shown});`,
    '} finally {',
    '  await client.close();',
    '}'
  ].join('\n')}\n`;
}
