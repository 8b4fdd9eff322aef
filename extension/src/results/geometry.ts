/** How many rows and how much room a grid has. Pure. */

import { asText, shown } from '../shown/value.js';
import { PAGE } from './pages.js';
import type { Cell, ResultColumn, RowSource } from './source.js';

/** How many rows the scroll area has: while nobody knows the end, a page more than is known. */
export function rowsShown({
  known,
  total,
  pageable
}: Pick<RowSource, 'known' | 'total' | 'pageable'>): number {
  if (!pageable) {
    return known;
  }
  return total ?? known + PAGE;
}

const LEAST = 56;
const MOST = 420;
/** Rows that a width is taken from. */
const SAMPLE = 200;

/**
 * How wide columns are, from what is in them.
 *
 * @param measure the pixels that a text takes, in the header's letters or in a cell's.
 * @param padding pixels beside the text; a header needs `marks` more for its arrow.
 */
export function columnWidths(
  columns: readonly ResultColumn[],
  rows: readonly (readonly Cell[])[],
  measure: (text: string, header: boolean) => number,
  padding: number,
  marks: number
): number[] {
  const sample = rows.slice(0, SAMPLE);
  return columns.map(({ name, type }, index) => {
    const header = Math.max(measure(shown(name, 60).text, true), measure(shown(type, 40).text, false) * 0.9);
    let longest = '';
    for (const row of sample) {
      const text = shown(row[index] ?? null, 80).text;
      if (text.length > longest.length) {
        longest = text;
      }
    }
    const width = Math.max(header + marks, measure(longest, false)) + padding;
    return Math.ceil(Math.min(Math.max(width, LEAST), MOST));
  });
}

/** How many digits the number of the last row may need. */
export function digits(rows: number): number {
  return Math.max(asText(rows).length, 2);
}
