/** The whole panel: a title with its buttons, and below it the tree or what stands in its place. */

import * as React from 'react';

import { COMMANDS } from './actions.js';
import type { Doing } from './commands/index.js';
import { Details } from './details.js';
import { Plus, Refresh } from './icons.js';
import { unsearched } from './known.js';
import type { Model, View } from './model.js';
import { SearchBox } from './searchbox.js';
import { Loading, NothingFound, NoTenants, Trouble } from './states.js';
import { Tree } from './tree.js';

export interface PanelProps extends Doing {
  model: Model;
}

export function Panel(props: PanelProps): React.ReactElement {
  const { model, run } = props;
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
      </header>
      <Body {...props} view={view} />
    </div>
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
          onCreate={() => {
            run(COMMANDS.createTenant);
          }}
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
