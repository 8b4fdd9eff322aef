/** What a query editor finds again after a reload of the page. */

import type { IStateDB } from '@jupyterlab/statedb';
import type { IDisposable } from '@lumino/disposable';
import { Debouncer } from '@lumino/polling';

import { documentsFrom, isRecord } from './documents.js';
import type { Documents } from './documents.js';
import { parametersFrom } from './parameters.js';
import type { Parameters } from './parameters.js';

export interface Kept {
  documents: Documents;
  entered: Parameters;
  /** Whether the history is on view. */
  history: boolean;
  /** The editor's share of the height. */
  share: number;
}

/** Milliseconds without a change after which it is saved. */
const PAUSE = 500;

export class Saved implements IDisposable {
  constructor(
    private readonly state: IStateDB | null,
    tenant: string,
    database: string
  ) {
    this.key = `jupyter-dbaas:queries:${JSON.stringify([tenant, database])}`;
  }

  get isDisposed(): boolean {
    return this.later.isDisposed;
  }

  /** What is still to be saved is saved now. */
  dispose(): void {
    this.write();
    this.later.dispose();
  }

  async read(): Promise<Kept> {
    const saved: unknown = await this.state?.fetch(this.key);
    const record = isRecord(saved) ? saved : {};
    const share = record['share'];
    return {
      documents: documentsFrom(record['documents']),
      entered: parametersFrom(record['entered']),
      history: record['history'] === true,
      share: typeof share === 'number' && share > 0 && share < 1 ? share : 0.5
    };
  }

  save(kept: Kept): void {
    this.waiting = kept;
    void this.later.invoke();
  }

  private write(): void {
    if (this.waiting) {
      // Plain data: the state database takes JSON, of whose type this is not.
      void this.state?.save(this.key, JSON.parse(JSON.stringify(this.waiting)) as string);
      this.waiting = null;
    }
  }

  private readonly key: string;
  private waiting: Kept | null = null;
  private readonly later = new Debouncer(() => {
    this.write();
  }, PAUSE);
}
