/**
 * Statements in notebooks.
 *
 * 1. A cell stays Python to JupyterLab; only its colours are of its statement's language.
 * 2. What a cell says is text that a person may have got from somebody: names are never put where a magic would expand
 *    them.
 */

import type { Extension } from '@codemirror/state';
import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';

import { colours } from './colours.js';

export { openFrame } from './frame.js';

/** What colours statements, with the languages that JupyterLab brings. */
export async function coloursFrom(registry: IEditorLanguageRegistry): Promise<Extension> {
  const [sql, javascript] = await Promise.all(
    ['PostgreSQL', 'JavaScript'].map(name => registry.getLanguage(name))
  );
  if (!sql?.support || !javascript?.support) {
    return [];
  }
  return colours({ sql: sql.support.language, javascript: javascript.support.language });
}
