/** A cell as a person sees it. Pure. */

import type { Cell } from '../results/source.js';
import { beginning } from './text.js';
import { visible } from './visible.js';

/** How many characters of a value are shown where there is one line for it. */
const LINE = 300;

/**
 * One line for a cell. `kind` tells apart what may look the same:
 *
 * - `nothing`: SQL's null;
 * - `empty`: text without a character;
 * - `value`: everything else.
 */
export interface Shown {
  text: string;
  kind: 'nothing' | 'empty' | 'value';
  /** Whether there is more than `text` shows. */
  cut: boolean;
}

const NOTHING: Shown = { text: 'null', kind: 'nothing', cut: false };
const EMPTY: Shown = { text: "''", kind: 'empty', cut: false };

/**
 * What is drawn for a cell.
 *
 * @param limit characters of the value that are looked at; never more than twice as many are worth drawing.
 */
export function shown(cell: Cell, limit = LINE): Shown {
  if (cell === null) {
    return NOTHING;
  }
  const whole = asText(cell);
  if (whole === '') {
    return EMPTY;
  }
  const text = beginning(whole, limit);
  const cut = text.length < lengthOf(cell);
  return { text: visible(text) + (cut ? '…' : ''), kind: 'value', cut };
}

/** A cell's own text: of a long one, its beginning; of nothing, no text. */
export function asText(cell: Cell): string {
  if (cell === null) {
    return '';
  }
  return typeof cell === 'object' ? cell.text : String(cell);
}

/** How many characters a cell's value has. */
export function lengthOf(cell: Cell): number {
  return typeof cell === 'object' && cell !== null ? cell.length : asText(cell).length;
}
