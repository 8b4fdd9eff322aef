/** The order that a click on a header makes. Pure. */

import type { Sort } from './source.js';

/**
 * Ascending, then descending, then as the statement has it.
 *
 * @param add keeps the other columns.
 */
export function clicked(sort: readonly Sort[], column: number, add: boolean): Sort[] {
  const before = sort.find(one => one.column === column);
  const others = add ? sort.filter(one => one.column !== column) : [];
  if (!before || (!add && sort.length > 1)) {
    return [...others, { column, descending: false }];
  }
  if (before.descending) {
    return others;
  }
  return add
    ? sort.map(one => (one.column === column ? { column, descending: true } : one))
    : [{ column, descending: true }];
}
