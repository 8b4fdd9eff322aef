/** Rows of a statement that the engine keeps open: fetched as they are looked at. */

import type { Results, RowsAnswer, RunAnswer, Statement } from '../api/results.js';
import { fileName, received, save } from './saving.js';
import type { Cell, Condition, ResultColumn, RowSource, Sort } from './source.js';

/** What a source knows of its rows when it begins. */
interface Start {
  result: string | null;
  columns: readonly ResultColumn[];
  rows: readonly Cell[][];
  complete: boolean;
  total: number | null;
}

export class EngineSource implements RowSource {
  /** @param name of a file with these rows, without its ending, and of the table in its statements. */
  constructor(
    private readonly results: Results,
    statement: Statement,
    private readonly start: Start,
    readonly name = 'rows'
  ) {
    this.statement = { ...statement, columns: start.columns.map(column => column.name) };
    this.result = start.result;
    this.known = start.rows.length;
    this.total = start.complete ? start.rows.length : start.total;
  }

  /** The rows that a statement brought, and those that follow. */
  static of(results: Results, statement: Statement, answer: RunAnswer, name?: string): EngineSource {
    return new EngineSource(results, statement, answer, name);
  }

  readonly pageable = true;
  readonly formats = ['csv', 'json', 'ndjson', 'parquet', 'arrow', 'xlsx', 'markdown', 'inserts'];
  known: number;
  total: number | null;
  run = 0;

  get columns(): readonly ResultColumn[] {
    return this.start.columns;
  }

  get sort(): readonly Sort[] {
    return this.statement.order ?? [];
  }

  get where(): readonly Condition[] {
    return this.statement.where ?? [];
  }

  subscribe(changed: () => void): () => void {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  }

  async rows(offset: number, limit: number, signal: AbortSignal): Promise<Cell[][]> {
    const end = offset + limit;
    const first = this.start.rows;
    if (this.run === 0 && (end <= first.length || (this.start.complete && this.total === first.length))) {
      return first.slice(offset, end);
    }
    const answer = await this.results.rows(this.statement, { result: this.result, offset, limit }, signal);
    this.learn(answer, offset, limit);
    return answer.rows;
  }

  cell(row: number, column: number): Promise<string | null> {
    return this.results.cell(this.statement, { result: this.result, row, column });
  }

  async arrange(sort: readonly Sort[], where: readonly Condition[]): Promise<RowSource> {
    const statement = { ...this.statement, order: sort, where };
    const limit = 200;
    const answer = await this.results.rows(statement, { result: null, offset: 0, limit });
    const total = where.length === 0 && this.where.length === 0 ? this.total : null;
    return new EngineSource(this.results, statement, { ...answer, columns: this.columns, total }, this.name);
  }

  async count(signal?: AbortSignal): Promise<number> {
    const total = await this.results.count(this.statement, signal);
    this.total = total;
    this.tell();
    return total;
  }

  async export(format: string, progress?: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
    const response = await this.results.export(this.statement, { format, name: this.name }, signal);
    save(await received(response, progress), fileName(this.name, format));
  }

  dispose(): void {
    this.listeners.clear();
    if (this.result !== null) {
      // The server forgets it by itself if this does not reach it.
      this.results.close(this.result).catch(() => {});
      this.result = null;
    }
  }

  private learn(answer: RowsAnswer, offset: number, limit: number): void {
    this.result = answer.result;
    const end = offset + answer.rows.length;
    // An answer without rows says only that the end is somewhere before it.
    if (answer.rows.length > 0) {
      this.known = Math.max(this.known, end);
    }
    if (answer.complete && answer.rows.length < limit && (answer.rows.length > 0 || offset === 0)) {
      this.total = end;
      this.known = end;
    }
    if (answer.reopened) {
      this.run += 1;
    }
    this.tell();
  }

  private tell(): void {
    for (const changed of [...this.listeners]) {
      changed();
    }
  }

  private readonly statement: Statement;
  private result: string | null;
  private readonly listeners = new Set<() => void>();
}
