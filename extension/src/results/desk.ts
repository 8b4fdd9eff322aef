/**
 * What a result is being looked at with: which rows, in which order, and what is under way.
 *
 * Everything that shows something subscribes here; nothing here knows a page.
 */

import { asApiError } from '../api/errors.js';
import type { ApiError } from '../api/errors.js';
import { exact, order } from './sentences.js';
import type { Condition, RowSource, Sort } from './source.js';

/** Milliseconds that counting may take when nobody asked for it. */
const CHEAP = 2000;

export interface Task {
  doing: string;
  cancel: (() => void) | null;
}

export interface View {
  source: RowSource;
  known: number;
  total: number | null;
  tasks: readonly Task[];
  problem: ApiError | null;
  /** Tries again what failed; null where doing the same again is for the person to do. */
  retry: (() => void) | null;
  /** What just happened, or is worth knowing. */
  note: string | null;
  filtering: boolean;
  side: 'value' | 'chart' | null;
}

export class Desk {
  constructor(private readonly base: RowSource) {
    this.view = this.first(base);
    this.follow(base);
  }

  view: View;
  /** The order and choice that were asked for last: what comes next builds on them, though they may not be here yet. */
  asked: { sort: readonly Sort[]; where: readonly Condition[] } = { sort: [], where: [] };

  subscribe(changed: () => void): () => void {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  }

  update(change: Partial<View>): void {
    this.view = { ...this.view, ...change };
    for (const changed of [...this.listeners]) {
      changed();
    }
  }

  /** Says what went wrong, where the person looks. What was aborted went as it should. */
  fail(thrown: unknown, retry: (() => void) | null = null): void {
    if (!(thrown instanceof DOMException && thrown.name === 'AbortError')) {
      this.update({ problem: asApiError(thrown), retry });
    }
  }

  /**
   * Has the engine sort and choose.
   *
   * @returns whether it did; what was shown before stays otherwise. Only the last of several wins.
   */
  async arrange(sort: readonly Sort[], where: readonly Condition[]): Promise<boolean> {
    const turn = (this.turn += 1);
    this.asked = { sort, where };
    const done = await this.during(
      () => 'Arranging rows…',
      null,
      async () => {
        const plain = sort.length === 0 && where.length === 0;
        const source = plain ? this.base : await this.base.arrange(sort, where);
        if (turn !== this.turn || this.disposed) {
          if (!plain) {
            source.dispose();
          }
          return;
        }
        const before = this.view.source;
        this.follow(source);
        this.update({ source, known: source.known, total: source.total, note: order(source.columns, sort) });
        if (before !== this.base) {
          before.dispose();
        }
      }
    );
    if (!done && turn === this.turn) {
      this.asked = { sort: this.view.source.sort, where: this.view.source.where };
    }
    return done;
  }

  /** Counts all rows, and says so when that went wrong. */
  async count(): Promise<number | null> {
    const { source } = this.view;
    const controller = new AbortController();
    let total: number | null = null;
    await this.during(
      () => 'Counting…',
      controller,
      async () => {
        total = await source.count(controller.signal);
      }
    );
    return total;
  }

  /**
   * Makes sure that a row is there.
   *
   * @returns the row, or the last one when there are fewer; null when nobody can tell.
   */
  async reach(row: number): Promise<number | null> {
    const { source } = this.view;
    if (row < source.known || !source.pageable) {
      return Math.min(row, source.known - 1);
    }
    if (source.total === null) {
      const controller = new AbortController();
      const doing = (): string => `Going to row ${exact(row + 1)}…`;
      const came = await this.during(doing, controller, async () => {
        await source.rows(row, 1, controller.signal);
      });
      if (!came || row < source.known) {
        return came ? row : null;
      }
      await this.count();
    }
    return source.total === null ? null : Math.min(row, source.total - 1);
  }

  /**
   * Shows that something is under way while it is, and what went wrong in the end.
   *
   * @param doing what is shown; `work` says when that is another one.
   * @returns whether it was done.
   */
  async during(
    doing: () => string,
    controller: AbortController | null,
    work: (told: () => void) => Promise<void>
  ): Promise<boolean> {
    const cancel =
      controller &&
      ((): void => {
        controller.abort();
      });
    let task: Task = { doing: doing(), cancel };
    this.update({ tasks: [...this.view.tasks, task], problem: null, note: null });
    try {
      await work(() => {
        const before = task;
        task = { doing: doing(), cancel };
        this.update({ tasks: this.view.tasks.map(one => (one === before ? task : one)) });
      });
      return true;
    } catch (thrown) {
      this.fail(thrown);
      return false;
    } finally {
      this.update({ tasks: this.view.tasks.filter(one => one !== task) });
    }
  }

  dispose(): void {
    this.disposed = true;
    this.unfollow?.();
    this.quiet?.abort();
    this.listeners.clear();
    if (this.view.source !== this.base) {
      this.view.source.dispose();
    }
    this.base.dispose();
  }

  private first(source: RowSource): View {
    const { known, total } = source;
    return {
      source,
      known,
      total,
      tasks: [],
      problem: null,
      retry: null,
      note: null,
      filtering: false,
      side: null
    };
  }

  private follow(source: RowSource): void {
    this.unfollow?.();
    this.quiet?.abort();
    let { run } = source;
    this.unfollow = source.subscribe(() => {
      const renewed = source.run !== run;
      run = source.run;
      this.update({
        known: source.known,
        total: source.total,
        ...(renewed ? { note: 'The statement was run again: these are the rows as they are now.' } : {})
      });
    });
    void this.countIfCheap(source);
  }

  /** What takes the engine longer than a moment is left to whoever wants to know. */
  private async countIfCheap(source: RowSource): Promise<void> {
    if (!source.pageable || source.total !== null) {
      return;
    }
    const controller = new AbortController();
    this.quiet = controller;
    const timer = setTimeout(() => {
      controller.abort();
    }, CHEAP);
    try {
      await source.count(controller.signal);
    } catch {
      // Nobody asked for it.
    } finally {
      clearTimeout(timer);
    }
  }

  private turn = 0;
  private disposed = false;
  private unfollow: (() => void) | null = null;
  private quiet: AbortController | null = null;
  private readonly listeners = new Set<() => void>();
}
