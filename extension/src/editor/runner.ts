/** Runs statements, and keeps what came of them. Knows no page: what shows a result is made by somebody else. */

import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';
import type { IDisposable } from '@lumino/disposable';

import { ApiError, asApiError } from '../api/errors.js';
import type { Parameters, Results, RunAnswer } from '../api/results.js';

/** Part of a query's text, to be run. */
export interface Piece {
  text: string;
  params: Parameters | undefined;
  /** Where it stands in its query. */
  from: number;
}

/** What came of one piece. */
export interface Message {
  id: number;
  query: string;
  text: string;
  /** Milliseconds since 1970. */
  at: number;
  durationMs: number;
  /** `SELECT`, `INSERT` …; null when it failed. */
  command: string | null;
  rows: number | null;
  /** Whether more rows follow, which nobody counted. */
  open: boolean;
  notices: readonly string[];
  problem: ApiError | null;
  /** Where in its query the engine found the error. */
  position: number | null;
}

export interface ResultTab<Shown> {
  id: string;
  query: string;
  title: string;
  /** A pinned one stays when the query is run again. */
  pinned: boolean;
  text: string;
  /** Null while nobody knows how many there are. */
  rows: number | null;
  shown: Shown;
}

export interface Running {
  text: string;
  /** As `performance.now()` tells it. */
  since: number;
  cancel: () => void;
}

/** Never changed in place. */
export interface RunnerView<Shown> {
  /** By query. */
  running: ReadonlyMap<string, Running>;
  messages: readonly Message[];
  tabs: readonly ResultTab<Shown>[];
  /** The tab on view by query: a result's id, or null for the messages. */
  chosen: ReadonlyMap<string, string | null>;
}

/** Older ones are forgotten. */
const MESSAGES = 200;
/** Rows that come with the answer; the grid fetches more as they are looked at. */
const FIRST_PAGE = 200;

export class Runner<Shown extends IDisposable> implements IDisposable {
  /** @param show makes what shows a result's rows, from the first of them. */
  constructor(
    private readonly results: Results,
    private readonly show: (answer: RunAnswer, piece: Piece) => Shown
  ) {}

  get view(): RunnerView<Shown> {
    return this.current;
  }

  get changed(): ISignal<this, void> {
    return this.changedSignal;
  }

  isDisposed = false;

  dispose(): void {
    this.isDisposed = true;
    this.current.running.forEach(run => {
      run.cancel();
    });
    this.current.tabs.forEach(tab => {
      tab.shown.dispose();
    });
    Signal.clearData(this);
  }

  /** Runs the pieces one after the other until one fails; the last message. Never rejects. */
  async run(query: string, pieces: readonly Piece[]): Promise<Message | null> {
    if (this.current.running.has(query)) {
      return null;
    }
    const stop = new AbortController();
    const since = performance.now();
    let last: Message | null = null;
    let first = true;
    for (const piece of pieces) {
      this.update({
        running: new Map(this.current.running).set(query, {
          text: piece.text,
          since,
          cancel: () => {
            stop.abort();
          }
        })
      });
      last = await this.runOne(query, piece, stop.signal, first);
      first = false;
      if (this.isDisposed || last.problem) {
        break;
      }
    }
    const running = new Map(this.current.running);
    running.delete(query);
    this.update({ running });
    return last;
  }

  /** Whether something ran. */
  cancel(query: string): boolean {
    const running = this.current.running.get(query);
    running?.cancel();
    return running !== undefined;
  }

  choose(query: string, id: string | null): void {
    this.update({ chosen: new Map(this.current.chosen).set(query, id) });
  }

  change(id: string, change: Partial<Pick<ResultTab<Shown>, 'title' | 'pinned'>>): void {
    this.update({ tabs: this.current.tabs.map(tab => (tab.id === id ? { ...tab, ...change } : tab)) });
  }

  close(id: string): void {
    this.drop(tab => tab.id === id);
  }

  /** Forgets everything about a query that was closed. */
  forget(query: string): void {
    this.cancel(query);
    this.drop(tab => tab.query === query);
    this.update({ messages: this.current.messages.filter(message => message.query !== query) });
  }

  private async runOne(query: string, piece: Piece, stop: AbortSignal, first: boolean): Promise<Message> {
    const since = performance.now();
    const message = {
      id: (this.last += 1),
      query,
      text: piece.text,
      at: Date.now(),
      command: null,
      rows: null,
      open: false,
      notices: [],
      problem: null,
      position: null
    };
    let made: Message;
    try {
      const { text, params } = piece;
      const answer = await this.results.run(
        { text, ...(params === undefined ? {} : { params }) },
        { limit: FIRST_PAGE, signal: stop }
      );
      made = {
        ...message,
        durationMs: answer.duration_ms,
        command: answer.command,
        rows: answer.complete ? answer.row_count : answer.rows.length,
        open: !answer.complete,
        notices: answer.notices
      };
      if (!this.isDisposed) {
        this.add(query, piece, answer, first);
      }
    } catch (thrown) {
      const problem = stop.aborted
        ? new ApiError('failed', 'Cancelled.', null, 'cancelled')
        : asApiError(thrown);
      made = {
        ...message,
        durationMs: performance.now() - since,
        problem,
        position: problem.position === null ? null : piece.from + problem.position
      };
      this.choose(query, null);
    }
    this.update({ messages: [...this.current.messages, made].slice(-MESSAGES) });
    return made;
  }

  /** The first result of a run takes the place of those of the last one, unless they are pinned. */
  private add(query: string, piece: Piece, answer: RunAnswer, first: boolean): void {
    if (first) {
      this.drop(tab => tab.query === query && !tab.pinned);
    }
    if (answer.kind !== 'rows') {
      this.choose(query, null);
      return;
    }
    const id = `result-${(this.last += 1)}`;
    const tab = {
      id,
      query,
      title: titleOf(piece.text, this.current.tabs.filter(tab => tab.query === query).length + 1),
      pinned: false,
      text: piece.text,
      rows: answer.complete ? answer.rows.length : null,
      shown: this.show(answer, piece)
    };
    this.update({ tabs: [...this.current.tabs, tab] });
    if (first || this.current.chosen.get(query) === null) {
      this.choose(query, id);
    }
  }

  private drop(gone: (tab: ResultTab<Shown>) => boolean): void {
    const leaving = this.current.tabs.filter(gone);
    if (leaving.length === 0) {
      return;
    }
    const tabs = this.current.tabs.filter(tab => !gone(tab));
    const chosen = new Map(this.current.chosen);
    for (const [query, id] of chosen) {
      if (leaving.some(tab => tab.id === id)) {
        chosen.set(query, tabs.filter(tab => tab.query === query).at(-1)?.id ?? null);
      }
    }
    this.update({ tabs, chosen });
    leaving.forEach(tab => {
      tab.shown.dispose();
    });
  }

  private update(change: Partial<RunnerView<Shown>>): void {
    if (!this.isDisposed) {
      this.current = { ...this.current, ...change };
      this.changedSignal.emit();
    }
  }

  private current: RunnerView<Shown> = {
    running: new Map(),
    messages: [],
    tabs: [],
    chosen: new Map()
  };
  private last = 0;
  private readonly changedSignal = new Signal<this, void>(this);
}

/** What a result is called until a person names it: the first table it is from. */
export function titleOf(text: string, number: number): string {
  const part = '(?:"(?:[^"]|"")+"|[\\p{L}\\p{N}_$]+)';
  const from = new RegExp(`\\bfrom\\s+(?:${part}\\.)*(${part})`, 'iu').exec(text)?.[1];
  const name = from?.replace(/^"|"$/g, '').replaceAll('""', '"');
  const documents = /\bdb\.([\p{L}\p{N}_$]+)\./u.exec(text)?.[1];
  return name ?? documents ?? `Result ${number}`;
}
