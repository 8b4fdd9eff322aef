/** Columns as a chart reads them: quantities, moments, or categories. Pure. */

import { kindOf } from '../results/kinds.js';
import type { Cell, ResultColumn } from '../results/source.js';
import { asText, shown } from '../shown/index.js';

export type Role = 'quantity' | 'time' | 'category';

type Rows = readonly (readonly Cell[])[];

/** What a column can be drawn as: its type decides, unless its values say otherwise. */
export function roles(columns: readonly ResultColumn[], rows: Rows): Role[] {
  return columns.map(({ type }, index) => {
    const role = suggested(type);
    const sample = rows.map(row => row[index] ?? null).filter(cell => cell !== null);
    const fitting = sample.filter(cell => valueOf(cell, role) !== null).length;
    return fitting * 2 >= sample.length ? role : 'category';
  });
}

/** A cell as the chart's data have it; null where it has no such value. */
export function valueOf(cell: Cell, role: Role): number | string | null {
  if (cell === null) {
    return null;
  }
  switch (role) {
    case 'quantity': {
      const value = typeof cell === 'boolean' ? Number.NaN : Number(asText(cell));
      return Number.isFinite(value) ? value : null;
    }
    case 'time':
      return moment(asText(cell));
    case 'category':
      return shown(cell, 60).text;
  }
}

function suggested(type: string): Role {
  const kind = kindOf(type);
  return kind === 'number' ? 'quantity' : kind === 'time' ? 'time' : 'category';
}

/**
 * Milliseconds since 1970 of a time as it is written, whatever zone it is of: the chart's axis counts in UTC and shows
 * the same digits as the grid.
 */
function moment(text: string): number | null {
  const found = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?)(\.\d{1,3})?)?/.exec(text);
  if (!found) {
    return null;
  }
  const [, day = '', clock = '00:00', fraction = ''] = found;
  const value = Date.parse(`${day}T${clock.length === 5 ? `${clock}:00` : clock}${fraction}Z`);
  return Number.isNaN(value) ? null : value;
}
