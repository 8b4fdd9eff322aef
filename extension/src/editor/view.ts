/** The text editor: CodeMirror with what the server knows of the text. */

import { closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState, Prec } from '@codemirror/state';
import type { Extension } from '@codemirror/state';
import {
  crosshairCursor,
  drawSelection,
  dropCursor,
  EditorView,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  placeholder,
  rectangularSelection
} from '@codemirror/view';

import type { Language } from '../api/language.js';
import { completion } from './complete.js';
import { isDocuments, languageOf } from './dialects.js';
import { marks } from './marks.js';
import { theme } from './theme.js';
import { diagnostics, hover } from './tooltips.js';

/** What keys do in the editor. */
export interface EditorActions {
  run: () => void;
  runAll: () => void;
  format: () => void;
  /** Whether there was something to cancel. */
  cancel: () => boolean;
  changed: (text: string) => void;
}

export function editorExtensions(engine: string, language: Language, actions: EditorActions): Extension {
  const doing = (action: () => void) => (): boolean => {
    action();
    return true;
  };
  return [
    Prec.highest(
      keymap.of([
        { key: 'Mod-Enter', run: doing(actions.run), preventDefault: true },
        { key: 'Shift-Mod-Enter', run: doing(actions.runAll), preventDefault: true },
        { key: 'Shift-Alt-f', run: doing(actions.format), preventDefault: true }
      ])
    ),
    // After completion's own Escape.
    keymap.of([{ key: 'Escape', run: actions.cancel }]),
    theme,
    lineNumbers(),
    highlightActiveLineGutter(),
    highlightSpecialChars(),
    history(),
    drawSelection(),
    dropCursor(),
    rectangularSelection(),
    crosshairCursor(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    highlightSelectionMatches(),
    EditorState.allowMultipleSelections.of(true),
    languageOf(engine),
    completion(language),
    hover(language),
    diagnostics(language),
    marks,
    placeholder(isDocuments(engine) ? DOCUMENTS_HINT : SQL_HINT),
    EditorView.contentAttributes.of({ 'aria-label': 'Query', spellcheck: 'false', autocorrect: 'off' }),
    EditorView.updateListener.of(update => {
      if (update.docChanged) {
        actions.changed(update.state.doc.toString());
      }
    }),
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...defaultKeymap,
      indentWithTab
    ])
  ];
}

const SQL_HINT = `select … from …

Write SQL here. Completion comes as you type, and with Ctrl-Space; :name is a parameter.`;

const DOCUMENTS_HINT = `db.orders.find({ … })

Write MongoDB’s language here. Collections, fields and stages complete as you type, and with Ctrl-Space.`;
