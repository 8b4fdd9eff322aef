/** The whole panel: a title with its buttons, and below it the tree or what stands in its place. */

import * as React from 'react';

import { UnderWay } from '../lifecycle/under-way.js';
import type { Works } from '../lifecycle/works.js';
import { COMMANDS } from './actions.js';
import type { Doing } from './commands/index.js';
import { Details } from './details.js';
import { Plus, Refresh, Remote } from './icons.js';
import { unsearched } from './known.js';
import type { Model, View } from './model.js';
import { SearchBox } from './searchbox.js';
import { Loading, NothingFound, NoTenants, Trouble } from './states.js';
import { Tree } from './tree.js';

export interface PanelProps extends Doing {
  model: Model;
  works: Works;
  /** The address of the platform, where it is not this Jupyter's own. */
  elsewhere: string | null;
}

export function Panel(props: PanelProps): React.ReactElement {
  const { model, run, elsewhere, works } = props;
  const view = useView(model);
  return (
    <div className="dbaas-Panel">
      <header className="dbaas-Header">
        <h2>Databases</h2>
        <button
          type="button"
          className="dbaas-IconButton"
          title="Refresh"
          aria-label="Refresh databases"
          onClick={() => {
            run(COMMANDS.refresh);
          }}
        >
          <Refresh />
        </button>
        {view.platform?.may_make_tenants !== false && (
          <button
            type="button"
            className="dbaas-IconButton"
            title="New tenant…"
            aria-label="New tenant"
            disabled={view.tenants === null}
            onClick={() => {
              run(COMMANDS.createTenant);
            }}
          >
            <Plus />
          </button>
        )}
      </header>
      {elsewhere !== null && <Where url={elsewhere} person={view.platform?.person ?? null} />}
      <Body {...props} view={view} />
      <UnderWay works={works} />
    </div>
  );
}

/** Which platform it is, and who the person is there. */
function Where({ url, person }: { url: string; person: string | null }): React.ReactElement {
  return (
    <p
      className="dbaas-Where"
      role="note"
      aria-label="Platform"
      title={person === null ? url : `${url}\n${person}`}
    >
      <Remote />
      <span>
        <bdi>{url.replace(/^https?:\/\//, '')}</bdi>
        {person !== null && (
          <small>
            as <bdi>{person}</bdi>
          </small>
        )}
      </span>
    </p>
  );
}

function Body(props: PanelProps & { view: View }): React.ReactElement {
  const { model, view, run } = props;
  // A passing trouble leaves what was known on view; one that needs a person takes its place.
  if (view.problem && (view.tenants === null || !view.problem.passing)) {
    return (
      <Trouble
        problem={view.problem}
        onRetry={() => {
          model.refresh();
        }}
      />
    );
  }
  if (view.tenants === null) {
    return <Loading />;
  }
  return (
    <>
      {view.problem && (
        <div className="dbaas-Strip" role="status" title={view.problem.message}>
          {view.problem.kind === 'offline' ? 'Connection lost.' : 'Platform not answering.'} Trying again…
        </div>
      )}
      {view.tenants.length === 0 ? (
        <NoTenants
          onCreate={
            view.platform?.may_make_tenants === true
              ? () => {
                  run(COMMANDS.createTenant);
                }
              : null
          }
        />
      ) : (
        <Searched {...props} />
      )}
    </>
  );
}

/** The search box over the tree, and the focus going from one to the other. */
function Searched(props: PanelProps & { view: View }): React.ReactElement {
  const { model, view, run, snippets } = props;
  const [typed, setTyped] = React.useState('');
  const box = React.useRef<HTMLInputElement>(null);
  const below = React.useRef<HTMLDivElement>(null);
  const enter = (): void => {
    const found = model.view.rows.find(row => row.hit !== null);
    if (found) {
      model.focus(found.id);
    }
    below.current?.querySelector<HTMLElement>('[role="tree"]')?.focus();
  };
  return (
    <>
      <SearchBox ref={box} model={model} view={view} typed={typed} onType={setTyped} onEnter={enter} />
      <div className="dbaas-Below" ref={below}>
        {view.rows.length === 0 ? (
          <NothingFound
            typed={view.search}
            looking={unsearched(view).ready.length > 0}
            onClear={() => {
              setTyped('');
              box.current?.focus();
            }}
          />
        ) : (
          <Tree
            {...props}
            onLeave={() => {
              box.current?.focus();
            }}
          />
        )}
        <Details
          row={view.rows.find(row => row.id === view.active) ?? null}
          model={model}
          run={run}
          snippets={snippets}
        />
      </div>
    </>
  );
}

function useView(model: Model): View {
  return React.useSyncExternalStore(
    React.useCallback(
      onChange => {
        model.changed.connect(onChange);
        return () => {
          model.changed.disconnect(onChange);
        };
      },
      [model]
    ),
    () => model.view
  );
}
