import * as React from 'react';

import type { Step } from '../api/nouns.js';

/** How far something is, or that it is under way where nobody says how far. */
export function Progress({ step, working }: { step: Step | null; working: string }): React.ReactElement {
  const label = step ? `${step.doing}…` : working;
  return (
    <div className="dbaas-Progress" role="status">
      <p>
        <span>{label}</span>
        {step && (
          <span>
            {step.step} of {step.of}
          </span>
        )}
      </p>
      <progress
        aria-label={label}
        max={step?.of ?? 1}
        // A step that has begun is half done, as far as anybody can tell.
        {...(step && { value: step.step - 0.5 })}
      />
    </div>
  );
}
