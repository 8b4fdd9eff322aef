/** What stands in the tree's place: an empty platform, one that is not there, one that is being asked. */

import * as React from 'react';

import type { ApiError, Kind } from '../api/errors.js';
import { databasesIcon } from '../icons.js';
import { copying } from './copying.js';
import { Copy, Search, Unplugged } from './icons.js';

const FIRST_STEPS = '%load_ext dbaas\n%dbaas tenant create acme\n%dbaas create postgres shop';

/** @param onCreate null for who may not make tenants. */
export function NoTenants({ onCreate }: { onCreate: (() => void) | null }): React.ReactElement {
  return onCreate === null ? <NotInvited /> : <FirstTenant onCreate={onCreate} />;
}

function NotInvited(): React.ReactElement {
  return (
    <section className="dbaas-State">
      <databasesIcon.react className="dbaas-State-picture" tag="div" aria-hidden="true" />
      <h3>No databases for you yet</h3>
      <p>
        Databases belong to tenants: projects or teams. You are no member of any. Ask somebody who administers
        one, or who runs this platform.
      </p>
    </section>
  );
}

function FirstTenant({ onCreate }: { onCreate: () => void }): React.ReactElement {
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

/** What is wrong on the way to a platform elsewhere, by the server's codes: its sentences say the rest. */
const ON_THE_WAY: Record<string, Advice> = {
  platform_unreachable: { title: 'The platform does not answer', after: 'Trying again by itself.' },
  not_a_platform: { title: 'There is no platform there' },
  login_needed: { title: 'Log in to the platform', after: 'Then this panel goes on by itself.' },
  login_refused: { title: 'Log in to the platform again', after: 'Then this panel goes on by itself.' },
  version_mismatch: { title: 'The versions do not fit' }
};

/** `Run in a terminal: dbaas login …`, as the server's hints say what to run. */
const COMMAND = /^(.*in a terminal:) (\S.*)$/s;

export function Trouble({
  problem,
  onRetry
}: {
  problem: ApiError;
  onRetry: () => void;
}): React.ReactElement {
  const advice = ON_THE_WAY[problem.code ?? ''] ?? ADVICE[problem.kind];
  return (
    <section className="dbaas-State" role="alert">
      <Unplugged className="dbaas-State-picture" />
      <h3>{advice.title}</h3>
      <p>{advice.text ?? problem.message}</p>
      {advice.snippet !== undefined && <Snippet text={advice.snippet} />}
      {advice.text === undefined && problem.hint !== null && <Hint text={problem.hint} />}
      {advice.after !== undefined && <p>{advice.after}</p>}
      <button type="button" className="dbaas-Button dbaas-mod-quiet" onClick={onRetry}>
        Try again
      </button>
    </section>
  );
}

/** A command in it is made to be copied. */
function Hint({ text }: { text: string }): React.ReactElement {
  const [, before, command] = COMMAND.exec(text) ?? [];
  if (command === undefined) {
    return <p>{text}</p>;
  }
  return (
    <>
      <p>{before}</p>
      <Snippet text={command} />
    </>
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
