/** What a person works on: the queries, their parameters, and what of them is run. */

import { Debouncer } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';
import type { IDisposable } from '@lumino/disposable';

import { asApiError } from '../api/errors.js';
import type { Language, Statement } from '../api/language.js';
import { runsOf, statementAt } from './chosen.js';
import { activeDocument, added, changed, closed, renamed } from './documents.js';
import type { Documents, QueryDocument } from './documents.js';
import { own, UNTOUCHED, valuesOf } from './parameters.js';
import type { Parameter } from './parameters.js';
import type { Message, Piece } from './runner.js';
import type { Kept, Saved } from './saved.js';

/** The text editor, as the desk sees it. */
export interface Sheet {
  /** The text and what is selected in it. */
  readonly text: string;
  readonly selection: { from: number; to: number; head: number };
  /** Shows another query; each keeps its own undo. */
  showQuery: (query: QueryDocument) => void;
  forget: (id: string) => void;
  replace: (range: { from: number; to: number }, text: string) => void;
  statements: (known: readonly Statement[]) => void;
  error: (position: number | null) => void;
  focus: () => void;
}

/** What runs statements, as the desk sees it. */
export interface Runs {
  run: (query: string, pieces: readonly Piece[]) => Promise<Message | null>;
  cancel: (query: string) => boolean;
  forget: (query: string) => void;
}

/** Never changed in place. */
export interface DeskView extends Kept {
  /** The parameters of the query on view, in the order of their appearance. */
  names: readonly string[];
  /** What went wrong with the last thing that was asked for, other than running. */
  problem: string | null;
  /** Counts up when a person is asked to enter parameters. */
  wanting: number;
}

/** Milliseconds after the last key. */
const PAUSE = 300;

export class Desk implements IDisposable {
  constructor(
    private readonly language: Language,
    private readonly runs: Runs,
    private readonly saved: Saved,
    kept: Kept
  ) {
    this.current = { ...kept, names: [], problem: null, wanting: 0 };
  }

  get view(): DeskView {
    return this.current;
  }

  get changed(): ISignal<this, void> {
    return this.changedSignal;
  }

  get query(): QueryDocument {
    return activeDocument(this.current.documents);
  }

  get isDisposed(): boolean {
    return this.saved.isDisposed;
  }

  dispose(): void {
    this.looking.abort();
    this.later.dispose();
    this.saved.dispose();
    Signal.clearData(this);
  }

  /** From now on that is where the text is. */
  attach(sheet: Sheet): void {
    this.sheet = sheet;
    this.open(this.current.documents);
  }

  select(id: string): void {
    this.open({ ...this.current.documents, active: id });
  }

  add(text: string): void {
    this.open(added(this.current.documents, text));
    this.sheet?.focus();
  }

  close(id: string): void {
    this.sheet?.forget(id);
    this.runs.forget(id);
    this.open(closed(this.current.documents, id));
  }

  rename(id: string, name: string): void {
    this.update({ documents: renamed(this.current.documents, id, name) });
  }

  /** The text of the query on view is another one. */
  edited(text: string): void {
    this.update({ documents: changed(this.current.documents, this.query.id, text), problem: null });
    void this.later.invoke();
  }

  enter(name: string, parameter: Parameter): void {
    this.update({ entered: { ...this.current.entered, [name]: parameter } });
  }

  arrange(change: Partial<Pick<Kept, 'history' | 'share'>>): void {
    this.update(change);
  }

  /** Writes a text into the query on view: over what is selected, or over everything. */
  write(text: string, how: 'insert' | 'replace'): void {
    const range = how === 'insert' ? this.sheet?.selection : { from: 0, to: this.sheet?.text.length ?? 0 };
    if (range) {
      this.sheet?.replace(range, text);
      this.sheet?.focus();
    }
  }

  /** Runs what is selected, or else the statement at the cursor; or everything. */
  async run(all = false): Promise<void> {
    const { sheet } = this;
    const { id } = this.query;
    if (!sheet || sheet.text.trim() === '') {
      return;
    }
    const { text, selection } = sheet;
    const selected = !all && selection.to > selection.from;
    const base = selected ? selection.from : 0;
    const part = selected ? text.slice(selection.from, selection.to) : text;
    const pieces = await this.attempt(async () => {
      let found = await this.statementsOf(part);
      if (!all && !selected) {
        const one = statementAt(text, found, selection.head);
        found = one ? [one] : [];
      }
      // What the server sees no statement in, such as a lone comment, the engine may judge.
      const runs =
        found.length > 0 ? runsOf(found) : [{ range: { from: 0, to: part.length }, parameters: [] }];
      return this.filledIn(runs.map(({ range, parameters }) => ({ range, parameters, base, part })));
    });
    if (!pieces) {
      return;
    }
    sheet.error(null);
    const last = await this.runs.run(id, pieces);
    if (last?.position != null && this.query.id === id && sheet.text === text) {
      sheet.error(last.position);
    }
  }

  cancel(): boolean {
    return this.runs.cancel(this.query.id);
  }

  /** Writes what is selected, or everything, in the usual form. */
  async format(): Promise<void> {
    const { sheet } = this;
    if (!sheet) {
      return;
    }
    const { text, selection } = sheet;
    const range = selection.to > selection.from ? { from: selection.from, to: selection.to } : undefined;
    const answer = await this.attempt(() => this.language.format(text, range));
    if (answer && sheet.text === text && answer.text !== text.slice(answer.from, answer.to)) {
      sheet.replace({ from: answer.from, to: answer.to }, answer.text);
    }
  }

  /** The pieces with their parameters; null while some were never looked at: then they are asked for. */
  private filledIn(
    runs: { range: { from: number; to: number }; parameters: string[]; base: number; part: string }[]
  ): Piece[] | null {
    const { entered } = this.current;
    const names = [...new Set(runs.flatMap(run => run.parameters))];
    const missing = names.filter(name => !Object.hasOwn(entered, name));
    if (missing.length > 0) {
      const fresh = Object.fromEntries(missing.map(name => [name, UNTOUCHED]));
      this.update({
        entered: { ...entered, ...fresh },
        names: [...new Set([...this.current.names, ...names])],
        problem: `Give ${missing.map(name => `:${name}`).join(', ')} a value, then run again.`,
        wanting: this.current.wanting + 1
      });
      return null;
    }
    return runs.map(({ range, parameters, base, part }) => ({
      text: part.slice(range.from, range.to),
      from: base + range.from,
      params: parameters.length > 0 ? valuesOf(parameters, entered) : undefined
    }));
  }

  /** What it brings; null when it fails, which is said. */
  private async attempt<T>(action: () => Promise<T>): Promise<T | null> {
    try {
      this.update({ problem: null });
      return await action();
    } catch (thrown) {
      const { message, hint } = asApiError(thrown);
      this.update({ problem: [message, hint].filter(Boolean).join(' ') });
      return null;
    }
  }

  private async statementsOf(text: string): Promise<Statement[]> {
    return this.known.text === text ? this.known.statements : this.language.statements(text);
  }

  /** Which statements and parameters there are: asked while nobody types. */
  private async look(): Promise<void> {
    this.looking.abort();
    this.looking = new AbortController();
    const { signal } = this.looking;
    const { id, text } = this.query;
    try {
      const statements = text.trim() === '' ? [] : await this.language.statements(text, signal);
      if (!signal.aborted && this.query.id === id && this.query.text === text) {
        this.known = { text, statements };
        this.sheet?.statements(statements);
        this.update({ names: [...new Set(statements.flatMap(one => one.parameters))] });
      }
    } catch {
      // Asked again with the next key; running asks for itself, and says what is wrong.
    }
  }

  private open(documents: Documents): void {
    this.update({ documents, problem: null, names: [] });
    this.sheet?.showQuery(this.query);
    void this.look();
  }

  private update(change: Partial<DeskView>): void {
    if (this.isDisposed) {
      return;
    }
    this.current = { ...this.current, ...change };
    const { documents, entered, history, share } = this.current;
    this.saved.save({ documents, entered, history, share });
    this.changedSignal.emit();
  }

  private current: DeskView;
  private sheet: Sheet | null = null;
  private known: { text: string; statements: Statement[] } = { text: '', statements: [] };
  private looking = new AbortController();
  private readonly later = new Debouncer(() => this.look(), PAUSE);
  private readonly changedSignal = new Signal<this, void>(this);
}

export function parameterOf(view: DeskView, name: string): Parameter {
  return own(view.entered, name);
}
