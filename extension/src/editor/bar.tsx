/** Above the text: the queries, and what is done with the one on view. */

import {
  addIcon,
  cleaningIcon,
  fastForwardIcon,
  historyIcon,
  runIcon,
  stopIcon
} from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import * as React from 'react';

import { Strip } from '../dashboard/strip.js';
import { useSignal } from '../dashboard/use.js';
import type { Desk } from './desk.js';
import { elapsed } from './figures.js';
import type { Runner } from './runner.js';

export interface BarProps {
  desk: Desk;
  runner: Runner<IDisposable>;
  /** The id of the element with the text. */
  panel: string;
}

const MOD = /Mac|iP(?:hone|ad)/.test(navigator.userAgent) ? '⌘' : 'Ctrl-';

export function Bar({ desk, runner, panel }: BarProps): React.ReactElement {
  const { documents, history } = useSignal(desk.changed, () => desk.view);
  const running = useSignal(runner.changed, () => runner.view).running.get(documents.active);
  return (
    <div className="dbaas-Bar">
      <div className="dbaas-Bar-actions" role="toolbar" aria-label="Query">
        {running ? (
          <Tool
            icon={stopIcon}
            label="Cancel"
            keys="Escape"
            onClick={() => {
              desk.cancel();
            }}
          />
        ) : (
          <Tool icon={runIcon} label="Run statement" keys={`${MOD}Enter`} onClick={() => void desk.run()} />
        )}
        <Tool
          icon={fastForwardIcon}
          label="Run all"
          keys={`Shift-${MOD}Enter`}
          disabled={running !== undefined}
          onClick={() => void desk.run(true)}
        />
        <Tool icon={cleaningIcon} label="Format" keys="Shift-Alt-F" onClick={() => void desk.format()} />
        {running && <Elapsed since={running.since} />}
      </div>
      <Strip
        label="Queries"
        items={documents.documents.map(({ id, name, text }) => ({
          id,
          label: name,
          tooltip: firstLine(text),
          closable: documents.documents.length > 1 || text !== ''
        }))}
        active={documents.active}
        panel={panel}
        onSelect={id => {
          desk.select(id);
        }}
        onClose={id => {
          desk.close(id);
        }}
        onRename={(id, name) => {
          desk.rename(id, name);
        }}
      >
        <Tool
          icon={addIcon}
          label="New query"
          onClick={() => {
            desk.add('');
          }}
        />
      </Strip>
      <Tool
        icon={historyIcon}
        label="History"
        pressed={history}
        onClick={() => {
          desk.arrange({ history: !history });
        }}
      />
    </div>
  );
}

interface ToolProps {
  icon: LabIcon;
  label: string;
  keys?: string;
  pressed?: boolean;
  disabled?: boolean;
  onClick: () => void;
}

export function Tool({ icon, label, keys, pressed, disabled, onClick }: ToolProps): React.ReactElement {
  return (
    <button
      type="button"
      className="dbaas-Tool"
      title={keys === undefined ? label : `${label} (${keys})`}
      aria-label={label}
      aria-pressed={pressed}
      disabled={disabled === true}
      onClick={onClick}
    >
      <icon.react tag="span" aria-hidden="true" />
    </button>
  );
}

function Elapsed({ since }: { since: number }): React.ReactElement {
  const [now, setNow] = React.useState(since);
  React.useEffect(() => {
    const timer = window.setInterval(() => {
      setNow(performance.now());
    }, 100);
    return () => {
      window.clearInterval(timer);
    };
  }, []);
  return (
    <span className="dbaas-Elapsed" role="timer">
      {elapsed(Math.max(0, now - since))}
    </span>
  );
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0]?.slice(0, 120) ?? '';
}
