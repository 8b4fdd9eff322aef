/**
 * Rows that were fetched, in pages, and what fetches more.
 *
 * Only what is in view is asked for, in one request at a time. A request whose rows are scrolled past is aborted, and
 * while the view moves on, none begins: where it rests counts.
 */

import type { Cell, RowSource } from './source.js';

export const PAGE = 200;
/** 200 pages of 200 rows: what a person went through stays at hand, and memory stays bounded. */
const KEPT = 200;
/** Rows that one request may bring. */
const MOST = 1000;
/** Milliseconds that a view rests before it is asked for, while another request is or was just under way. */
const REST = 60;

type Row = readonly Cell[];
type Source = Pick<RowSource, 'rows' | 'run'>;

export class Pages {
  /**
   * @param arrived is told which rows have come.
   * @param failed is told what was thrown; the same rows are asked for again when they are wanted again.
   */
  constructor(
    private readonly source: Source,
    private readonly arrived: (offset: number, count: number) => void,
    private readonly failed: (thrown: unknown) => void
  ) {
    this.seenRun = source.run;
  }

  /** A row that is here; undefined while it is not. */
  row(index: number): Row | undefined {
    return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** A page of rows that is here, the one used last. */
  held(): readonly Row[] {
    return [...this.pages.values()].at(-1) ?? [];
  }

  /** What is in view: rows `first` to `last`, inclusive. */
  want(first: number, last: number): void {
    const from = Math.floor(first / PAGE);
    const to = Math.floor(last / PAGE);
    this.wanted = [from, to];
    for (let page = from; page <= to; page += 1) {
      this.touch(page);
    }
    if (this.flight && (this.flight.to < from || this.flight.from > to)) {
      this.flight.controller.abort();
      this.flight = null;
    }
    if (!this.flight && this.missing() !== null) {
      this.schedule();
    }
  }

  /**
   * Rows for somebody who needs all of them, such as the clipboard; what has to be fetched for it is not kept.
   *
   * @returns as many of them as there are.
   */
  async range(offset: number, limit: number, signal: AbortSignal): Promise<Row[]> {
    const found: Row[] = [];
    while (found.length < limit) {
      const at = offset + found.length;
      const here = this.row(at);
      if (here) {
        found.push(here);
        continue;
      }
      const rows = await this.source.rows(at, Math.min(MOST, limit - found.length), signal);
      if (rows.length === 0) {
        break;
      }
      found.push(...rows);
    }
    return found;
  }

  /** Ends what is under way. */
  dispose(): void {
    clearTimeout(this.timer);
    this.disposed = true;
    this.flight?.controller.abort();
    this.flight = null;
  }

  private schedule(): void {
    clearTimeout(this.timer);
    const wait = performance.now() - this.lastStart < REST ? REST : 0;
    if (wait === 0) {
      this.start();
    } else {
      this.timer = setTimeout(() => {
        this.start();
      }, wait);
    }
  }

  private start(): void {
    const range = this.flight || this.disposed ? null : this.missing();
    if (!range) {
      return;
    }
    const [from, to] = range;
    const flight = { from, to, controller: new AbortController() };
    this.flight = flight;
    this.lastStart = performance.now();
    this.source.rows(from * PAGE, (to - from + 1) * PAGE, flight.controller.signal).then(
      rows => {
        if (this.flight === flight) {
          this.flight = null;
          this.keep(from, rows);
          this.arrived(from * PAGE, rows.length);
          this.again();
        }
      },
      (thrown: unknown) => {
        if (this.flight === flight) {
          this.flight = null;
          this.failed(thrown);
        }
      }
    );
  }

  /** What came into view while a request was under way. Not what just came back without rows: it would never end. */
  private again(): void {
    if (this.missing() !== null) {
      this.schedule();
    }
  }

  /** The wanted pages that are not here, first to last, as far as one request may bring them. */
  private missing(): [number, number] | null {
    const [from, to] = this.wanted;
    for (let page = from; page <= to; page += 1) {
      if (!this.pages.has(page)) {
        let last = page;
        while (last < to && last - page < MOST / PAGE - 1 && !this.pages.has(last + 1)) {
          last += 1;
        }
        return [page, last];
      }
    }
    return null;
  }

  private keep(from: number, rows: Row[]): void {
    if (this.source.run !== this.seenRun) {
      // These are of another run of the statement, and must not stand beside the rows of an earlier one.
      this.seenRun = this.source.run;
      this.pages.clear();
    }
    for (let at = 0; at === 0 || at < rows.length; at += PAGE) {
      this.pages.set(from + at / PAGE, rows.slice(at, at + PAGE));
    }
    for (const page of this.pages.keys()) {
      if (this.pages.size <= KEPT) {
        break;
      }
      this.pages.delete(page);
    }
  }

  private touch(page: number): void {
    const rows = this.pages.get(page);
    if (rows) {
      this.pages.delete(page);
      this.pages.set(page, rows);
    }
  }

  private readonly pages = new Map<number, readonly Row[]>();
  private wanted: [number, number] = [0, -1];
  private flight: { from: number; to: number; controller: AbortController } | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastStart = -Infinity;
  private seenRun: number;
  private disposed = false;
}
