/** Suggestions from the server, in the server's order. */

import { acceptCompletion, autocompletion, startCompletion } from '@codemirror/autocomplete';
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { keymap } from '@codemirror/view';
import type { EditorView } from '@codemirror/view';
import { Prec } from '@codemirror/state';
import type { Extension } from '@codemirror/state';

import type { CompletionItem, Completions, Language } from '../api/language.js';
import { visible } from '../shown/index.js';
import { matched, narrowed, stillHolds } from './filter.js';

/** Milliseconds between typing and asking. */
const PAUSE = 60;

export function completion(language: Language): Extension {
  return [
    autocompletion({
      override: [context => suggest(language, context)],
      activateOnTypingDelay: PAUSE,
      icons: false,
      maxRenderedOptions: 100,
      addToOptions: [{ render: kindIcon, position: 20 }],
      optionClass: () => 'dbaas-Suggestion'
    }),
    Prec.high(keymap.of([{ key: 'Tab', run: acceptCompletion }]))
  ];
}

async function suggest(language: Language, context: CompletionContext): Promise<CompletionResult | null> {
  if (!context.explicit && !context.matchBefore(WORTH_ASKING)) {
    return null;
  }
  const gone = new AbortController();
  context.addEventListener(
    'abort',
    () => {
      gone.abort();
    },
    { onDocChange: true }
  );
  let answer: Completions;
  try {
    answer = await language.complete(context.state.doc.toString(), context.pos, gone.signal);
  } catch {
    // Typing goes on without suggestions; what is wrong with the connection is said where one runs something.
    return null;
  }
  if (context.aborted || answer.items.length === 0) {
    return null;
  }
  const typed = context.state.sliceDoc(answer.from, context.pos);
  return resultFor(answer, answer.items, answer.to, typed, typed);
}

/** A word, a dot, an opened name, a stage; the space after a word that asks for a name. */
const WORTH_ASKING = /[\p{L}\p{N}_.$"`]$|\b(?:from|join|on|into|update|using|where|and|or|set|by|table)\s$/iu;

function resultFor(
  answer: Completions,
  items: readonly CompletionItem[],
  to: number,
  answeredFor: string,
  typed: string
): CompletionResult {
  return {
    from: answer.from,
    to,
    options: items.map(optionFor),
    filter: false,
    getMatch: option => matched(option.displayLabel ?? option.label, typed),
    update: (_, from, end, context) => {
      const word = context.state.sliceDoc(from, context.pos);
      if (answer.incomplete || !stillHolds(answeredFor, word)) {
        return null;
      }
      const left = narrowed(answer.items, word);
      return left.length === 0 ? null : resultFor({ ...answer, from }, left, end, answeredFor, word);
    }
  };
}

function optionFor(item: CompletionItem): Completion {
  return {
    label: item.label,
    displayLabel: visible(item.label),
    type: item.kind,
    ...(item.detail === null || item.detail === '' ? {} : { detail: visible(item.detail) }),
    ...(item.info === null || item.info === '' ? {} : { info: () => infoNode(item.info ?? '') }),
    apply: (view, _, from, to) => {
      accept(view, item, from, to);
    }
  };
}

/** Each of the server's lines by itself; what acts within one is written out. */
function infoNode(info: string): Node {
  const node = document.createElement('div');
  for (const line of info.split('\n')) {
    const paragraph = document.createElement('p');
    paragraph.textContent = visible(line);
    node.append(paragraph);
  }
  return node;
}

function accept(view: EditorView, item: CompletionItem, from: number, to: number): void {
  view.dispatch({
    changes: { from, to, insert: item.insert },
    selection: { anchor: from + item.insert.length },
    userEvent: 'input.complete',
    scrollIntoView: true
  });
  // After `customers.` one wants its columns.
  if (item.insert.endsWith('.')) {
    startCompletion(view);
  }
}

const LETTERS: Record<string, string> = {
  column: 'c',
  table: 't',
  view: 'v',
  function: 'ƒ',
  keyword: 'k',
  schema: 's',
  alias: 'a',
  cte: 'w',
  type: 'T',
  join: '⋈',
  snippet: '✂',
  collection: 't',
  field: 'c',
  operator: '$',
  stage: '$',
  parameter: ':',
  value: '='
};

function kindIcon(option: Completion): Node {
  const icon = document.createElement('span');
  icon.className = 'dbaas-Kind';
  icon.dataset['kind'] = option.type ?? '';
  icon.title = option.type ?? '';
  icon.setAttribute('aria-hidden', 'true');
  icon.textContent = LETTERS[option.type ?? ''] ?? '·';
  return icon;
}
