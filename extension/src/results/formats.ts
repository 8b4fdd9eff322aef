/** Rows as text in other formats, for the clipboard and for small files. Pure. */

import { asText } from '../shown/value.js';
import { kindOf } from './kinds.js';
import type { Cell, ResultColumn } from './source.js';

type Columns = readonly ResultColumn[];
type Rows = readonly (readonly Cell[])[];

/** What a person may copy, as the menu names it. */
export const COPY_FORMATS = {
  tsv: 'Tab-separated',
  csv: 'CSV',
  json: 'JSON',
  markdown: 'Markdown',
  inserts: 'INSERT statements'
} as const;

/**
 * Rows in a format.
 *
 * @param format one of `COPY_FORMATS`, or `ndjson`.
 * @param table where INSERT statements put the rows.
 * @throws Error for a format that only the server writes.
 */
export function encoded(format: string, columns: Columns, rows: Rows, table: string): string {
  const encode = FORMATS[format];
  if (!encode) {
    throw new Error(`Rows in hand cannot become ${format}.`);
  }
  return encode(columns, rows, table);
}

const FORMATS: Readonly<Record<string, (columns: Columns, rows: Rows, table: string) => string>> = {
  tsv: (columns, rows) => lines(columns, rows, '\t'),
  csv: (columns, rows) => lines(columns, rows, ','),
  json: (columns, rows) => `${JSON.stringify(objects(columns, rows), null, 1)}\n`,
  ndjson: (columns, rows) =>
    objects(columns, rows)
      .map(one => `${JSON.stringify(one)}\n`)
      .join(''),
  markdown,
  inserts
};

/** As RFC 4180 has it; nothing is an empty field, and text without a character a quoted one. */
function lines(columns: Columns, rows: Rows, separator: string): string {
  const special = new RegExp(`[${separator}"\\r\\n]`);
  const field = (text: string): string =>
    text === '' || special.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const cell = (value: Cell): string => (value === null ? '' : field(asText(value)));
  const all = [columns.map(({ name }) => field(name)), ...rows.map(row => row.map(cell))];
  return all.map(line => `${line.join(separator)}\n`).join('');
}

/** Columns of one name are told apart by a number, since an object has each only once. */
function objects(columns: Columns, rows: Rows): object[] {
  const taken = new Set<string>();
  const keys = columns.map(({ name }) => {
    let key = name;
    for (let again = 2; taken.has(key); again += 1) {
      key = `${name}_${again}`;
    }
    taken.add(key);
    return key;
  });
  return rows.map(row => Object.fromEntries(keys.map((key, index) => [key, plain(columns, row, index)])));
}

function plain(columns: Columns, row: readonly Cell[], index: number): unknown {
  const cell = row[index] ?? null;
  if (typeof cell === 'string' && kindOf(columns[index]?.type ?? '') === 'json') {
    try {
      return JSON.parse(cell);
    } catch {
      return cell;
    }
  }
  return typeof cell === 'object' && cell !== null ? cell.text : cell;
}

function markdown(columns: Columns, rows: Rows): string {
  const escaped = (text: string): string =>
    text
      .replace(/[\\|`*_[\]<>&#~]/g, '\\$&')
      .replace(/\r\n?|\n/g, '<br>')
      .replace(/\t/g, ' ');
  const line = (fields: string[]): string => `| ${fields.join(' | ')} |\n`;
  const rules = columns.map(({ type }) => (kindOf(type) === 'number' ? '---:' : '---'));
  const body = rows.map(row => line(row.map(cell => escaped(asText(cell)))));
  return line(columns.map(({ name }) => escaped(name))) + line(rules) + body.join('');
}

function inserts(columns: Columns, rows: Rows, table: string): string {
  const names = columns.map(({ name }) => identifier(name)).join(', ');
  const start = `INSERT INTO ${table} (${names}) VALUES`;
  return rows
    .map(row => `${start} (${row.map((cell, index) => literal(cell, columns[index])).join(', ')});\n`)
    .join('');
}

function literal(cell: Cell, column: ResultColumn | undefined): string {
  if (cell === null) {
    return 'NULL';
  }
  if (typeof cell !== 'object' && typeof cell !== 'string') {
    return typeof cell === 'boolean' ? String(cell).toUpperCase() : String(cell);
  }
  const text = asText(cell);
  if (kindOf(column?.type ?? '') === 'number' && /^-?\d+(\.\d+)?$/.test(text)) {
    return text;
  }
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as SQL's standard quotes it, so that it means itself whatever it holds. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
