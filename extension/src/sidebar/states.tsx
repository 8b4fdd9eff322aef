/** What stands in the tree's place: an empty platform, one that is not there, one that is being asked. */

import * as React from 'react';

import type { ApiError, Kind } from '../api/errors.js';
import { databasesIcon } from '../icons.js';
import { copying } from './copying.js';
import { Copy, Search, Unplugged } from './icons.js';

const FIRST_STEPS = '%load_ext dbaas\n%dbaas tenant create acme\n%dbaas create postgres shop';

export function NoTenants({ onCreate }: { onCreate: () => void }): React.ReactElement {
  return (
    <section className="dbaas-State">
      <databasesIcon.react className="dbaas-State-picture" tag="div" aria-hidden="true" />
      <h3>A database of your own</h3>
      <p>
        A tenant is a project or a team: its databases, keys and limits are kept apart from everybody else’s.
      </p>
      <button type="button" className="dbaas-Button" onClick={onCreate}>
        Create your first tenant
      </button>
      <p>Or in a notebook:</p>
      <Snippet text={FIRST_STEPS} />
    </section>
  );
}

/** @param looking whether something may still be found: then nothing is said yet. */
export function NothingFound({
  typed,
  looking,
  onClear
}: {
  typed: string;
  looking: boolean;
  onClear: () => void;
}): React.ReactElement {
  if (looking) {
    return <Loading />;
  }
  return (
    <section className="dbaas-State" role="status">
      <Search className="dbaas-State-picture" />
      <h3>Nothing found</h3>
      <p>
        No tenant, database, table or column is called “<bdi>{typed}</bdi>”. Parts of names will do, and first
        letters of words: <code>oi</code> finds <code>order_items</code>.
      </p>
      <button type="button" className="dbaas-Button dbaas-mod-quiet" onClick={onClear}>
        Clear the search
      </button>
    </section>
  );
}

export function Loading(): React.ReactElement {
  return (
    <div className="dbaas-Loading" role="status" aria-label="Loading databases">
      {[64, 46, 52, 38].map((width, index) => (
        <div
          key={index}
          className="dbaas-Bone"
          style={{ width: `${width}%`, marginLeft: index > 0 ? 20 : 0 }}
        />
      ))}
    </div>
  );
}

interface Advice {
  title: string;
  text?: string;
  snippet?: string;
  after?: string;
}

const ADVICE: Record<Kind, Advice> = {
  offline: { title: 'Jupyter is not answering', after: 'Trying again by itself.' },
  missing: {
    title: 'The server extension is off',
    text: 'This panel talks to a part of the Jupyter server that is not running. Switch it on in a terminal:',
    snippet: 'jupyter server extension enable dbaas_server',
    after: 'Then restart JupyterLab.'
  },
  unavailable: { title: 'The platform is not running', after: 'Trying again by itself.' },
  refused: { title: 'Not allowed' },
  failed: { title: 'Something went wrong' }
};

export function Trouble({
  problem,
  onRetry
}: {
  problem: ApiError;
  onRetry: () => void;
}): React.ReactElement {
  const advice = ADVICE[problem.kind];
  return (
    <section className="dbaas-State" role="alert">
      <Unplugged className="dbaas-State-picture" />
      <h3>{advice.title}</h3>
      <p>{advice.text ?? problem.message}</p>
      {advice.snippet !== undefined && <Snippet text={advice.snippet} />}
      {advice.text === undefined && problem.hint !== null && <p>{problem.hint}</p>}
      {advice.after !== undefined && <p>{advice.after}</p>}
      <button type="button" className="dbaas-Button dbaas-mod-quiet" onClick={onRetry}>
        Try again
      </button>
    </section>
  );
}

export function Snippet({ text }: { text: string }): React.ReactElement {
  return (
    <div className="dbaas-Snippet">
      <pre>{text}</pre>
      <button
        type="button"
        className="dbaas-IconButton"
        title="Copy"
        aria-label="Copy these lines"
        onClick={() => void copying('Text', () => Promise.resolve(text))}
      >
        <Copy />
      </button>
    </div>
  );
}
