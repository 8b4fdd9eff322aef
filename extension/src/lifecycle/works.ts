/** Long work that goes on whatever is on view: what there is of it, and how it ends. */

import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';
import type { IDisposable } from '@lumino/disposable';

import { asApiError } from '../api/errors.js';
import type { ApiError } from '../api/errors.js';
import type { Step } from '../api/nouns.js';
import type { Tell } from '../api/told.js';

/** Never changed in place. */
export interface Work {
  id: number;
  /** `Dump of shop`. */
  title: string;
  /** The last one that was told of. */
  step: Step | null;
  /** How it failed, when nobody was there to be told; it stays until somebody has read it. */
  problem: ApiError | null;
}

/** Work as whoever began it sees it. */
export interface Begun<T> {
  outcome: Promise<T>;
  /** Nobody waits for the outcome any more: a failure is kept for who looks. */
  leave: () => void;
}

export class Works {
  /** @param hold is called when work begins, and what it gives is disposed of when none is left. */
  constructor(private readonly hold: () => IDisposable | null = () => null) {}

  get list(): readonly Work[] {
    return this.works;
  }

  get changed(): ISignal<this, void> {
    return this.changedSignal;
  }

  /** @param tell is told as well. */
  begin<T>(title: string, run: (tell: Tell) => Promise<T>, tell: Tell = () => {}): Begun<T> {
    const id = ++this.last;
    let left = false;
    this.put([...this.works, { id, title, step: null, problem: null }]);
    const outcome = run(step => {
      this.change(id, { step });
      tell(step);
    }).then(
      made => {
        this.dismiss(id);
        return made;
      },
      (thrown: unknown) => {
        const problem = asApiError(thrown);
        if (left) {
          this.change(id, { problem });
        } else {
          this.dismiss(id);
        }
        throw problem;
      }
    );
    return {
      outcome,
      leave: () => {
        left = true;
      }
    };
  }

  dismiss(id: number): void {
    this.put(this.works.filter(work => work.id !== id));
  }

  private change(id: number, change: Partial<Work>): void {
    this.put(this.works.map(work => (work.id === id ? { ...work, ...change } : work)));
  }

  private put(works: readonly Work[]): void {
    this.works = works;
    const going = works.some(work => work.problem === null);
    if (going) {
      this.held ??= this.hold();
    } else {
      this.held?.dispose();
      this.held = null;
    }
    this.changedSignal.emit();
  }

  private works: readonly Work[] = [];
  private last = 0;
  private held: IDisposable | null = null;
  private readonly changedSignal = new Signal<this, void>(this);
}
