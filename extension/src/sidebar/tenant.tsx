/** What a tenant uses of what it may, and what to do when that is all. */

import * as React from 'react';

import type { Tenant } from '../api/nouns.js';
import { Facts } from './facts.js';
import { gigabytes } from './format.js';
import { Warning } from './icons.js';
import type { View } from './model.js';
import { levelOf, limitsOf, metersOf } from './used.js';
import type { Meter } from './used.js';

export function Used({ tenant, view }: { tenant: Tenant; view: View }): React.ReactElement {
  const databases = view.databases.get(tenant.subdomain)?.value;
  const limits = view.limits.get(tenant.subdomain)?.value;
  return (
    <>
      {databases && (
        <ul className="dbaas-Meters" aria-label="What it uses">
          {metersOf(tenant, databases).map(meter => (
            <MeterLine key={meter.term} meter={meter} />
          ))}
        </ul>
      )}
      {limits && <Facts facts={limitsOf(limits)} />}
    </>
  );
}

function MeterLine({ meter }: { meter: Meter }): React.ReactElement {
  const { term, text, share } = meter;
  const percent = Math.min(100, Math.round(share * 100));
  return (
    <li>
      <span>{term}</span>
      <span>{text}</span>
      <div
        className="dbaas-Meter"
        role="meter"
        aria-label={term}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={text}
        data-level={levelOf(meter)}
      >
        <span style={{ width: `${percent}%` }} />
      </div>
    </li>
  );
}

/** @param operator whether the person may give the tenant a larger plan. */
export function StorageFull({ tenant, operator }: { tenant: Tenant; operator: boolean }): React.ReactElement {
  return (
    <p className="dbaas-Notice dbaas-mod-problem" role="status">
      <Warning className="dbaas-Warning" />
      <span>
        <strong>The storage is full.</strong> The databases of <bdi>{tenant.name}</bdi> take more than{' '}
        {gigabytes(tenant.max_storage_gb)}: they are read as ever, and what adds to them is refused. Delete
        rows and run <code>VACUUM</code>, drop what nobody needs, or{' '}
        {operator ? 'give it a larger plan.' : 'ask who runs the platform for a larger plan.'} It opens again
        by itself.
      </span>
    </p>
  );
}
