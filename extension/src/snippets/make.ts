/** A snippet in any language, from what it needs: pure. */

import { mongoJavaScript, supabaseJavaScript } from './javascript.js';
import { driverPython, notebookPython } from './python.js';
import { curl, engineShell } from './shell.js';
import type { Target } from './target.js';

/** `driver` is Python without the `dbaas` package, `shell` the engine's own: psql or mongosh. */
export type Language = 'python' | 'driver' | 'javascript' | 'shell' | 'curl';

export type Needs = 'nothing' | 'connection string' | 'key';

/** What to bring before a snippet can be made. */
export function needs(language: Language, { documents }: Target): Needs {
  switch (language) {
    case 'python':
      return 'nothing';
    case 'driver':
    case 'shell':
      return 'connection string';
    case 'javascript':
      return documents ? 'connection string' : 'key';
    case 'curl':
      return 'key';
  }
}

/**
 * The snippet.
 *
 * @param secret what `needs` says: a connection string, or a key.
 * @param restUrl where the database's tables are over HTTP.
 */
export function makeSnippet(language: Language, target: Target, secret: string, restUrl: string): string {
  switch (language) {
    case 'python':
      return notebookPython(target);
    case 'driver':
      return driverPython(target, secret);
    case 'javascript':
      return target.documents
        ? mongoJavaScript(target, secret)
        : supabaseJavaScript(target, restUrl.replace(/\/rest\/v1\/*$/, ''), secret);
    case 'shell':
      return engineShell(target, secret);
    case 'curl':
      return curl(target, restUrl, secret);
  }
}
