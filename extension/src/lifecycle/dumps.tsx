/** A database's dumps: which there are, a new one, and what becomes of old ones. */

import { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { asApiError } from '../api/errors.js';
import * as api from '../api/lifecycle.js';
import type { Dump } from '../api/nouns.js';
import { Progress } from '../dialogs/progress.js';
import type { Step } from '../api/nouns.js';
import { Plus } from '../sidebar/icons.js';
import { DumpRow } from './dump-row.js';
import { placeOf } from './places.js';
import type { About } from './places.js';
import { askRestore } from './restore.js';
import type { Begun } from './works.js';

/** @throws ApiError when the platform does not say which there are. */
export async function showDumps(about: About): Promise<void> {
  const known = await api.dumps(about.client.send, placeOf(about));
  const shown = new Shown();
  const dialog = new Dialog({
    title: `Dumps of ${about.database.name}`,
    body: ReactWidget.create(
      <Dumps
        about={about}
        known={known}
        shown={shown}
        onRestore={(dump, dumps) => {
          shown.restore = [dumps, dump];
          dialog.reject();
        }}
      />
    ),
    buttons: [Dialog.cancelButton({ label: 'Close' })],
    focusNodeSelector: '.dbaas-Actions button'
  });
  dialog.addClass('dbaas-Dialog');
  await dialog.launch();
  shown.close();
  if (shown.restore) {
    await askRestore(about, ...shown.restore);
  }
}

/** Shows a dialog to restore from the newest dump; the dumps where there is none. */
export async function askRestoreOfAny(about: About): Promise<void> {
  const known = await api.dumps(about.client.send, placeOf(about));
  const [newest] = known;
  await (newest ? askRestore(about, known, newest) : showDumps(about));
}

/** What outlives the dialog. */
class Shown {
  restore: [readonly Dump[], Dump] | null = null;
  going: Begun<Dump> | null = null;
  closed = false;

  close(): void {
    this.closed = true;
    this.going?.leave();
  }
}

interface Props {
  about: About;
  known: readonly Dump[];
  shown: Shown;
  onRestore: (dump: Dump, dumps: readonly Dump[]) => void;
}

function Dumps({ about, known, shown, onRestore }: Props): React.ReactElement {
  const { client, works, database } = about;
  const place = placeOf(about);
  const [dumps, setDumps] = React.useState(known);
  const [fresh, setFresh] = React.useState<string | null>(null);
  const [busy, setBusy] = React.useState(false);
  const [step, setStep] = React.useState<Step | null>(null);
  const [problem, setProblem] = React.useState<string | null>(null);

  /** Does it, says what went wrong, and shows what is there then. */
  const doing = async (act: () => Promise<unknown>): Promise<void> => {
    setProblem(null);
    try {
      await act();
      setDumps(await api.dumps(client.send, place));
    } catch (thrown) {
      const { message, hint } = asApiError(thrown);
      setProblem([message, hint].filter(Boolean).join(' '));
    }
  };
  const make = (): Promise<void> =>
    doing(async () => {
      setBusy(true);
      setStep(null);
      try {
        shown.going = works.begin(
          `Dump of ${database.name}`,
          tell => api.makeDump(client.send, place, tell),
          setStep
        );
        const made = await shown.going.outcome;
        setFresh(made.id);
        if (shown.closed) {
          about.done(`${database.name} was dumped.`);
        }
      } finally {
        shown.going = null;
        setBusy(false);
      }
    });
  return (
    <div className="dbaas-Form dbaas-Keys">
      {dumps.length === 0 ? (
        <p>No dumps yet. One holds everything that is in the database at one moment.</p>
      ) : (
        <ul aria-label="Dumps">
          {dumps.map(dump => (
            <DumpRow
              key={dump.id}
              dump={dump}
              fresh={dump.id === fresh}
              address={about.address(api.dumpPath(place, dump.id))}
              onRestore={() => {
                onRestore(dump, dumps);
              }}
              onDelete={() => doing(() => api.deleteDump(client.send, place, dump.id))}
            />
          ))}
        </ul>
      )}
      <div className="dbaas-Actions">
        <button
          type="button"
          className="dbaas-Button"
          aria-disabled={busy}
          onClick={() => {
            if (!busy) {
              void make();
            }
          }}
        >
          <Plus />
          Dump now
        </button>
      </div>
      <div role="alert">{problem !== null && <p className="dbaas-mod-problem">{problem}</p>}</div>
      {busy && <Progress step={step} working="Dumping the database…" />}
      {busy && <p className="dbaas-Aside-note">It goes on when this is closed.</p>}
    </div>
  );
}
