/** Names and texts as each language writes them, so that no name can be anything but a name: pure. */

/**
 * What editors and terminals do not show, or act upon: control characters, marks that change the direction of
 * writing, invisible spaces, halves of characters.
 */
const UNSEEN =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]|(?<![\ud800-\udbff])[\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])/g;

/** PostgreSQL's reserved words, and those that cannot stand alone as a column's name (its appendix C). */
const RESERVED = new Set(
  (
    'all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation ' +
    'column concurrently constraint create cross current_catalog current_date current_role current_schema ' +
    'current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for ' +
    'foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral ' +
    'leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps ' +
    'placing primary references returning right select session_user similar some symmetric system_user table ' +
    'tablesample then to trailing true union unique user using variadic verbose when where window with'
  ).split(' ')
);

/** A name in SQL: as it is where that means the same, else in double quotes. */
export function sqlName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** A table's name in SQL, with its schema where that is not the usual one. */
export function sqlTable(schema: string, name: string): string {
  return schema === 'public' ? sqlName(name) : `${sqlName(schema)}.${sqlName(name)}`;
}

/** A text in Python or JavaScript. Both read these escapes alike. */
export function codeText(text: string): string {
  const body = text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replace(UNSEEN, each => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return body.includes("'") && !body.includes('"') ? `"${body}"` : `'${body.replaceAll("'", "\\'")}'`;
}

/** A word of a POSIX shell; where a terminal would act upon it, as bash and zsh write it: `$'…'`. */
export function shellWord(text: string): string {
  if (text.search(UNSEEN) < 0) {
    return `'${text.replaceAll("'", "'\\''")}'`;
  }
  const body = text
    .replace(/['\\]/g, '\\$&')
    .replace(UNSEEN, each =>
      Array.from(new TextEncoder().encode(each), byte => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
    );
  return `$'${body}'`;
}

/** A collection in the shell's language: `db.orders`, or by a text where the name would not do. */
export function documentCollection(name: string): string {
  return isIdentifier(name) ? `db.${name}` : `db.getCollection(${JSON.stringify(name)})`;
}

/** A field as a key of a document: as it is, or in quotes. */
export function documentField(path: string): string {
  return isIdentifier(path) ? path : JSON.stringify(path);
}

function isIdentifier(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name) && !(name in Object.prototype);
}
