/** The chart that a result suggests. Pure. */

import type { Cell, ResultColumn } from '../results/source.js';
import { asText } from '../shown/index.js';
import { roles } from './columns.js';
import type { Role } from './columns.js';

export type Mark = 'bar' | 'line' | 'point' | 'area' | 'histogram';
export type Aggregate = 'none' | 'count' | 'sum' | 'mean' | 'median' | 'min' | 'max';

/** What a person chose; columns by their number. */
export interface Choice {
  mark: Mark;
  x: number | null;
  y: number | null;
  colour: number | null;
  aggregate: Aggregate;
}

/** More values than this are too many to tell apart. */
const TELLABLE = 60;

/** Time and a quantity are a line, a category and a quantity bars, two quantities points, one a histogram. */
export function guess(columns: readonly ResultColumn[], rows: readonly (readonly Cell[])[]): Choice {
  const all = roles(columns, rows);
  const of = (role: Role): number[] => columns.map((_, index) => index).filter(index => all[index] === role);
  const [quantities, times] = [
    of('quantity').sort((one, other) => identity(columns[one]) - identity(columns[other])),
    of('time')
  ];
  const categories = of('category').filter(column => distinct(rows, column) <= TELLABLE);
  const quantity = quantities.find(column => identity(columns[column]) === 0) ?? null;
  const [time = null] = times;
  const [category = null] = categories;
  const second = quantities.find(column => column !== quantity) ?? null;
  const choice = (mark: Mark, x: number | null, y: number | null, aggregate: Aggregate): Choice => ({
    mark,
    x,
    y,
    colour: null,
    aggregate
  });
  if (time !== null) {
    return choice(
      'line',
      time,
      quantity,
      quantity === null ? 'count' : repeats(rows, time) ? 'mean' : 'none'
    );
  }
  if (category !== null) {
    const sums = quantity !== null && repeats(rows, category);
    return choice('bar', category, quantity, quantity === null ? 'count' : sums ? 'sum' : 'none');
  }
  if (quantity !== null && second !== null && identity(columns[second]) === 0) {
    return choice('point', quantity, second, 'none');
  }
  if (quantities.length > 0) {
    return choice('histogram', quantity ?? quantities[0] ?? null, null, 'count');
  }
  return choice('bar', columns.length > 0 ? 0 : null, null, 'count');
}

/** 1 for numbers that name things rather than measure them. */
function identity(column: ResultColumn | undefined): 0 | 1 {
  return /(^|[_\s])(id|key|no|code|year|month|day|hour|minute)$/i.test(column?.name ?? '') ? 1 : 0;
}

function distinct(rows: readonly (readonly Cell[])[], column: number): number {
  return new Set(rows.map(row => asText(row[column] ?? null))).size;
}

function repeats(rows: readonly (readonly Cell[])[], column: number): boolean {
  return distinct(rows, column) < rows.length;
}
