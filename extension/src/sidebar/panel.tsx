/** The whole panel: a title with its buttons, and below it the tree or what stands in its place. */

import * as React from 'react';

import { COMMANDS } from './commands.js';
import { Details } from './details.js';
import { Plus, Refresh } from './icons.js';
import type { Model, View } from './model.js';
import { Loading, NoTenants, Trouble } from './states.js';
import { Tree } from './tree.js';

export interface PanelProps {
  model: Model;
  /** Runs one of `COMMANDS` on the active row. */
  run: (command: string) => void;
}

export function Panel({ model, run }: PanelProps): React.ReactElement {
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
      <Body model={model} view={view} run={run} />
    </div>
  );
}

function Body({ model, view, run }: PanelProps & { view: View }): React.ReactElement {
  const retry = (): void => {
    model.refresh();
  };
  // A passing trouble leaves what was known on view; one that needs a person takes its place.
  if (view.problem && (view.tenants === null || !view.problem.passing)) {
    return <Trouble problem={view.problem} onRetry={retry} />;
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
        <>
          <Tree model={model} view={view} run={run} />
          <Details row={view.rows.find(row => row.id === view.active) ?? null} model={model} run={run} />
        </>
      )}
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
