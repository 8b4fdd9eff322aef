/** The overview as a page: a line of figures, what deserves a look, addresses, keys, the largest tables. */

import * as React from 'react';

import type { Overview } from '../../api/overview.js';
import { copying, tellProblem } from '../../sidebar/copying.js';
import { EngineIcon } from '../../sidebar/icons.js';
import { engineLabel } from '../../sidebar/words.js';
import { Loading, Trouble } from '../../sidebar/states.js';
import { useSignal } from '../use.js';
import { Endpoints, Keys, Largest } from './lists.js';
import { figuresOf } from './figures.js';
import type { OverviewModel, OverviewView } from './model.js';
import { Warnings } from './warnings.js';

export interface PageProps {
  model: OverviewModel;
  /** Writes a statement into a new query. */
  openQuery: (text: string) => void;
  showQuery: () => void;
}

export function OverviewPage(props: PageProps): React.ReactElement {
  const { model } = props;
  const view = useSignal(model.changed, () => model.view);
  const { overview, problem } = view;
  if (problem && (overview === null || !problem.passing)) {
    return (
      <Trouble
        problem={problem}
        onRetry={() => {
          model.refresh();
        }}
      />
    );
  }
  return overview === null ? <Loading /> : <Known {...props} view={view} overview={overview} />;
}

function Known({
  model,
  view,
  overview,
  openQuery,
  showQuery
}: PageProps & { view: OverviewView; overview: Overview }): React.ReactElement {
  const { database, tables } = overview;
  // Who may only look is told of no key, and given no password.
  const owns = overview.keys !== null;
  const version = overview.engine?.version ?? database.version;
  return (
    <div className="dbaas-Overview">
      <header className="dbaas-Overview-head">
        <EngineIcon engine={database.engine} />
        <h2>
          <bdi>{database.name}</bdi>
        </h2>
        <span>
          {engineLabel(database.engine)} {version}
        </span>
        <span className="dbaas-Overview-state" data-state={database.state}>
          {database.state}
        </span>
        {view.problem && (
          <span role="status" className="dbaas-Overview-lost">
            Connection lost. Trying again…
          </span>
        )}
      </header>
      {database.state === 'sleeping' && <Sleeping model={model} waking={view.waking} />}
      <dl className="dbaas-Figures" aria-label="Figures">
        {figuresOf(overview).map(({ term, value, of, tooltip }) => (
          <div key={term} title={tooltip}>
            <dt>{term}</dt>
            <dd>
              {value}
              {of !== undefined && <small> {of}</small>}
            </dd>
          </div>
        ))}
      </dl>
      <Warnings warnings={overview.warnings ?? []} openQuery={owns ? openQuery : null} />
      <div className="dbaas-Overview-columns">
        <Endpoints
          endpoints={overview.endpoints ?? []}
          connectionString={owns ? () => model.connectionString() : null}
          copy={copying}
        />
        {overview.keys !== null && <Keys keys={overview.keys} copy={copying} />}
        {tables !== null && tables.count > 0 && <Largest count={tables.count} tables={tables.largest} />}
        {tables?.count === 0 && owns && <Empty showQuery={showQuery} />}
      </div>
    </div>
  );
}

function Sleeping({ model, waking }: { model: OverviewModel; waking: boolean }): React.ReactElement {
  return (
    <section className="dbaas-Overview-note" aria-label="Sleeping">
      <p>It sleeps: nobody used it for a while, and its memory is free for others. The next use wakes it.</p>
      <button
        type="button"
        className="dbaas-Button"
        disabled={waking}
        onClick={() => {
          model.wake().catch(tellProblem);
        }}
      >
        {waking ? 'Waking…' : 'Wake'}
      </button>
    </section>
  );
}

function Empty({ showQuery }: { showQuery: () => void }): React.ReactElement {
  return (
    <section className="dbaas-Card">
      <h3>Nothing in it yet</h3>
      <p>
        Create a first table in the query editor, load a file in a notebook (<code>%dbaas load</code>), or let
        an application write through the addresses here.
      </p>
      <button type="button" className="dbaas-Button dbaas-mod-quiet" onClick={showQuery}>
        Open the query editor
      </button>
    </section>
  );
}
