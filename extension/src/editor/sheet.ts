/** The text of the queries: one CodeMirror, a state per query. */

import { EditorState } from '@codemirror/state';
import type { Extension } from '@codemirror/state';
import { EditorView, tooltips } from '@codemirror/view';
import { Widget } from '@lumino/widgets';
import type { Message } from '@lumino/messaging';

import type { Statement } from '../api/language.js';
import type { Sheet } from './desk.js';
import type { QueryDocument } from './documents.js';
import { acceptDrops } from './drop.js';
import { clearError, markError, showStatements } from './marks.js';

export class SheetWidget extends Widget implements Sheet {
  constructor(extensions: Extension) {
    super();
    this.addClass('dbaas-Sheet');
    // Parts of the page lie over one another: what pops up lies over all of them.
    this.popups.className = 'dbaas-Tooltips';
    document.body.append(this.popups);
    this.extensions = [extensions, tooltips({ parent: this.popups })];
    this.editor = new EditorView({ state: this.state(''), parent: this.node });
    acceptDrops(this.editor);
  }

  override dispose(): void {
    this.editor.destroy();
    this.popups.remove();
    super.dispose();
  }

  get text(): string {
    return this.editor.state.doc.toString();
  }

  get selection(): { from: number; to: number; head: number } {
    const { from, to, head } = this.editor.state.selection.main;
    return { from, to, head };
  }

  showQuery(query: QueryDocument): void {
    if (query.id === this.shown) {
      if (query.text !== this.text) {
        this.replace({ from: 0, to: this.text.length }, query.text);
      }
      return;
    }
    if (this.shown !== null) {
      this.states.set(this.shown, this.editor.state);
    }
    this.shown = query.id;
    this.editor.setState(this.states.get(query.id) ?? this.state(query.text));
  }

  forget(id: string): void {
    this.states.delete(id);
    if (this.shown === id) {
      this.shown = null;
    }
  }

  replace({ from, to }: { from: number; to: number }, text: string): void {
    this.editor.dispatch({
      changes: { from, to, insert: text },
      selection: { anchor: from + text.length },
      userEvent: 'input.replace',
      scrollIntoView: true
    });
  }

  statements(known: readonly Statement[]): void {
    showStatements(this.editor, known);
  }

  error(position: number | null): void {
    if (position === null) {
      clearError(this.editor);
    } else {
      markError(this.editor, Math.max(0, Math.min(position, this.text.length)));
    }
  }

  /** Puts the cursor there. */
  goTo(position: number): void {
    const anchor = Math.max(0, Math.min(position, this.text.length));
    this.editor.dispatch({ selection: { anchor }, scrollIntoView: true });
    this.editor.focus();
  }

  focus(): void {
    this.editor.focus();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.editor.requestMeasure();
  }

  private state(text: string): EditorState {
    return EditorState.create({ doc: text, selection: { anchor: text.length }, extensions: this.extensions });
  }

  private readonly editor: EditorView;
  private readonly extensions: Extension;
  private readonly popups = document.createElement('div');
  private readonly states = new Map<string, EditorState>();
  private shown: string | null = null;
}
