/** Addresses, keys and the largest tables. */

import * as React from 'react';

import type { Endpoint, Key, LargestTable } from '../../api/overview.js';
import { bytes, count, plural } from '../../sidebar/format.js';
import { Copy } from '../../sidebar/icons.js';
import { KEYS } from '../../sidebar/words.js';

/** Copies what a promise brings, and says how that went. */
type CopyText = (what: string, bring: () => Promise<string>) => Promise<void>;

export interface EndpointsProps {
  endpoints: readonly Endpoint[];
  /** The address with its password, which is asked for only when somebody wants it; null for who may not have it. */
  connectionString: (() => Promise<string>) | null;
  copy: CopyText;
}

export function Endpoints({ endpoints, connectionString, copy }: EndpointsProps): React.ReactElement | null {
  if (endpoints.length === 0) {
    return null;
  }
  return (
    <section className="dbaas-Card" aria-label="Addresses">
      <h3>Addresses</h3>
      <table>
        <tbody>
          {endpoints.map(({ name, url, secret }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="dbaas-mod-code" title={url}>
                {url}
              </td>
              <td>
                <CopyButton
                  title={secret && connectionString ? 'Copy, with the password' : 'Copy'}
                  label={`Copy the address of ${name}`}
                  onClick={() =>
                    void copy(name, (secret && connectionString) || (() => Promise.resolve(url)))
                  }
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function Keys({ keys, copy }: { keys: readonly Key[]; copy: CopyText }): React.ReactElement {
  return (
    <section className="dbaas-Card" aria-label="Keys">
      <h3>Keys</h3>
      {keys.length === 0 && (
        <p>
          No keys yet. An application needs one; <code>%dbaas keys create</code> makes it, and shows it once.
        </p>
      )}
      <table>
        <tbody>
          {keys.map(key => (
            <tr key={key.id}>
              <th scope="row">{KEYS[key.role]}</th>
              <td className="dbaas-mod-code">{key.prefix}…</td>
              <td>
                <CopyButton
                  title="Copy its id; the key itself was shown once"
                  label={`Copy the id of key ${key.prefix}`}
                  onClick={() => void copy('Key id', () => Promise.resolve(key.id))}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function Largest({
  count: all,
  tables
}: {
  count: number;
  tables: readonly LargestTable[];
}): React.ReactElement {
  const most = Math.max(1, ...tables.map(table => table.size_bytes ?? 0));
  return (
    <section className="dbaas-Card" aria-label="Largest tables">
      <h3>
        Largest tables <small>of {plural(all, 'table')}</small>
      </h3>
      <table>
        <tbody>
          {tables.map(table => (
            <tr key={JSON.stringify([table.schema, table.name])}>
              <th scope="row">
                {table.schema !== null && table.schema !== 'public' && (
                  <small>
                    <bdi>{table.schema}</bdi>.
                  </small>
                )}
                <bdi>{table.name}</bdi>
              </th>
              <td className="dbaas-mod-bar">
                <span style={{ width: `${(100 * (table.size_bytes ?? 0)) / most}%` }} />
              </td>
              <td className="dbaas-mod-figure">{table.size_bytes === null ? '' : bytes(table.size_bytes)}</td>
              <td className="dbaas-mod-figure">
                {table.estimated_rows === null ? '' : `${count(table.estimated_rows)} rows`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface CopyButtonProps {
  title: string;
  label: string;
  onClick: () => void;
}

function CopyButton({ title, label, onClick }: CopyButtonProps): React.ReactElement {
  return (
    <button type="button" className="dbaas-IconButton" title={title} aria-label={label} onClick={onClick}>
      <Copy />
    </button>
  );
}
