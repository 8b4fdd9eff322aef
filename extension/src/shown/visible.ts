/** What every part shows names with, from the start: as little as that takes. Pure. */

// C0 and C1 controls, invisible and bidirectional formatting, line separators, halves of surrogate pairs. Emoji's
// joiner stays, and so do the marks that letters carry.
export const ACTING =
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\u{e0001}\u{e0020}-\u{e007f}]/gu;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text on one line, with every character that would act instead of being seen written out. */
export function visible(text: string): string {
  return text.replace(ACTING, writtenOut);
}

/** A character that would act, as text. */
export function writtenOut(character: string): string {
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
