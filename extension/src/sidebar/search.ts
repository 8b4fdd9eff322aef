/** Whether a name is what a person looks for, and where in it: pure. */

/** From and to, in UTF-16 code units. */
export type Span = readonly [from: number, to: number];

/**
 * Finds what was typed in a name: as it stands, whatever the case, or else as the beginnings of its words
 * (`ordit` and `oi` find `order_items`).
 *
 * @returns the parts of the name that were found, in order; null when it does not match.
 */
export function matchName(name: string, typed: string): Span[] | null {
  const wanted = folded(typed.trim());
  if (wanted === '') {
    return null;
  }
  const plain = folded(name);
  const found = plain.indexOf(wanted);
  if (found >= 0) {
    return [[found, found + wanted.length]];
  }
  return wanted.length >= 2 && isWithin(plain, wanted) ? byWords(name, plain, wanted) : null;
}

/** Whether the letters are there in that order at all: what most names fail, and quickly. */
function isWithin(plain: string, wanted: string): boolean {
  let from = 0;
  for (const letter of wanted) {
    const found = plain.indexOf(letter, from);
    if (found < 0) {
      return false;
    }
    from = found + letter.length;
  }
  return true;
}

/** The match as beginnings of words, each as long as possible, shorter where the rest needs it. */
function byWords(name: string, plain: string, wanted: string): Span[] | null {
  const starts = wordStarts(name);
  const dead = new Set<string>();
  const from = (word: number, done: number): Span[] | null => {
    if (done === wanted.length) {
      return [];
    }
    const key = `${word} ${done}`;
    if (word >= starts.length || dead.has(key)) {
      return null;
    }
    const start = starts[word] ?? 0;
    let length = 0;
    while (done + length < wanted.length && plain[start + length] === wanted[done + length]) {
      length += 1;
    }
    for (let taken = length; taken > 0; taken -= 1) {
      const rest = from(
        starts.findIndex(next => next >= start + taken),
        done + taken
      );
      if (rest) {
        return [[start, start + taken], ...rest];
      }
    }
    const rest = from(word + 1, done);
    if (!rest) {
      dead.add(key);
    }
    return rest;
  };
  return from(0, 0);
}

/** Where words begin: after what is no letter or digit, and at a capital after a small letter. */
function wordStarts(name: string): number[] {
  const starts: number[] = [];
  for (const { index } of name.matchAll(/(?<![\p{L}\p{N}])[\p{L}\p{N}]|(?<=\p{Ll})\p{Lu}/gu)) {
    starts.push(index);
  }
  return starts;
}

/** In lower case, and as long as before: positions must fit. */
function folded(text: string): string {
  const lower = text.toLowerCase();
  if (lower.length === text.length) {
    return lower;
  }
  return Array.from(text, each =>
    each.toLowerCase().length === each.length ? each.toLowerCase() : each
  ).join('');
}
