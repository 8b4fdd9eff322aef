/** What came of the statements that ran, newest below; and what to do while nothing ran yet. */

import * as React from 'react';

import { plural } from '../sidebar/format.js';
import { visible } from '../shown/index.js';
import { elapsed, moment } from './figures.js';
import type { Message } from './runner.js';

/** Characters of a statement that are shown beside what came of it. */
const TEXT = 160;

export interface MessagesProps {
  messages: readonly Message[];
  goTo: (position: number) => void;
}

export function Messages({ messages, goTo }: MessagesProps): React.ReactElement {
  const end = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    end.current?.scrollIntoView({ block: 'nearest' });
  }, [messages.length]);
  if (messages.length === 0) {
    return <Nothing />;
  }
  return (
    <div className="dbaas-Messages" role="log" aria-label="Messages" tabIndex={0}>
      {messages.map(message => (
        <Line key={message.id} message={message} goTo={goTo} />
      ))}
      <div ref={end} />
    </div>
  );
}

function Line({ message, goTo }: { message: Message; goTo: MessagesProps['goTo'] }): React.ReactElement {
  const { problem, position } = message;
  const text = message.text.replace(/\s+/g, ' ').trim();
  const tone = problem === null ? 'done' : problem.code === 'cancelled' ? 'cancelled' : 'failed';
  return (
    <article className="dbaas-Message" data-tone={tone}>
      <header>
        <time>{moment(message.at, new Date(message.at))}</time>
        <code title={text.length > TEXT ? visible(text.slice(0, 2000)) : undefined}>
          {visible(text.slice(0, TEXT))}
          {text.length > TEXT && '…'}
        </code>
        <span>{elapsed(message.durationMs)}</span>
      </header>
      {problem === null ? (
        <p>{doneSentence(message)}</p>
      ) : (
        <p role="alert">
          {visible(problem.message)}
          {problem.code !== null && problem.code !== 'cancelled' && <code>{visible(problem.code)}</code>}
          {position !== null && (
            <button
              type="button"
              className="dbaas-Act"
              onClick={() => {
                goTo(position);
              }}
            >
              Show the place
            </button>
          )}
        </p>
      )}
      {problem !== null && problem.hint !== null && (
        <p className="dbaas-Message-hint">{visible(problem.hint)}</p>
      )}
      {message.notices.map((notice, index) => (
        <p key={index} className="dbaas-Message-notice">
          {visible(notice)}
        </p>
      ))}
    </article>
  );
}

function doneSentence({ command, rows, open }: Message): string {
  // The engine's word for what it did, without the figures in it.
  const done = visible(command ?? 'Done').replace(/[\s\d]+$/, '');
  if (open) {
    return `${done}: the first ${plural(rows ?? 0, 'row')}; more are fetched as they are looked at`;
  }
  // Only commands that count rows say how many.
  return rows === null || !/\d$/.test(command ?? '') ? done : `${done}: ${plural(rows, 'row')}`;
}

/** Keys worth knowing, until there is something to show in their place. */
const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['Ctrl-Enter', 'runs the statement at the cursor, or what is selected'],
  ['Shift-Ctrl-Enter', 'runs everything'],
  ['Escape', 'cancels what runs, in the engine as well'],
  ['Ctrl-Space', 'completes: tables, columns, joins along foreign keys'],
  ['Ctrl-.', 'takes the first remedy for what is underlined'],
  ['Shift-Alt-F', 'formats']
];

function Nothing(): React.ReactElement {
  return (
    <section className="dbaas-Nothing">
      <p>Results appear here, each in a tab that can be renamed and pinned.</p>
      <dl>
        {KEYS.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
