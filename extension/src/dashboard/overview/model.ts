/** Keeps a database's figures fresh while somebody looks at them. */

import { Poll } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';
import type { IDisposable } from '@lumino/disposable';

import type { Send } from '../../api/client.js';
import { asApiError } from '../../api/errors.js';
import type { ApiError } from '../../api/errors.js';
import { overview, wake } from '../../api/overview.js';
import type { Overview } from '../../api/overview.js';
import { nextDelay, QUICK } from '../../sidebar/pace.js';
import type { Outcome } from '../../sidebar/pace.js';

/** Never changed in place. */
export interface OverviewView {
  /** Null until the first answer. */
  overview: Overview | null;
  /** Why the last look failed; null while it did not. */
  problem: ApiError | null;
  waking: boolean;
}

export class OverviewModel implements IDisposable {
  /** @param visible whether anybody could see the figures; nothing is asked while not. */
  constructor(
    private readonly send: Send,
    private readonly tenant: string,
    private readonly database: string,
    visible: () => boolean
  ) {
    this.poll = new Poll({
      name: 'jupyter-dbaas:overview',
      auto: false,
      factory: () => this.look(),
      frequency: { interval: QUICK, backoff: false, max: 60_000 },
      standby: () => (visible() ? 'when-hidden' : true)
    });
  }

  get view(): OverviewView {
    return this.current;
  }

  get changed(): ISignal<this, void> {
    return this.changedSignal;
  }

  get isDisposed(): boolean {
    return this.poll.isDisposed;
  }

  dispose(): void {
    this.poll.dispose();
    Signal.clearData(this);
  }

  /** Looks now, and often for a while. */
  refresh(): void {
    this.delay = QUICK;
    void this.poll.refresh();
  }

  /** Rejects with an `ApiError`. */
  async wake(): Promise<void> {
    this.update({ waking: true });
    try {
      await wake(this.send, this.tenant, this.database);
    } finally {
      this.update({ waking: false });
      this.refresh();
    }
  }

  private async look(): Promise<void> {
    let outcome: Outcome;
    try {
      const next = await overview(this.send, this.tenant, this.database);
      outcome = next.database.state === this.current.overview?.database.state ? 'same' : 'changed';
      this.update({ overview: next, problem: null });
    } catch (thrown) {
      outcome = 'failed';
      this.update({ problem: asApiError(thrown) });
    }
    this.delay = nextDelay(this.delay, outcome);
    if (!this.poll.isDisposed) {
      this.poll.frequency = { interval: this.delay, backoff: false, max: 60_000 };
    }
  }

  private update(change: Partial<OverviewView>): void {
    if (!this.isDisposed) {
      this.current = { ...this.current, ...change };
      this.changedSignal.emit();
    }
  }

  private current: OverviewView = { overview: null, problem: null, waking: false };
  private delay = QUICK;
  private readonly poll: Poll;
  private readonly changedSignal = new Signal<this, void>(this);
}
