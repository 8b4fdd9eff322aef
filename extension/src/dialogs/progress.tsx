import * as React from 'react';

import type { Step } from '../api/nouns.js';
import { bytes, exact } from '../sidebar/format.js';
import { spoken } from '../sidebar/words.js';

/** How far something is, or that it is under way where nobody says how far. */
export function Progress({ step, working }: { step: Step | null; working: string }): React.ReactElement {
  const label = step ? `${step.doing}…` : working;
  return (
    <div className="dbaas-Progress" role="status">
      <p>
        <bdi>{label}</bdi>
        {step && (
          <span>
            {step.step} of {step.of}
          </span>
        )}
      </p>
      <progress aria-label={label} max={step?.of ?? 1} {...(step && { value: valueOf(step) })} />
      {step && within(step) !== '' && <small>{within(step)}</small>}
    </div>
  );
}

/** A step that has begun is half done, as far as anybody can tell who is not told more. */
function valueOf({ step, tables, of_tables }: Step): number {
  return step - 1 + (tables !== undefined && of_tables ? tables / of_tables : 0.5);
}

/** `3 of 12 tables, 5 MB`. */
function within({ tables, of_tables, size_bytes }: Step): string {
  return spoken(
    tables !== undefined && of_tables ? `${exact(tables)} of ${exact(of_tables)} tables` : null,
    size_bytes === undefined ? null : bytes(size_bytes)
  );
}
