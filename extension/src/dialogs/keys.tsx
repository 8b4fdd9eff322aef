/** A tenant's keys: which there are, new ones, and the end of old ones. */

import { Dialog } from '@jupyterlab/apputils';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Client } from '../api/client.js';
import { asApiError } from '../api/errors.js';
import type { ApiKey, CreatedKey, KeyRole, Tenant } from '../api/nouns.js';
import { KeyRow } from './key-row.js';
import { Secret } from './secret.js';

/** @throws ApiError when the platform does not say which there are. */
export async function showKeys(client: Client, tenant: Tenant): Promise<void> {
  const known = await client.keys(tenant.subdomain);
  const dialog = new Dialog({
    title: `API keys of ${tenant.name}`,
    body: ReactWidget.create(<Keys client={client} tenant={tenant.subdomain} known={known} />),
    buttons: [Dialog.cancelButton({ label: 'Close' })],
    focusNodeSelector: '.dbaas-Actions button'
  });
  dialog.addClass('dbaas-Dialog');
  await dialog.launch();
}

interface KeysProps {
  client: Client;
  tenant: string;
  known: readonly ApiKey[];
}

function Keys({ client, tenant, known }: KeysProps): React.ReactElement {
  const [keys, setKeys] = React.useState(() => valid(known));
  const [made, setMade] = React.useState<CreatedKey | null>(null);
  const [problem, setProblem] = React.useState<string | null>(null);

  /** Does it, says what went wrong, and shows what is there then. */
  const doing = async (act: () => Promise<unknown>): Promise<void> => {
    try {
      await act();
      setKeys(valid(await client.keys(tenant)));
      setProblem(null);
    } catch (thrown) {
      const { message, hint } = asApiError(thrown);
      setProblem([message, hint].filter(Boolean).join(' '));
    }
  };
  const create = (role: KeyRole): void => {
    void doing(async () => {
      setMade(await client.createKey(tenant, role));
    });
  };
  return (
    <div className="dbaas-Form dbaas-Keys">
      {keys.length === 0 && <p>No keys yet. Applications send one with each request.</p>}
      {keys.length > 0 && (
        <ul aria-label="API keys">
          {keys.map(key => (
            <KeyRow
              key={key.id}
              apiKey={key}
              fresh={key.id === made?.id}
              onRevoke={() =>
                doing(async () => {
                  await client.revokeKey(tenant, key.id);
                  setMade(last => (last?.id === key.id ? null : last));
                })
              }
            />
          ))}
        </ul>
      )}
      {made && (
        <div role="status">
          <Secret
            key={made.id}
            label="New key"
            value={made.key}
            help="Copy it now: it is not kept, and cannot be shown again."
          />
        </div>
      )}
      <div className="dbaas-Actions">
        <Create
          label="New publishable key"
          help="For browsers and apps: sees what row policies allow."
          onClick={() => {
            create('anon');
          }}
        />
        <Create
          label="New secret key"
          help="For servers: sees and changes everything."
          onClick={() => {
            create('service_role');
          }}
        />
      </div>
      <div role="alert">{problem !== null && <p className="dbaas-mod-problem">{problem}</p>}</div>
    </div>
  );
}

function Create({
  label,
  help,
  onClick
}: {
  label: string;
  help: string;
  onClick: () => void;
}): React.ReactElement {
  const id = React.useId();
  return (
    <div className="dbaas-Offer">
      <button type="button" className="dbaas-Button dbaas-mod-quiet" aria-describedby={id} onClick={onClick}>
        {label}
      </button>
      <small id={id}>{help}</small>
    </div>
  );
}

/** The newest first; what was revoked opens nothing, and is of no use here. */
function valid(keys: readonly ApiKey[]): ApiKey[] {
  return keys
    .filter(key => key.revoked_at === null)
    .sort((one, other) => other.created_at.localeCompare(one.created_at));
}
