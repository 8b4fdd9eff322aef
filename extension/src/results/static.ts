/** Rows in hand: all there will be. */

import { asText } from '../shown/value.js';
import { encoded } from './formats.js';
import { chosen, ordered } from './local.js';
import { fileName, save } from './saving.js';
import type { Cell, Condition, ResultColumn, RowSource, Sort } from './source.js';

export class StaticSource implements RowSource {
  readonly pageable = false;
  readonly run = 0;
  readonly formats = ['csv', 'json', 'ndjson', 'markdown', 'inserts'];

  readonly total: number | null;

  /**
   * @param of.total of how many rows these are the first; null: nobody counted, and there may be more.
   * @param of.name of a file with these rows, without its ending, and of the table in its statements.
   */
  constructor(
    readonly columns: readonly ResultColumn[],
    private readonly all: readonly Cell[][],
    private readonly of: { total?: number | null; name?: string } = {},
    readonly sort: readonly Sort[] = [],
    readonly where: readonly Condition[] = []
  ) {
    this.shown = ordered(columns, chosen(columns, all, where), sort);
    const total = of.total === undefined ? all.length : of.total;
    this.total = where.length === 0 ? total : total === all.length ? this.shown.length : null;
  }

  get name(): string {
    return this.of.name ?? 'rows';
  }

  get known(): number {
    return this.shown.length;
  }

  subscribe(): () => void {
    return () => {};
  }

  rows(offset: number, limit: number): Promise<Cell[][]> {
    return Promise.resolve(this.shown.slice(offset, offset + limit));
  }

  cell(row: number, column: number): Promise<string | null> {
    const cell = this.shown[row]?.[column] ?? null;
    return Promise.resolve(cell === null ? null : asText(cell));
  }

  // Rejects, and does not throw, when a condition makes no sense.
  // eslint-disable-next-line @typescript-eslint/require-await
  async arrange(sort: readonly Sort[], where: readonly Condition[]): Promise<StaticSource> {
    return new StaticSource(this.columns, this.all, this.of, sort, where);
  }

  count(): Promise<number> {
    return Promise.resolve(this.total ?? this.known);
  }

  export(format: string): Promise<void> {
    const text = encoded(format, this.columns, this.shown, this.name);
    save(new Blob([text]), fileName(this.name, format));
    return Promise.resolve();
  }

  dispose(): void {
    // There is nothing to let go of.
  }

  private readonly shown: readonly Cell[][];
}
