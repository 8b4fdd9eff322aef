/** The language that an engine is written to in. */

import { javascript } from '@codemirror/lang-javascript';
import { MySQL, PostgreSQL, sql, SQLDialect, StandardSQL } from '@codemirror/lang-sql';
import type { LanguageSupport } from '@codemirror/language';

/** Words of the standard that PostgreSQL takes as names, and people do: drawn as the columns they mostly are. */
const NAMES = new Set(
  (
    'address category city class code comment content country data day description domain email event hour id key ' +
    'label language length level link location message method minute month name names number owner parent path ' +
    'position quantity role second session size source space state status style system target template title token ' +
    'type url value version year'
  ).split(' ')
);

const postgres = SQLDialect.define({
  ...PostgreSQL.spec,
  keywords: (PostgreSQL.spec.keywords ?? '')
    .split(' ')
    .filter(word => !NAMES.has(word))
    .join(' ')
});

const DIALECTS: Record<string, SQLDialect> = { postgres, timescale: postgres, mysql: MySQL };

/** Null where the engine is not written to in SQL. */
export function dialectOf(engine: string): SQLDialect | null {
  return isDocuments(engine) ? null : (DIALECTS[engine] ?? StandardSQL);
}

export function languageOf(engine: string): LanguageSupport {
  const dialect = dialectOf(engine);
  return dialect ? sql({ dialect }) : javascript();
}

export function isDocuments(engine: string): boolean {
  return engine === 'document';
}
