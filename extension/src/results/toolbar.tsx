/** Above the grid: how many rows there are, what is under way, and what can be done with them. */

import { caretDownIcon, copyIcon, downloadIcon, filterIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Desk, View } from './desk.js';
import { chartIcon, frameIcon, valueIcon } from './icons.js';
import { openBelow } from './menus.js';
import type { Entry } from './menus.js';
import { extent } from './sentences.js';

export interface ToolbarProps {
  desk: Desk;
  copyEntries: () => Entry[];
  exportEntries: () => Entry[];
  /** Null where rows cannot be opened as a DataFrame. */
  frameEntries: (() => Entry[]) | null;
  charts: boolean;
  onFilter: () => void;
  onSide: (side: 'value' | 'chart') => void;
  onJump: (row: number) => void;
  /** Is given what puts the keyboard where one says which row to go to. */
  jumping: (ask: () => void) => void;
}

export function Toolbar(props: ToolbarProps): React.ReactElement {
  const { desk } = props;
  const view = useView(desk);
  return (
    <div className="dbaas-Results-bar" role="toolbar" aria-label="Result">
      <Extent desk={desk} view={view} />
      <Jump onJump={props.onJump} jumping={props.jumping} />
      <div className="dbaas-Results-said" role="status">
        {view.tasks.map(({ doing, cancel }, index) => (
          <span key={index} className="dbaas-Results-task">
            <span className="dbaas-Results-spinner" aria-hidden="true" />
            {doing}
            {cancel && (
              <button type="button" className="dbaas-Results-link" onClick={cancel}>
                Cancel
              </button>
            )}
          </span>
        ))}
        {view.tasks.length === 0 && view.note !== null && <span title={view.note}>{view.note}</span>}
      </div>
      <div className="dbaas-Results-tools">
        <Tool
          icon={<filterIcon.react tag="span" />}
          title="Filter (/)"
          pressed={view.filtering}
          marked={view.source.where.length > 0}
          onClick={props.onFilter}
        />
        <Tool
          icon={<valueIcon.react tag="span" />}
          title="Show the whole value (Enter)"
          pressed={view.side === 'value'}
          onClick={() => {
            props.onSide('value');
          }}
        />
        {props.charts && (
          <Tool
            icon={<chartIcon.react tag="span" />}
            title="Chart"
            pressed={view.side === 'chart'}
            onClick={() => {
              props.onSide('chart');
            }}
          />
        )}
        <Tool icon={<copyIcon.react tag="span" />} title="Copy as" entries={props.copyEntries} />
        <Tool
          icon={<downloadIcon.react tag="span" />}
          title="Export all rows"
          entries={props.exportEntries}
        />
        {props.frameEntries && (
          <Tool
            icon={<frameIcon.react tag="span" />}
            title="Open as DataFrame"
            entries={props.frameEntries}
          />
        )}
      </div>
    </div>
  );
}

function Extent({ desk, view }: { desk: Desk; view: View }): React.ReactElement {
  return (
    <span className="dbaas-Results-extent">
      {extent(view.source)}
      {view.total === null && view.source.pageable && (
        <button
          type="button"
          className="dbaas-Results-link"
          onClick={() => {
            void desk.count();
          }}
        >
          Count
        </button>
      )}
    </span>
  );
}

function Jump({ onJump, jumping }: Pick<ToolbarProps, 'onJump' | 'jumping'>): React.ReactElement {
  const field = React.useRef<HTMLInputElement>(null);
  React.useEffect(() => {
    jumping(() => field.current?.select());
  }, [jumping]);
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        const row = Number(field.current?.value.replace(/[\s,_.]/g, ''));
        if (Number.isSafeInteger(row) && row > 0) {
          onJump(row - 1);
        }
      }}
    >
      <input
        ref={field}
        className="dbaas-Results-jump"
        inputMode="numeric"
        placeholder="Go to row"
        title="Go to row (Ctrl G)"
        aria-label="Go to row"
      />
    </form>
  );
}

interface ToolProps {
  icon: React.ReactElement;
  title: string;
  pressed?: boolean;
  marked?: boolean;
  entries?: () => Entry[];
  onClick?: () => void;
}

function Tool({ icon, title, pressed, marked, entries, onClick }: ToolProps): React.ReactElement {
  return (
    <button
      type="button"
      className={`dbaas-Results-tool${marked === true ? ' dbaas-mod-marked' : ''}`}
      title={title}
      aria-label={title}
      {...(entries ? { 'aria-haspopup': 'menu' } : { 'aria-pressed': pressed === true })}
      onClick={event => {
        if (entries) {
          openBelow(event.currentTarget, entries());
        } else {
          onClick?.();
        }
      }}
    >
      {icon}
      {entries && <caretDownIcon.react tag="span" className="dbaas-Results-caret" />}
    </button>
  );
}

export function useView(desk: Desk): View {
  return React.useSyncExternalStore(
    React.useCallback(changed => desk.subscribe(changed), [desk]),
    () => desk.view
  );
}
