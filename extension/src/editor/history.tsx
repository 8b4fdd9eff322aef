/** Beside the editor: what was run before, to be searched and written again. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import { clearIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { HistoryEntry } from '../api/history.js';
import { useSignal } from '../dashboard/use.js';
import { Close } from '../sidebar/icons.js';
import { plural } from '../sidebar/format.js';
import { visible } from '../shown/index.js';
import { Tool } from './bar.js';
import { elapsed, moment } from './figures.js';
import type { Past } from './past.js';

/** Characters of a statement that are shown. */
const TEXT = 400;

export interface HistoryProps {
  past: Past;
  write: (text: string, how: 'insert' | 'replace') => void;
}

export function HistoryPanel({ past, write }: HistoryProps): React.ReactElement {
  const { entries, more, problem, search } = useSignal(past.changed, () => past.view);
  return (
    <section className="dbaas-History" aria-label="History">
      <header>
        <Search past={past} />
        <Tool
          icon={clearIcon}
          label="Forget everything"
          disabled={entries === null || entries.length === 0}
          onClick={() => void forgetAll(past)}
        />
      </header>
      {problem && (
        <p className="dbaas-Problem" role="alert">
          {visible(problem.message)}
        </p>
      )}
      {entries?.length === 0 && (
        <p className="dbaas-History-empty">
          {search === '' ? 'What you run is kept here, for you alone.' : 'Nothing like that was run.'}
        </p>
      )}
      <ul>
        {entries?.map(entry => (
          <Entry key={entry.id} entry={entry} past={past} write={write} />
        ))}
      </ul>
      {more && (
        <button type="button" className="dbaas-Button dbaas-mod-quiet" onClick={() => void past.older()}>
          Older
        </button>
      )}
    </section>
  );
}

function Search({ past }: { past: Past }): React.ReactElement {
  return (
    <input
      type="search"
      placeholder="Search history"
      aria-label="Search history"
      spellCheck={false}
      onChange={event => {
        past.search(event.target.value.trim());
      }}
    />
  );
}

function Entry({ entry, past, write }: { entry: HistoryEntry } & HistoryProps): React.ReactElement {
  const { id, text, at, error } = entry;
  return (
    <li className="dbaas-History-entry" data-tone={error === null ? 'done' : 'failed'}>
      <button
        type="button"
        className="dbaas-History-text"
        title="Write it at the cursor"
        onClick={() => {
          write(text, 'insert');
        }}
      >
        {text
          .trim()
          .slice(0, TEXT)
          .split('\n')
          .map((line, index) => (
            <span key={index}>{visible(line)}</span>
          ))}
      </button>
      <p title={error === null ? undefined : visible(error)}>
        {moment(at, new Date())} · {outcomeOf(entry)}
      </p>
      <div className="dbaas-History-actions">
        <button
          type="button"
          className="dbaas-Act"
          title="Write it in place of the query"
          onClick={() => {
            write(text, 'replace');
          }}
        >
          Replace
        </button>
        <button
          type="button"
          className="dbaas-IconButton"
          title="Forget"
          aria-label="Forget this one"
          onClick={() => void past.forget(id)}
        >
          <Close />
        </button>
      </div>
    </li>
  );
}

function outcomeOf({ duration_ms: duration, rows, error }: HistoryEntry): string {
  if (error !== null) {
    return visible(error).slice(0, 80);
  }
  return [rows === null ? null : plural(rows, 'row'), duration === null ? null : elapsed(duration)]
    .filter(part => part !== null)
    .join(' · ');
}

async function forgetAll(past: Past): Promise<void> {
  const answer = await showDialog({
    title: 'Forget the history?',
    body: 'Everything you ran on this database is removed from your history.',
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: 'Forget' })]
  });
  if (answer.button.accept) {
    await past.forgetAll();
  }
}
