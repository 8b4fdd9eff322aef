/** What of a text is run: pure. */

import type { Statement } from '../api/language.js';

export interface Range {
  from: number;
  to: number;
}

/** The statement at the cursor: the one it is in or right behind; between two, the one before it on the same line. */
export function statementAt(
  text: string,
  statements: readonly Statement[],
  cursor: number
): Statement | null {
  const inside = statements.find(one => one.from <= cursor && cursor <= one.to);
  if (inside) {
    return inside;
  }
  const before = statements.filter(one => one.to < cursor).at(-1);
  if (before && !text.slice(before.to, cursor).includes('\n')) {
    return before;
  }
  // In the empty lines above a statement, or below the last one.
  return statements.find(one => one.from > cursor) ?? before ?? null;
}

/**
 * What is sent, one after the other.
 *
 * Statements that only read are sent one by one, so that each has a result that can be paged. As soon as one of them
 * does more, all are sent at once: they may be one transaction, or set what those after them need.
 */
export function runsOf(statements: readonly Statement[]): { range: Range; parameters: string[] }[] {
  const [first] = statements;
  const last = statements.at(-1);
  if (!first || !last) {
    return [];
  }
  if (statements.every(one => one.reads)) {
    return statements.map(one => ({ range: one, parameters: one.parameters }));
  }
  const parameters = [...new Set(statements.flatMap(one => one.parameters))];
  return [{ range: { from: first.from, to: last.to }, parameters }];
}

/** The word at a place, to be marked: at least one character, unless the text ends there. */
export function wordAt(text: string, position: number): Range {
  const from = Math.max(0, Math.min(position, text.length));
  const word = /^(?:"(?:[^"]|"")*"|'(?:[^']|'')*'|[\p{L}\p{N}_$.]+|[^\s])/u.exec(text.slice(from));
  return { from, to: from + (word?.[0].length ?? 0) };
}
