/** What the toolbar and a screen reader say. Pure. */

import { shown } from '../shown/index.js';
import type { Cell, ResultColumn, RowSource, Sort } from './source.js';

/** `336776` → `336,776`. */
export function exact(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `(1, 'row')` → `1 row`. */
export function plural(value: number, noun: string): string {
  return `${exact(value)} ${value === 1 ? noun : `${noun}s`}`;
}

/** `1536` → `1.5 kB`. */
export function bytes(size: number): string {
  let value = size;
  let unit = 0;
  const units = ['B', 'kB', 'MB', 'GB'];
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(unit > 0 && value < 10 ? 1 : 0)} ${units[unit] ?? ''}`;
}

/** How many rows there are, as far as somebody knows. */
export function extent({ known, total, pageable, where }: RowSource): string {
  const fit = where.length > 0 ? ' match' : '';
  if (total === null) {
    return pageable ? `${plural(known, 'row')} and more${fit}` : `The first ${plural(known, 'row')}${fit}`;
  }
  return !pageable && total > known
    ? `The first ${exact(known)} of ${plural(total, 'row')}`
    : `${plural(total, 'row')}${fit}`;
}

/** The order rows are in. */
export function order(columns: readonly ResultColumn[], sort: readonly Sort[]): string {
  if (sort.length === 0) {
    return 'In the order of the statement.';
  }
  const keys = sort.map(
    ({ column, descending }) => `${name(columns, column)}, ${descending ? 'descending' : 'ascending'}`
  );
  return `Sorted by ${keys.join('; then ')}.`;
}

/** Where the cursor is and what is there. */
export function place(source: RowSource, row: number, column: number, cell: Cell | undefined): string {
  const of = source.total === null ? '' : ` of ${exact(source.total)}`;
  return `Row ${exact(row + 1)}${of}, ${name(source.columns, column)}: ${spoken(cell)}`;
}

function spoken(cell: Cell | undefined): string {
  if (cell === undefined) {
    return 'loading';
  }
  const { text, kind } = shown(cell);
  return kind === 'empty' ? 'empty text' : text;
}

function name(columns: readonly ResultColumn[], column: number): string {
  return shown(columns[column]?.name ?? '', 100).text;
}
