import * as React from 'react';

import type { Dump } from '../api/nouns.js';
import { moment } from '../sidebar/words.js';
import { aboutDump } from './words.js';

interface Props {
  dump: Dump;
  /** Whether it was made just now. */
  fresh: boolean;
  /** Where the browser finds it as one file. */
  address: string;
  onRestore: () => void;
  onDelete: () => Promise<void>;
}

/** A dump, with what one does with it; deleting asks again. */
export function DumpRow({ dump, fresh, address, onRestore, onDelete }: Props): React.ReactElement {
  const [asking, setAsking] = React.useState(false);
  const made = moment(dump.made_at);
  return (
    <li className={`dbaas-Key ${fresh ? 'dbaas-mod-fresh' : ''}`} aria-label={`Dump of ${made}`}>
      <span className="dbaas-Key-about">
        <strong>{made}</strong>
        <small>{aboutDump(dump)}</small>
      </span>
      {asking ? (
        <span className="dbaas-Key-question" role="group" aria-label={`Delete the dump of ${made}?`}>
          <small>It cannot be brought back.</small>
          <button
            type="button"
            className="dbaas-Button dbaas-mod-warn"
            autoFocus
            onClick={() => {
              setAsking(false);
              void onDelete();
            }}
          >
            Delete
          </button>
          <button
            type="button"
            className="dbaas-Button dbaas-mod-quiet"
            onClick={() => {
              setAsking(false);
            }}
          >
            Keep
          </button>
        </span>
      ) : (
        <span className="dbaas-Key-question">
          <button
            type="button"
            className="dbaas-Button dbaas-mod-quiet"
            aria-label={`Restore the dump of ${made}`}
            onClick={onRestore}
          >
            Restore…
          </button>
          <a
            className="dbaas-Button dbaas-mod-quiet"
            href={address}
            download
            aria-label={`Download the dump of ${made}`}
          >
            Download
          </a>
          <button
            type="button"
            className="dbaas-Button dbaas-mod-quiet"
            aria-label={`Delete the dump of ${made}`}
            onClick={() => {
              setAsking(true);
            }}
          >
            Delete…
          </button>
        </span>
      )}
    </li>
  );
}
