/** What a grid shows, wherever its rows come from. */

/** As the server writes it: integers beyond 2^53, numerics, times and JSON as text; of a long text the beginning. */
export type Cell = null | boolean | number | string | { text: string; length: number };

export interface ResultColumn {
  name: string;
  type: string;
}

export interface Sort {
  column: number;
  descending: boolean;
}

/** `op`: eq ne lt le gt ge contains starts null not_null. */
export interface Condition {
  column: number;
  op: string;
  value?: string;
}

export interface RowSource {
  readonly columns: readonly ResultColumn[];
  /** Rows that are there for sure. */
  readonly known: number;
  /** Null while nobody counted. */
  readonly total: number | null;
  /** Whether the engine sorts, filters and brings further pages. */
  readonly pageable: boolean;
  /** Of a file with these rows, without its ending, and of the table in statements. */
  readonly name: string;
  /** What `export` writes. */
  readonly formats: readonly string[];
  readonly sort: readonly Sort[];
  readonly where: readonly Condition[];
  /** Counts up whenever rows that were handed out before may not be what they were: the statement ran again. */
  readonly run: number;
  /** Calls back whenever `known`, `total` or `run` changed; what it returns ends that. */
  subscribe(changed: () => void): () => void;
  rows(offset: number, limit: number, signal: AbortSignal): Promise<Cell[][]>;
  /** The whole value of a cell. */
  cell(row: number, column: number): Promise<string | null>;
  /** The same rows in another order, or fewer of them. Nothing of this source changes. */
  arrange(sort: readonly Sort[], where: readonly Condition[]): Promise<RowSource>;
  count(signal?: AbortSignal): Promise<number>;
  /**
   * All rows as a file that the browser saves.
   *
   * @param progress is told how many bytes have come.
   */
  export(format: string, progress?: (bytes: number) => void, signal?: AbortSignal): Promise<void>;
  dispose(): void;
}
