/** Running statements and paging through what they bring, typed. Knows paths and shapes. */

import type { Cell, Condition, ResultColumn, Sort } from '../results/source.js';
import type { Send } from './client.js';
import { ApiError, asApiError, errorFrom } from './errors.js';

/** Positional (`$1`) or named (`:name`) values of a statement. */
export type Parameters = readonly unknown[] | Readonly<Record<string, unknown>>;

/** A statement, and the order and choice of its rows that the engine is asked for. */
export interface Statement {
  text: string;
  params?: Parameters | undefined;
  order?: readonly Sort[] | undefined;
  where?: readonly Condition[] | undefined;
  /** Names of the columns that indexes are of, once they are known: a document database may find others each time. */
  columns?: readonly string[] | undefined;
}

export interface RunAnswer {
  kind: 'rows' | 'command';
  /** The open result, to page through; null when there is none. */
  result: string | null;
  columns: ResultColumn[];
  rows: Cell[][];
  /** Whether these are all of its rows. */
  complete: boolean;
  total: number | null;
  command: string | null;
  row_count: number | null;
  notices: string[];
  duration_ms: number;
  pageable: boolean;
}

export interface RowsAnswer {
  result: string | null;
  columns: ResultColumn[];
  rows: Cell[][];
  offset: number;
  /** Whether no row follows these. */
  complete: boolean;
  /** Whether the statement had to be run again: rows of earlier answers may have changed. */
  reopened: boolean;
}

/** One database's results. Every method rejects with an `ApiError`, or with the signal's reason when aborted. */
export class Results {
  private readonly base: string;

  constructor(
    private readonly send: Send,
    tenant: string,
    database: string
  ) {
    this.base = ['', 'v1', tenant, 'databases', database, 'editor'].map(encodeURIComponent).join('/');
  }

  run(
    statement: Statement,
    options: { limit?: number; record?: boolean; signal?: AbortSignal } = {}
  ): Promise<RunAnswer> {
    const { signal, ...rest } = options;
    return this.json('POST', 'run', { ...statement, ...rest }, signal);
  }

  rows(
    statement: Statement,
    page: { result: string | null; offset: number; limit: number },
    signal?: AbortSignal
  ): Promise<RowsAnswer> {
    const { result, ...where } = page;
    return this.json(
      'POST',
      'rows',
      { ...statement, ...where, ...(result === null ? {} : { result }) },
      signal
    );
  }

  async count(statement: Statement, signal?: AbortSignal): Promise<number> {
    const { text, params, where, columns } = statement;
    return (await this.json<{ total: number }>('POST', 'count', { text, params, where, columns }, signal))
      .total;
  }

  /** The whole value of a cell, of which the rows held the beginning. */
  async cell(
    statement: Statement,
    place: { result: string | null; row: number; column: number },
    signal?: AbortSignal
  ): Promise<string | null> {
    const { result, ...at } = place;
    const body = { ...statement, ...at, ...(result === null ? {} : { result }) };
    return (await this.json<{ value: string | null }>('POST', 'cell', body, signal)).value;
  }

  /** All rows as a file, streamed. */
  export(
    statement: Statement,
    file: { format: string; table?: string; name?: string },
    signal?: AbortSignal
  ): Promise<Response> {
    return this.ask('POST', 'export', { ...statement, ...file }, signal);
  }

  /** Lets go of an open result; the server does so by itself after a while. */
  async close(result: string): Promise<void> {
    await this.ask('DELETE', `results/${encodeURIComponent(result)}`);
  }

  private async json<T>(method: string, path: string, body: object, signal?: AbortSignal): Promise<T> {
    const response = await this.ask(method, path, body, signal);
    try {
      return (await response.json()) as T;
    } catch {
      signal?.throwIfAborted();
      // Jupyter answers a signed-out request with its login page.
      throw new ApiError(
        'refused',
        'The server did not answer with data.',
        'Reload the page and sign in again.'
      );
    }
  }

  private async ask(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    const init: RequestInit = { method };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
    }
    if (signal) {
      init.signal = signal;
    }
    let response: Response;
    try {
      response = await this.send(`${this.base}/${path}`, init);
    } catch (thrown) {
      signal?.throwIfAborted();
      throw asApiError(thrown);
    }
    if (!response.ok) {
      throw await errorFrom(response);
    }
    return response;
  }
}
