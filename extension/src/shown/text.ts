/** Text whose every character is seen. Pure. */

import { ACTING, writtenOut } from './visible.js';

/** A stretch of text: as it is, or a character that acts, written out. */
export interface Piece {
  text: string;
  acting: boolean;
}

/**
 * The text in stretches, for a page that marks what was written out.
 *
 * @param keepLines leaves line feeds and tabs as they are, where the page shows them as such.
 */
export function pieces(text: string, keepLines = false): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(ACTING)) {
    if (keepLines && (match[0] === '\n' || match[0] === '\t')) {
      continue;
    }
    if (match.index > at) {
      found.push({ text: text.slice(at, match.index), acting: false });
    }
    found.push({ text: writtenOut(match[0]), acting: true });
    at = match.index + match[0].length;
  }
  if (at < text.length) {
    found.push({ text: text.slice(at), acting: false });
  }
  return found;
}

/** At most the first `limit` UTF-16 code units, and never half a character. */
export function beginning(text: string, limit: number): string {
  if (text.length <= limit) {
    return text;
  }
  const last = text.charCodeAt(limit - 1);
  const next = text.charCodeAt(limit);
  const splits = last >= 0xd800 && last < 0xdc00 && next >= 0xdc00 && next < 0xe000;
  return text.slice(0, splits ? limit - 1 : limit);
}
