/** `:name`s look like what they are, also where their name is a keyword. */

import { syntaxTree } from '@codemirror/language';
import { Decoration, MatchDecorator, ViewPlugin } from '@codemirror/view';
import type { DecorationSet, EditorView, ViewUpdate } from '@codemirror/view';
import type { Extension } from '@codemirror/state';

const mark = Decoration.mark({ class: 'dbaas-ParameterName' });

const names = new MatchDecorator({
  regexp: /(?<![:\w]):[a-z_]\w*/gi,
  decorate: (add, from, to, _, view) => {
    if (!/String|Comment|Quoted/.test(syntaxTree(view.state).resolveInner(from, 1).name)) {
      add(from, to, mark);
    }
  }
});

export const parameterNames: Extension = ViewPlugin.fromClass(
  class {
    marks: DecorationSet;

    constructor(view: EditorView) {
      this.marks = names.createDeco(view);
    }

    update(update: ViewUpdate): void {
      this.marks = names.updateDeco(update, this.marks);
    }
  },
  { decorations: plugin => plugin.marks }
);
