/** Narrowing an answer while a person types on, without asking again: pure. */

/** How well a label fits what was typed: the smaller the better; null: not at all. */
function rank(label: string, typed: string): number | null {
  const place = label.toLowerCase().indexOf(typed);
  if (place <= 0) {
    return place < 0 ? null : 0;
  }
  return /[\p{L}\p{N}]/u.test(label.charAt(place - 1)) ? 2 : 1;
}

/**
 * The items that hold what was typed: first those that begin with it, then those a word of which does.
 *
 * Among equals the order stays as it was: the server's.
 */
export function narrowed<T extends { label: string }>(items: readonly T[], typed: string): T[] {
  const word = bare(typed).toLowerCase();
  if (word === '') {
    return [...items];
  }
  const groups: T[][] = [[], [], []];
  for (const item of items) {
    const at = rank(bare(item.label), word);
    if (at !== null) {
      groups[at]?.push(item);
    }
  }
  return groups.flat();
}

/** Where in a label the typed characters stand, as CodeMirror wants it: `[from, to]`, or nothing. */
export function matched(label: string, typed: string): number[] {
  const word = bare(typed).toLowerCase();
  const place = label.toLowerCase().indexOf(word);
  return word === '' || place < 0 ? [] : [place, place + word.length];
}

/** Whether an answer given for a word still holds for a longer one. */
export function stillHolds(answeredFor: string, typed: string): boolean {
  return typed.startsWith(answeredFor) && /^["`$]?[\p{L}\p{N}_$]*$/u.test(typed);
}

/** Without the quotation mark that a name may be opened with. */
function bare(typed: string): string {
  return typed.replace(/^["`]/, '');
}
