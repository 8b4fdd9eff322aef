/** Databases of a tenant that were dropped, while they can still be brought back. */

import * as React from 'react';

import type { Tenant } from '../api/nouns.js';
import { may } from '../api/rights.js';
import { goneIn } from '../lifecycle/words.js';
import { COMMANDS } from './actions.js';
import type { Run } from './commands/index.js';
import { bytes } from './format.js';
import type { View } from './model.js';
import { moment } from './words.js';

interface Props {
  tenant: Tenant;
  view: View;
  run: Run;
}

export function Dropped({ tenant, view, run }: Props): React.ReactElement | null {
  const dropped = view.dropped.get(tenant.subdomain)?.value ?? [];
  const heading = React.useId();
  if (dropped.length === 0 || !may(tenant, 'own')) {
    return null;
  }
  return (
    <div className="dbaas-Dropped">
      <h4 id={heading}>Dropped databases</h4>
      <ul aria-labelledby={heading}>
        {dropped.map(({ id, database, size_bytes, expires_at }) => (
          <li key={id}>
            <span>
              <bdi>{database}</bdi>
              <small {...(expires_at !== null && { title: moment(expires_at) })}>
                {bytes(size_bytes)}
                {expires_at !== null && `, gone for good ${goneIn(expires_at)}`}
              </small>
            </span>
            <button
              type="button"
              className="dbaas-Button dbaas-mod-quiet"
              aria-label={`Undrop ${database}`}
              onClick={() => {
                run(COMMANDS.undrop, { dump: id });
              }}
            >
              Undrop…
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
