/** What is selected, on the clipboard. */

import { Clipboard } from '@jupyterlab/apputils';

import { asText } from '../shown/index.js';
import type { Desk } from './desk.js';
import { COPY_FORMATS, encoded } from './formats.js';
import type { Pages } from './pages.js';
import { each, firstOf, sizeOf } from './selection.js';
import type { Area } from './selection.js';
import { exact, plural } from './sentences.js';
import type { Cell, RowSource } from './source.js';

/** Beyond this a file is the better place. */
const MOST_ROWS = 10_000;
const MOST_CELLS = 500_000;
/** Long values of which the whole is fetched; of the others the beginning is copied. */
const MOST_WHOLE = 20;

export type CopyFormat = keyof typeof COPY_FORMATS;

/** Copies an area of the rows shown, and says what it copied and what not. */
export async function copyArea(desk: Desk, pages: Pages, area: Area, format: CopyFormat): Promise<void> {
  const { source } = desk.view;
  const wanted = sizeOf(area.rows);
  const columns = [...each(area.columns)];
  const limit = Math.min(MOST_ROWS, Math.max(1, Math.floor(MOST_CELLS / Math.max(columns.length, 1))));
  const controller = new AbortController();
  let note = '';
  const done = await desk.during(
    () => 'Copying…',
    controller,
    async () => {
      const rows: Cell[][] = [];
      const numbers: number[] = [];
      for (const { from, to } of firstOf(area.rows, limit)) {
        const found = await pages.range(from, to - from + 1, controller.signal);
        rows.push(...found.map(row => columns.map(column => row[column] ?? null)));
        numbers.push(...found.map((_, index) => from + index));
      }
      const cut = await wholeValues(source, rows, numbers, columns);
      const only = rows.length === 1 && columns.length === 1 && format === 'tsv';
      const one = rows[0]?.[0] ?? null;
      const text = only
        ? asText(one)
        : encoded(
            format,
            columns.map(column => source.columns[column] ?? { name: '', type: '' }),
            rows,
            source.name
          );
      await write(text);
      const what = only ? 'The value' : plural(rows.length, 'row');
      note = [
        wanted > limit
          ? `Copied the first ${exact(rows.length)} of ${plural(wanted, 'row')}; export has them all.`
          : `${what} copied as ${COPY_FORMATS[format]}.`,
        cut > 0 ? `Of ${plural(cut, 'long value')} only the beginning was copied.` : ''
      ]
        .filter(Boolean)
        .join(' ');
    }
  );
  if (done) {
    desk.update({ note });
  }
}

/** Copies one text, and says so. */
export async function copyText(desk: Desk, text: string): Promise<void> {
  await write(text);
  desk.update({ note: 'Copied.' });
}

/** Fetches what was cut, in place. Returns how many values stay cut. */
async function wholeValues(
  source: RowSource,
  rows: Cell[][],
  numbers: readonly number[],
  columns: readonly number[]
): Promise<number> {
  let fetched = 0;
  let cut = 0;
  for (const [index, row] of rows.entries()) {
    for (const [place, cell] of row.entries()) {
      if (typeof cell !== 'object' || cell === null) {
        continue;
      }
      if (fetched >= MOST_WHOLE || !source.pageable) {
        cut += 1;
        continue;
      }
      fetched += 1;
      row[place] = await source.cell(numbers[index] ?? 0, columns[place] ?? 0);
    }
  }
  return cut;
}

async function write(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Only pages from a secure origin have that clipboard, and the browser may refuse it.
    Clipboard.copyToSystem(text);
  }
}
