/** What was run before, as the history shows it: asked page by page. */

import { Debouncer } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';
import type { IDisposable } from '@lumino/disposable';

import { asApiError } from '../api/errors.js';
import type { ApiError } from '../api/errors.js';
import type { History, HistoryEntry } from '../api/history.js';

/** Never changed in place. */
export interface PastView {
  search: string;
  /** Null until the first answer. */
  entries: readonly HistoryEntry[] | null;
  more: boolean;
  problem: ApiError | null;
}

/** Milliseconds between typing and asking. */
const PAUSE = 200;

export class Past implements IDisposable {
  constructor(private readonly history: History) {}

  get view(): PastView {
    return this.current;
  }

  get changed(): ISignal<this, void> {
    return this.changedSignal;
  }

  isDisposed = false;

  dispose(): void {
    this.isDisposed = true;
    this.asking.abort();
    this.later.dispose();
    Signal.clearData(this);
  }

  search(search: string): void {
    this.update({ search });
    void this.later.invoke();
  }

  /** Asks for the newest again. */
  async refresh(): Promise<void> {
    await this.ask(null);
  }

  /** Asks for what is older than the last one. */
  async older(): Promise<void> {
    await this.ask(this.current.entries?.at(-1)?.id ?? null);
  }

  async forget(id: HistoryEntry['id']): Promise<void> {
    await this.doing(() => this.history.forget(id));
    this.update({ entries: this.current.entries?.filter(entry => entry.id !== id) ?? null });
  }

  async forgetAll(): Promise<void> {
    await this.doing(() => this.history.forgetAll());
    await this.refresh();
  }

  private async ask(before: HistoryEntry['id'] | null): Promise<void> {
    this.asking.abort();
    const asking = (this.asking = new AbortController());
    await this.doing(async () => {
      const page = await this.history.find(this.current.search, before, asking.signal);
      if (!asking.signal.aborted) {
        const known = before === null ? [] : (this.current.entries ?? []);
        this.update({ entries: [...known, ...page.entries], more: page.more });
      }
    }, asking.signal);
  }

  private async doing(action: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    try {
      await action();
      this.update({ problem: null });
    } catch (thrown) {
      if (signal?.aborted !== true) {
        this.update({ problem: asApiError(thrown) });
      }
    }
  }

  private update(change: Partial<PastView>): void {
    if (!this.isDisposed) {
      this.current = { ...this.current, ...change };
      this.changedSignal.emit();
    }
  }

  private current: PastView = { search: '', entries: null, more: false, problem: null };
  private readonly later = new Debouncer(() => this.refresh(), PAUSE);
  private asking = new AbortController();
  private readonly changedSignal = new Signal<this, void>(this);
}
