/**
 * Rows that were saved with a notebook, and the engine behind them.
 *
 * Opening a notebook runs nothing. The engine is asked when a person goes past what was saved, sorts, filters, counts
 * or exports; from then on its rows count, which may be others by now.
 */

import { ApiError, asApiError } from '../api/errors.js';
import type { EngineSource } from '../results/engine.js';
import { StaticSource } from '../results/static.js';
import type { Cell, Condition, ResultColumn, RowSource, Sort } from '../results/source.js';
import type { Saved } from './bundle.js';

type Engine = Pick<
  EngineSource,
  | 'known'
  | 'total'
  | 'run'
  | 'formats'
  | 'subscribe'
  | 'rows'
  | 'cell'
  | 'arrange'
  | 'count'
  | 'export'
  | 'dispose'
>;

export class SavedSource implements RowSource {
  /** @param engine the same statement's rows, none of which was asked for yet. */
  constructor(
    private readonly saved: Saved,
    private readonly engine: Engine,
    readonly name: string
  ) {
    const { columns, rows } = saved;
    this.local = new StaticSource(columns, rows, { total: rows.length, name });
    this.pageable = !saved.complete;
    this.columns = columns;
  }

  /** From now on counting is what a person wants: what shows rows counts them by itself at first. */
  begin(): void {
    this.begun = true;
  }

  readonly pageable: boolean;
  readonly columns: readonly ResultColumn[];
  readonly sort: readonly Sort[] = [];
  readonly where: readonly Condition[] = [];

  get formats(): readonly string[] {
    return this.engine.formats;
  }

  get known(): number {
    return this.running ? this.engine.known : this.saved.rows.length;
  }

  get total(): number | null {
    return this.saved.complete ? this.saved.rows.length : this.engine.total;
  }

  get run(): number {
    return this.engine.run + Number(this.running);
  }

  subscribe(changed: () => void): () => void {
    this.listeners.add(changed);
    const stop = this.engine.subscribe(changed);
    return () => {
      this.listeners.delete(changed);
      stop();
    };
  }

  async rows(offset: number, limit: number, signal: AbortSignal): Promise<Cell[][]> {
    const { rows, complete } = this.saved;
    // A first look takes what there is, even where it is less than was asked for.
    if (!this.running && (complete || offset + limit <= rows.length || (offset === 0 && !this.looked))) {
      this.looked = true;
      return rows.slice(offset, offset + limit);
    }
    const brought = await asked(this.engine.rows(offset, limit, signal), signal);
    if (!this.running) {
      this.running = true;
      for (const changed of [...this.listeners]) {
        changed();
      }
    }
    return brought;
  }

  cell(row: number, column: number): Promise<string | null> {
    const cell = this.running ? undefined : this.saved.rows[row]?.[column];
    const whole = cell === null || (cell !== undefined && typeof cell !== 'object');
    return whole ? this.local.cell(row, column) : asked(this.engine.cell(row, column));
  }

  arrange(sort: readonly Sort[], where: readonly Condition[]): Promise<RowSource> {
    return this.pageable ? asked(this.engine.arrange(sort, where)) : this.local.arrange(sort, where);
  }

  count(signal?: AbortSignal): Promise<number> {
    if (!this.pageable) {
      return this.local.count();
    }
    return this.begun
      ? asked(this.engine.count(signal), signal)
      : Promise.reject(new DOMException('Nobody asked.', 'AbortError'));
  }

  export(format: string, progress?: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
    return !this.pageable && this.local.formats.includes(format)
      ? this.local.export(format)
      : asked(this.engine.export(format, progress, signal), signal);
  }

  dispose(): void {
    this.listeners.clear();
    this.engine.dispose();
  }

  private readonly local: StaticSource;
  private begun = false;
  private looked = false;
  private running = false;
  private readonly listeners = new Set<() => void>();
}

/** What the engine answers; where there is no platform, what that means here. */
async function asked<T>(answer: Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await answer;
  } catch (thrown) {
    signal?.throwIfAborted();
    const problem = asApiError(thrown);
    if (!problem.passing && problem.kind !== 'missing') {
      throw problem;
    }
    const sentence = 'These rows were saved with the notebook. For more of them the platform is needed.';
    throw new ApiError(problem.kind, sentence, problem.hint ?? problem.message, problem.code);
  }
}
