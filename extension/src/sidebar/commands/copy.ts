/** Names, addresses and lines of code, for somewhere else. */

import type { Database } from '../../api/nouns.js';
import type { Language } from '../../snippets/make.js';
import { COMMANDS } from '../actions.js';
import { carried } from '../carried.js';
import { copying } from '../copying.js';
import type { Subject } from '../rows.js';
import { trying } from './context.js';
import type { Context } from './context.js';

export function addCopying(context: Context): void {
  const { client } = context.model;

  context.add(
    COMMANDS.copyConnectionString,
    'Copy Connection String',
    () => context.place !== null,
    async () => {
      const { place } = context;
      if (place) {
        await copying('Connection string', () =>
          client.connectionString(place.tenant.subdomain, place.database.name)
        );
      }
    },
    () => context.may('own')
  );

  context.add(
    COMMANDS.copyRestUrl,
    'Copy REST URL',
    () => restUrl(context) !== null,
    async () => {
      const url = restUrl(context);
      if (url !== null) {
        await copying('REST URL', () => Promise.resolve(url));
      }
    }
  );

  context.add(
    COMMANDS.copyName,
    'Copy Name',
    () => context.subject !== null,
    async () => {
      const row = context.model.activeRow;
      if (row) {
        await copying('Name', () => Promise.resolve(row.name));
      }
    }
  );

  context.add(
    COMMANDS.copyQueryName,
    'Copy Name for a Query',
    () => textOf(context.subject) !== null,
    async () => {
      const text = textOf(context.subject);
      if (text !== null) {
        await copying('Name', () => Promise.resolve(text));
      }
    }
  );

  // They run statements, or make a key that does.
  const offered = (language: unknown): boolean =>
    context.may('own') && labelOf(language, context.place?.database) !== null;
  context.app.commands.addCommand(COMMANDS.copySnippet, {
    label: ({ language }) => labelOf(language, context.place?.database) ?? '',
    describedBy: {
      args: {
        type: 'object',
        required: ['language'],
        properties: { language: { type: 'string', enum: [...LANGUAGES] } }
      }
    },
    isEnabled: ({ language }) => offered(language),
    isVisible: ({ language }) => offered(language),
    execute: ({ language }) =>
      trying(async () => {
        const { target, place } = context;
        if (target && place && isLanguage(language)) {
          const { copySnippet } = await import('../../snippets/index.js');
          await copySnippet(language, target, place.database, context.model);
        }
      })
  });
}

export const LANGUAGES = ['python', 'driver', 'javascript', 'shell', 'curl'] as const satisfies Language[];

function isLanguage(value: unknown): value is Language {
  return LANGUAGES.some(each => each === value);
}

/** What a snippet for a database is called; null where there is none in that language. */
function labelOf(language: unknown, database: Database | undefined): string | null {
  if (!database || !isLanguage(language)) {
    return null;
  }
  const documents = database.engine === 'document';
  switch (language) {
    case 'python':
      return 'Python';
    case 'driver':
      return documents ? 'Python with pymongo' : 'Python with psycopg';
    case 'javascript':
      return 'JavaScript';
    case 'shell':
      return documents ? 'mongosh' : 'psql';
    case 'curl':
      return database.rest_url === null ? null : 'curl';
  }
}

function textOf(subject: Subject | null): string | null {
  return subject && (carried(subject)?.text ?? null);
}

/** A table's own URL; a database's otherwise. */
function restUrl({ subject, place }: Context): string | null {
  const base = place?.database.rest_url ?? null;
  if (base === null || subject?.kind !== 'table') {
    return base;
  }
  return `${base.replace(/\/+$/, '')}/${encodeURIComponent(subject.table.name)}`;
}
