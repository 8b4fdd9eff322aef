import * as React from 'react';

import type { Client } from '../api/client.js';
import { asApiError } from '../api/errors.js';
import { activity } from '../api/members.js';
import type { AuditEntry } from '../api/members.js';
import { moment } from '../sidebar/words.js';

const MOST = 50;

/** What was done to a tenant last: who, what, when, and how it went. */
export function Activity({ client, tenant }: { client: Client; tenant: string }): React.ReactElement {
  const [entries, setEntries] = React.useState<readonly AuditEntry[] | null>(null);
  const [problem, setProblem] = React.useState<string | null>(null);
  React.useEffect(() => {
    let shown = true;
    activity(client.send, tenant, MOST).then(
      found => {
        if (shown) {
          setEntries(found);
        }
      },
      (thrown: unknown) => {
        if (shown) {
          const { message, hint } = asApiError(thrown);
          setProblem([message, hint].filter(Boolean).join(' '));
        }
      }
    );
    return () => {
      shown = false;
    };
  }, [client, tenant]);
  if (problem !== null) {
    return (
      <p className="dbaas-mod-problem" role="alert">
        {problem}
      </p>
    );
  }
  if (entries === null) {
    return <p role="status">Loading…</p>;
  }
  if (entries.length === 0) {
    return <p>Nothing was done yet.</p>;
  }
  return (
    <div className="dbaas-Activity" tabIndex={0} role="region" aria-label="Last entries">
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">Outcome</th>
          </tr>
        </thead>
        <tbody>
          {entries.map(({ id, at, actor, action, target, outcome }) => (
            <tr key={id}>
              <td>{moment(at)}</td>
              <td>
                <bdi>{actor}</bdi>
              </td>
              <td>
                {action.replaceAll('_', ' ')} {target !== null && <bdi>{target}</bdi>}
              </td>
              <td className={outcome === 'ok' ? '' : 'dbaas-mod-problem'}>{outcome.replaceAll('_', ' ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
