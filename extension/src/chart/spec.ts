/** A choice and some rows as a Vega-Lite specification. Pure. */

import type { Cell, ResultColumn } from '../results/source.js';
import { shown } from '../shown/index.js';
import { roles, valueOf } from './columns.js';
import type { Role } from './columns.js';
import type { Choice } from './guess.js';

/** Colours and letters, from JupyterLab's theme. */
export interface Look {
  text: string;
  dim: string;
  line: string;
  brand: string;
  font: string;
}

export interface Specification {
  spec: object;
  /** What of the rows the chart leaves out, as a sentence; null if nothing. */
  left: string | null;
}

type Rows = readonly (readonly Cell[])[];

const MOST_CATEGORIES = 60;
const MOST_COLOURS = 12;
/** Pixels of a letter on an axis, about; and what is left beside the plot for the other axis. */
const LETTER = 7;
const MARGIN = 80;

/**
 * The chart.
 *
 * Fields are numbered, so that no name of a column is ever read as a path into the data; names are titles, and data are
 * data. Nothing in it is an address or an expression.
 */
export function specification(
  columns: readonly ResultColumn[],
  rows: Rows,
  choice: Choice,
  look: Look,
  size: { width: number; height: number }
): Specification {
  const all = roles(columns, rows);
  const kept = frequent(columns, rows, all, choice);
  const used = [...new Set([choice.x, choice.y, choice.colour])].filter(column => column !== null);
  const values = kept.rows.map(row =>
    Object.fromEntries(
      used.map(column => [field(column), valueOf(row[column] ?? null, all[column] ?? 'category')])
    )
  );
  const encoding = encodings(columns, all, choice);
  if (encoding['x']?.type === 'nominal' && choice.x !== null) {
    encoding['x'].axis = { labelAngle: fitsFlat(values, field(choice.x), size.width - MARGIN) ? 0 : -45 };
  }
  const spec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
    data: { values },
    mark: markOf(choice),
    encoding: { ...encoding, tooltip: tooltips(encoding) },
    ...size,
    autosize: { type: 'fit', contains: 'padding' },
    config: config(look)
  };
  return { spec, left: kept.left };
}

/** Whether the names of all categories have room side by side. */
function fitsFlat(values: readonly Record<string, unknown>[], of: string, width: number): boolean {
  const names = new Set(values.map(value => String(value[of])));
  const longest = Math.max(0, ...[...names].map(name => name.length));
  return names.size * (longest + 1) * LETTER <= width;
}

interface Channel {
  field?: string;
  type: 'quantitative' | 'temporal' | 'nominal';
  title: string;
  aggregate?: string;
  bin?: object;
  sort?: string | null;
  axis?: { labelAngle: number };
  scale?: object;
}

function encodings(
  columns: readonly ResultColumn[],
  all: readonly Role[],
  { mark, x, y, colour, aggregate }: Choice
): Record<string, Channel> {
  const found: Record<string, Channel> = {};
  if (x !== null) {
    found['x'] = channel(columns, all, x);
    if (mark === 'histogram' && all[x] === 'quantity') {
      found['x'].bin = { maxbins: 40 };
    }
  }
  const counts = mark === 'histogram' || aggregate === 'count' || y === null;
  if (counts) {
    found['y'] = { aggregate: 'count', type: 'quantitative', title: 'Rows' };
  } else {
    const plain = channel(columns, all, y);
    const sums = aggregate !== 'none' && all[y] === 'quantity';
    found['y'] = sums ? { ...plain, aggregate, title: `${aggregate} of ${plain.title}` } : plain;
  }
  if (colour !== null) {
    found['color'] = channel(columns, all, colour);
  }
  return found;
}

function channel(columns: readonly ResultColumn[], all: readonly Role[], column: number): Channel {
  const title = shown(columns[column]?.name ?? '', 60).text;
  switch (all[column]) {
    case 'quantity':
      return { field: field(column), type: 'quantitative', title };
    case 'time':
      return { field: field(column), type: 'temporal', title, scale: { type: 'utc' } };
    default:
      // As the rows have them: a result that is sorted is drawn sorted.
      return { field: field(column), type: 'nominal', title, sort: null };
  }
}

/** The tooltip reads some titles as instructions, to show a picture for instance: a name is never one of them. */
function tooltips(encoding: Record<string, Channel>): object[] {
  return Object.values(encoding).map(({ field: of, type, title, aggregate, bin }) => ({
    ...(of === undefined ? {} : { field: of }),
    ...(aggregate === undefined ? {} : { aggregate }),
    ...(bin === undefined ? {} : { bin }),
    type,
    title: `${title}:`,
    ...(type === 'temporal' ? { format: '%Y-%m-%d %H:%M:%S', formatType: 'utc' } : {})
  }));
}

function markOf({ mark }: Choice): object {
  switch (mark) {
    case 'line':
      return { type: 'line', interpolate: 'linear', strokeWidth: 2 };
    case 'area':
      return { type: 'area', opacity: 0.6, line: true };
    case 'point':
      return { type: 'point', filled: true, opacity: 0.6, size: 30 };
    default:
      return { type: 'bar' };
  }
}

/** The rows of the categories that are told apart best: the most frequent ones. */
function frequent(
  columns: readonly ResultColumn[],
  rows: Rows,
  all: readonly Role[],
  choice: Choice
): { rows: Rows; left: string | null } {
  let found = rows;
  const left: string[] = [];
  const bounds: [number | null, number][] = [
    [choice.x, MOST_CATEGORIES],
    [choice.colour, MOST_COLOURS]
  ];
  for (const [column, most] of bounds) {
    if (column === null || all[column] !== 'category') {
      continue;
    }
    const counts = new Map<string, number>();
    for (const row of found) {
      const value = String(valueOf(row[column] ?? null, 'category'));
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    if (counts.size > most) {
      const ranked = [...counts].sort(([, one], [, other]) => other - one).slice(0, most);
      const kept = new Set(ranked.map(([value]) => value));
      found = found.filter(row => kept.has(String(valueOf(row[column] ?? null, 'category'))));
      const name = shown(columns[column]?.name ?? '', 60).text;
      left.push(`the ${most} most frequent of ${counts.size.toLocaleString('en-US')} values of ${name}`);
    }
  }
  return { rows: found, left: left.length > 0 ? `Only ${left.join(', and ')}.` : null };
}

function field(column: number): string {
  return `c${column}`;
}

function config({ text, dim, line, brand, font }: Look): object {
  const lines = { domainColor: line, gridColor: line, tickColor: line };
  const letters = { labelColor: dim, titleColor: text, titleFontWeight: 600 };
  return {
    background: 'transparent',
    font,
    view: { stroke: null },
    mark: { color: brand },
    axis: { ...lines, ...letters, gridOpacity: 0.6, labelLimit: 160 },
    legend: { ...letters, labelLimit: 160 }
  };
}
