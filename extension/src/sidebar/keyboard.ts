/** The keys of a tree, after the ARIA authoring practices' tree view pattern: pure. */

import type { Row, Subject } from './rows.js';

export type Move =
  | { do: 'focus'; id: string }
  | { do: 'open'; id: string }
  | { do: 'close'; id: string }
  | { do: 'act'; id: string }
  | { do: 'drop'; id: string }
  /** Up, from the first row. */
  | { do: 'leave' };

/** Those that Enter looks into, while Space and the arrows open and close them as all others. */
const QUERIED: ReadonlySet<Subject['kind']> = new Set(['table', 'collection'] as const);
const DROPPED: ReadonlySet<Subject['kind']> = new Set(['tenant', 'database'] as const);

/**
 * What a key does.
 *
 * @param rows the visible rows, from top to bottom.
 * @param active the id of the row with the focus; the first counts as such when it is gone.
 * @param key `KeyboardEvent.key`.
 * @param page how many rows Page Up and Page Down jump.
 * @returns null when the key means nothing here, so that it can mean something elsewhere.
 */
export function moveFor(rows: readonly Row[], active: string | null, key: string, page: number): Move | null {
  const found = rows.findIndex(row => row.id === active);
  const index = Math.max(found, 0);
  const row = rows[index];
  if (!row) {
    return null;
  }
  const to = (target: number): Move | null => {
    const row = rows[Math.min(Math.max(target, 0), rows.length - 1)];
    return row ? { do: 'focus', id: row.id } : null;
  };
  switch (key) {
    case 'ArrowDown':
      return to(found + 1);
    case 'ArrowUp':
      return found === 0 ? { do: 'leave' } : to(index - 1);
    case 'PageDown':
      return to(index + page);
    case 'PageUp':
      return to(index - page);
    case 'Home':
      return to(0);
    case 'End':
      return to(rows.length - 1);
    case 'ArrowRight':
      if (row.open === false) {
        return { do: 'open', id: row.id };
      }
      return row.open ? to(index + 1) : null;
    case 'ArrowLeft':
      if (row.open) {
        return { do: 'close', id: row.id };
      }
      return row.parent === null ? null : { do: 'focus', id: row.parent };
    case 'Delete':
      return DROPPED.has(row.subject.kind) ? { do: 'drop', id: row.id } : null;
    case 'Enter':
    case ' ':
      if (row.open === null || (key === 'Enter' && QUERIED.has(row.subject.kind))) {
        return { do: 'act', id: row.id };
      }
      return { do: row.open ? 'close' : 'open', id: row.id };
    default:
      return null;
  }
}

/** The next row, after the active one and around, whose name begins with what was typed; null when none does. */
export function rowNamed(rows: readonly Row[], active: string | null, typed: string): string | null {
  const start = rows.findIndex(row => row.id === active);
  // A longer prefix may still fit where the focus is; a first letter moves on.
  const from = typed.length > 1 ? Math.max(start, 0) : start + 1;
  const prefix = typed.toLowerCase();
  for (let step = 0; step < rows.length; step += 1) {
    const row = rows[(from + step) % rows.length];
    if (row && row.subject.kind !== 'note' && row.name.toLowerCase().startsWith(prefix)) {
      return row.id;
    }
  }
  return null;
}
