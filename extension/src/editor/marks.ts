/** Marks in the text: where the engine found the error, and which statement would run. */

import { StateEffect, StateField } from '@codemirror/state';
import type { EditorState, Extension } from '@codemirror/state';
import { Decoration, EditorView } from '@codemirror/view';
import type { DecorationSet } from '@codemirror/view';

import type { Statement } from '../api/language.js';
import { statementAt, wordAt } from './chosen.js';

const setError = StateEffect.define<number | null>();
const setStatements = StateEffect.define<readonly Statement[]>();

const errorMark = Decoration.mark({
  class: 'dbaas-ErrorMark',
  attributes: { title: 'The engine stopped here.' }
});
const chosenLine = Decoration.line({ class: 'dbaas-ChosenLine' });

/** Gone as soon as somebody writes: then it is another statement. */
const error = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let next = transaction.docChanged ? Decoration.none : marks;
    for (const effect of transaction.effects) {
      if (effect.is(setError)) {
        next = Decoration.none;
        if (effect.value !== null) {
          const { from, to } = wordAt(transaction.state.doc.toString(), effect.value);
          next = to > from ? Decoration.set(errorMark.range(from, to)) : next;
        }
      }
    }
    return next;
  },
  provide: field => EditorView.decorations.from(field)
});

/** The statements as the server last saw them, moved along with what is written since. */
const statements = StateField.define<readonly Statement[]>({
  create: () => [],
  update(known, transaction) {
    let next = known;
    if (transaction.docChanged) {
      next = known.map(one => ({
        ...one,
        from: transaction.changes.mapPos(one.from, -1),
        to: transaction.changes.mapPos(one.to, 1)
      }));
    }
    for (const effect of transaction.effects) {
      if (effect.is(setStatements)) {
        next = effect.value;
      }
    }
    return next;
  },
  provide: field =>
    EditorView.decorations.compute([field, 'selection', 'doc'], state => linesOf(state, state.field(field)))
});

export const marks: Extension = [statements, error];

/** Marks the word at a place, and brings it into view. */
export function markError(view: EditorView, position: number): void {
  view.dispatch({ effects: [setError.of(position), EditorView.scrollIntoView(position)] });
}

export function clearError(view: EditorView): void {
  view.dispatch({ effects: setError.of(null) });
}

/** @param known the statements of the text as it is now. */
export function showStatements(view: EditorView, known: readonly Statement[]): void {
  view.dispatch({ effects: setStatements.of(known) });
}

/** A bar beside the statement that Ctrl-Enter would run; nothing where there is no choice. */
function linesOf(state: EditorState, known: readonly Statement[]): DecorationSet {
  const { main } = state.selection;
  const chosen = known.length > 1 && main.empty ? statementAt(state.doc.toString(), known, main.head) : null;
  if (!chosen || chosen.to > state.doc.length) {
    return Decoration.none;
  }
  const first = state.doc.lineAt(chosen.from).number;
  const last = state.doc.lineAt(chosen.to).number;
  const lines = [];
  for (let number = first; number <= last; number += 1) {
    lines.push(chosenLine.range(state.doc.line(number).from));
  }
  return Decoration.set(lines);
}
