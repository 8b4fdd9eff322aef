/** What went wrong, above the grid, until it is dismissed or something else succeeds. */

import * as React from 'react';

import { shown } from '../shown/index.js';
import type { Desk } from './desk.js';
import { useView } from './toolbar.js';

export function Trouble({ desk }: { desk: Desk }): React.ReactElement | null {
  const { problem } = useView(desk);
  return (
    problem && (
      <div className="dbaas-Results-trouble" role="alert">
        <span>
          {shown(problem.message, 1000).text}
          {problem.hint !== null && <small>{shown(problem.hint, 500).text}</small>}
        </span>
        <button
          type="button"
          className="dbaas-Results-link"
          aria-label="Dismiss"
          onClick={() => {
            desk.update({ problem: null });
          }}
        >
          ✕
        </button>
      </div>
    )
  );
}
