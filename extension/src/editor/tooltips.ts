/** What a name is, when the pointer rests on it; and what is wrong, as one types. */

import { forEachDiagnostic, lintGutter, lintKeymap, linter } from '@codemirror/lint';
import type { Action, Diagnostic as Mark } from '@codemirror/lint';
import type { Extension, Text } from '@codemirror/state';
import { hoverTooltip, keymap } from '@codemirror/view';
import type { EditorView } from '@codemirror/view';

import type { Diagnostic, Fix, Hover, Language } from '../api/language.js';
import { visible } from '../shown/index.js';

/** Milliseconds after the last key. */
const PAUSE = 450;

export function hover(language: Language): Extension {
  return hoverTooltip(async (view, position) => {
    let answer: Hover | null;
    try {
      answer = await language.hover(view.state.doc.toString(), position);
    } catch {
      return null;
    }
    if (!answer) {
      return null;
    }
    const about = answer;
    return { pos: about.from, end: about.to, above: true, create: () => ({ dom: hoverNode(about) }) };
  });
}

function hoverNode({ kind, title, detail, lines }: Hover): HTMLElement {
  const dom = element('div', 'dbaas-Hover');
  const head = element('div', 'dbaas-Hover-head');
  head.append(element('strong', '', title), element('code', '', detail ?? ''), element('small', '', kind));
  dom.append(head, ...lines.map(line => element('p', '', line)));
  return dom;
}

export function diagnostics(language: Language): Extension {
  let asking = new AbortController();
  return [
    linter(
      async view => {
        asking.abort();
        asking = new AbortController();
        const { doc } = view.state;
        if (doc.toString().trim() === '') {
          return [];
        }
        try {
          const found = await language.diagnose(doc.toString(), asking.signal);
          return found.map(one => markFor(one, doc));
        } catch {
          return [];
        }
      },
      { delay: PAUSE }
    ),
    lintGutter(),
    keymap.of([...lintKeymap, { key: 'Mod-.', run: fixAtCursor }])
  ];
}

function markFor(found: Diagnostic, doc: Text): Mark {
  const from = Math.max(0, Math.min(found.from, doc.length));
  return {
    from,
    to: Math.max(from, Math.min(found.to, doc.length)),
    severity: found.severity,
    source: found.code,
    message: visible(found.message),
    renderMessage: () => {
      const node = element('span', '', found.message);
      if (found.hint !== null && found.hint !== '') {
        node.append(element('small', '', found.hint));
      }
      return node;
    },
    actions: found.fixes.map(fix => actionFor(fix, from, doc))
  };
}

/** The fix belongs to the text as it was: what moved since moves along, and what changed is left alone. */
function actionFor(fix: Fix, at: number, doc: Text): Action {
  return {
    name: visible(fix.label),
    apply: (view, from) => {
      const shift = from - at;
      const changes = fix.changes.map(change => ({
        from: change.from + shift,
        to: change.to + shift,
        insert: change.insert
      }));
      const now = view.state.doc;
      const same = fix.changes.every(
        ({ from, to }) =>
          from + shift >= 0 &&
          to + shift <= now.length &&
          now.sliceString(from + shift, to + shift) === doc.sliceString(from, to)
      );
      if (same) {
        view.dispatch({ changes, userEvent: 'input.fix' });
        view.focus();
      }
    }
  };
}

/** Takes the first remedy of what is wrong at the cursor. */
function fixAtCursor(view: EditorView): boolean {
  const { head } = view.state.selection.main;
  let taken = false;
  forEachDiagnostic(view.state, (mark, from, to) => {
    const action = mark.actions?.[0];
    if (!taken && action && from <= head && head <= to) {
      taken = true;
      action.apply(view, from, to);
    }
  });
  return taken;
}

function element(tag: string, className: string, text?: string): HTMLElement {
  const node = document.createElement(tag);
  node.className = className;
  if (text !== undefined) {
    node.textContent = visible(text);
  }
  return node;
}
