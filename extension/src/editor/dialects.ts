/** The language that an engine is written to in. */

import { javascript } from '@codemirror/lang-javascript';
import { MySQL, PostgreSQL, sql, StandardSQL } from '@codemirror/lang-sql';
import type { SQLDialect } from '@codemirror/lang-sql';
import type { LanguageSupport } from '@codemirror/language';

const DIALECTS: Record<string, SQLDialect> = {
  postgres: PostgreSQL,
  timescale: PostgreSQL,
  mysql: MySQL
};

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
