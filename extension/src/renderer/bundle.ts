/** A result as a notebook holds it. Pure: what is in a file may be anybody's, and is believed nothing but its shape. */

import type { Cell, ResultColumn } from '../results/source.js';

export interface Saved {
  tenant: string;
  database: string;
  /** The statement. */
  text: string;
  columns: ResultColumn[];
  rows: Cell[][];
  /** Whether these are all rows. */
  complete: boolean;
  total: number | null;
  /** Whether the engine may be asked for the rest. */
  pageable: boolean;
  notices: string[];
}

/** More than the kernel ever writes. */
const MOST_COLUMNS = 2000;
const MOST_ROWS = 5000;
const MOST_CHARACTERS = 1_000_000;

const SUBDOMAIN = /^[a-z][a-z0-9-]{1,38}$/;

/** Null where the value is no result of a version that is known here. */
export function readBundle(value: unknown): Saved | null {
  if (!isObject(value) || value['version'] !== 1) {
    return null;
  }
  const { tenant, database, text, columns, rows, complete, total, pageable, notices } = value;
  if (
    !isText(tenant) ||
    !isText(database) ||
    !isText(text) ||
    !Array.isArray(columns) ||
    !Array.isArray(rows)
  ) {
    return null;
  }
  if (columns.length > MOST_COLUMNS || rows.length > MOST_ROWS) {
    return null;
  }
  const read = columns.map(column => (isObject(column) ? columnOf(column) : null));
  if (read.includes(null)) {
    return null;
  }
  const here = rows.map(row => cellsOf(row, columns.length));
  // Both become parts of an address, where dots would lead elsewhere.
  const addressable = SUBDOMAIN.test(tenant) && !/^\.{0,2}$/.test(database) && !database.includes('/');
  return {
    tenant,
    database,
    text,
    columns: read as ResultColumn[],
    rows: here,
    complete: complete === true,
    total: Number.isSafeInteger(total) && (total as number) >= here.length ? (total as number) : null,
    pageable: pageable === true && addressable,
    notices: Array.isArray(notices) ? notices.filter(isText).slice(0, 20) : []
  };
}

function columnOf({ name, type }: Record<string, unknown>): ResultColumn | null {
  return isText(name) && isText(type) ? { name, type } : null;
}

/** As many cells as there are columns: what is no cell is nothing. */
function cellsOf(row: unknown, width: number): Cell[] {
  const cells: unknown[] = Array.isArray(row) ? row : [];
  return Array.from({ length: width }, (_, index) => cellOf(cells[index]));
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'boolean' || isText(value) || (typeof value === 'number' && Number.isFinite(value))) {
    return value;
  }
  if (isObject(value)) {
    const { text, length } = value;
    if (isText(text) && typeof length === 'number' && Number.isSafeInteger(length) && length >= text.length) {
      return { text, length };
    }
  }
  return null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MOST_CHARACTERS;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
