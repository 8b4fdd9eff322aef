/** Addresses, keys and the largest tables. */

import * as React from 'react';

import type { Endpoint, Key, LargestTable } from '../../api/overview.js';
import { bytes, count, plural } from '../../sidebar/format.js';
import { Copy } from '../../sidebar/icons.js';

/** Copies what a promise brings, and says how that went. */
type CopyText = (what: string, bring: () => Promise<string>) => Promise<void>;

export function Endpoints({
  endpoints,
  copy
}: {
  endpoints: readonly Endpoint[];
  copy: CopyText;
}): React.ReactElement | null {
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
              <td className="dbaas-mod-code" title={secret ? undefined : url}>
                {secret ? withoutPassword(url) : url}
              </td>
              <td>
                <CopyButton
                  label={`Copy the address of ${name}`}
                  onClick={() => void copy(name, () => Promise.resolve(url))}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** On a screen, which others see, a password is not written out. */
export function withoutPassword(url: string): string {
  return url.replace(/^([^/]*:\/\/[^:@/]*):[^@]*@/, '$1:••••••@');
}

export function Keys({ keys, copy }: { keys: readonly Key[]; copy: CopyText }): React.ReactElement {
  return (
    <section className="dbaas-Card" aria-label="Keys">
      <h3>Keys</h3>
      {keys.length === 0 && (
        <p>No keys yet. An application needs one; %dbaas key create makes it, and shows it once.</p>
      )}
      <table>
        <tbody>
          {keys.map(key => (
            <tr key={key.id}>
              <th scope="row">{key.role}</th>
              <td className="dbaas-mod-code">{key.prefix ?? ''}…</td>
              <td>
                <CopyButton
                  label={`Copy the id of key ${key.prefix ?? key.id}`}
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

function CopyButton({ label, onClick }: { label: string; onClick: () => void }): React.ReactElement {
  return (
    <button type="button" className="dbaas-IconButton" title="Copy" aria-label={label} onClick={onClick}>
      <Copy />
    </button>
  );
}
