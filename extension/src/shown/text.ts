/** Text whose every character is seen. Pure. */

/** A stretch of text: as it is, or a character that acts, written out. */
export interface Piece {
  text: string;
  acting: boolean;
}

// C0 and C1 controls, invisible and bidirectional formatting, line separators, halves of surrogate pairs. Emoji's
// joiner stays, and so do the marks that letters carry.
const ACTING =
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\u{e0001}\u{e0020}-\u{e007f}]/gu;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text on one line, with every character that would act instead of being seen written out. */
export function visible(text: string): string {
  return text.replace(ACTING, writtenOut);
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

function writtenOut(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) {
    return named;
  }
  const code = character.codePointAt(0) ?? 0;
  if (code > 0xffff) {
    return `\\u{${code.toString(16)}}`;
  }
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}
