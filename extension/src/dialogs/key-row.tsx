import * as React from 'react';

import type { ApiKey } from '../api/nouns.js';
import { KeyIcon } from '../sidebar/icons.js';
import { KEYS, moment } from '../sidebar/words.js';

interface Props {
  apiKey: ApiKey;
  /** Whether it was made just now. */
  fresh: boolean;
  onRevoke: () => Promise<void>;
}

/** A key, with a button that ends it after asking again. */
export function KeyRow({ apiKey, fresh, onRevoke }: Props): React.ReactElement {
  const { role, prefix, created_at, documents_only } = apiKey;
  const [asking, setAsking] = React.useState(false);
  const name = `${KEYS[role]} key ${prefix}…`;
  return (
    <li className={`dbaas-Key ${fresh ? 'dbaas-mod-fresh' : ''}`} aria-label={name}>
      <KeyIcon className="dbaas-RowIcon" />
      <span className="dbaas-Key-about">
        <strong>{KEYS[role]}</strong> <code>{prefix}…</code>
        <small>
          {documents_only && 'Stored GraphQL documents only. '}Created {moment(created_at)}
        </small>
      </span>
      {asking ? (
        <span className="dbaas-Key-question" role="group" aria-label={`Revoke ${name}?`}>
          <small>Whoever uses it is refused at once.</small>
          <button
            type="button"
            className="dbaas-Button dbaas-mod-warn"
            autoFocus
            onClick={() => {
              setAsking(false);
              void onRevoke();
            }}
          >
            Revoke
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
        <button
          type="button"
          className="dbaas-Button dbaas-mod-quiet"
          aria-label={`Revoke ${name}`}
          onClick={() => {
            setAsking(true);
          }}
        >
          Revoke…
        </button>
      )}
    </li>
  );
}
