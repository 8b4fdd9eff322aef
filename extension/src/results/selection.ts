/** What is selected, as rows and columns. Pure. */

/** Rows `from` to `to`, inclusive. */
export interface Span {
  from: number;
  to: number;
}

export interface Area {
  /** In order, without overlaps. */
  rows: Span[];
  columns: Span[];
}

interface Rectangle {
  r1: number;
  r2: number;
  c1: number;
  c2: number;
}

/** The rows and the columns that any of the rectangles touches. */
export function areaOf(selections: Iterable<Rectangle>, rows: number, columns: number): Area {
  const all = [...selections];
  return {
    rows: merged(all.map(({ r1, r2 }) => within(r1, r2, rows))),
    columns: merged(all.map(({ c1, c2 }) => within(c1, c2, columns)))
  };
}

/** How many lines spans have together. */
export function sizeOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + to - from + 1, 0);
}

/** Every line of some spans. */
export function* each(spans: readonly Span[]): Generator<number> {
  for (const { from, to } of spans) {
    for (let at = from; at <= to; at += 1) {
      yield at;
    }
  }
}

/** The first `limit` lines of some spans. */
export function firstOf(spans: readonly Span[], limit: number): Span[] {
  const found: Span[] = [];
  let left = limit;
  for (const { from, to } of spans) {
    if (left <= 0) {
      break;
    }
    found.push({ from, to: Math.min(to, from + left - 1) });
    left -= to - from + 1;
  }
  return found;
}

function within(one: number, other: number, count: number): Span {
  return { from: Math.max(Math.min(one, other), 0), to: Math.min(Math.max(one, other), count - 1) };
}

function merged(spans: readonly Span[]): Span[] {
  const found: Span[] = [];
  for (const span of [...spans].sort((one, other) => one.from - other.from)) {
    const last = found.at(-1);
    if (last && span.from <= last.to + 1) {
      last.to = Math.max(last.to, span.to);
    } else if (span.to >= span.from) {
      found.push({ ...span });
    }
  }
  return found;
}
