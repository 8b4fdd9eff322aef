/** What deserves a look, each with what to do about it. */

import * as React from 'react';

import type { OverviewWarning } from '../../api/overview.js';
import { copying } from '../../sidebar/copying.js';
import { plural } from '../../sidebar/format.js';
import { Warning } from '../../sidebar/icons.js';

/** With more of them, the rest waits for a click. */
const SHOWN = 4;

export function Warnings({
  warnings,
  openQuery
}: {
  warnings: readonly OverviewWarning[];
  /** Null for who may not run it. */
  openQuery: ((text: string) => void) | null;
}): React.ReactElement | null {
  const [all, setAll] = React.useState(false);
  if (warnings.length === 0) {
    return null;
  }
  const shown = all ? warnings : warnings.slice(0, SHOWN);
  return (
    <section className="dbaas-Warnings" aria-label="Warnings">
      <ul>
        {shown.map(({ code, schema, table, message, hint, remedy }) => (
          <li key={JSON.stringify([code, schema, table, message])}>
            <Warning className="dbaas-Warning" />
            <div>
              <p>
                <bdi>{message}</bdi> {hint !== null && <span>{hint}</span>}
              </p>
              {remedy !== null && (
                <>
                  <pre>{remedy}</pre>
                  <div className="dbaas-Actions">
                    {openQuery && (
                      <button
                        type="button"
                        className="dbaas-Button dbaas-mod-quiet"
                        onClick={() => {
                          openQuery(remedy);
                        }}
                      >
                        Open in query editor
                      </button>
                    )}
                    <button
                      type="button"
                      className="dbaas-Button dbaas-mod-quiet"
                      onClick={() => void copying('Remedy', () => Promise.resolve(remedy))}
                    >
                      Copy
                    </button>
                  </div>
                </>
              )}
            </div>
          </li>
        ))}
      </ul>
      {warnings.length > shown.length && (
        <button
          type="button"
          className="dbaas-Button dbaas-mod-quiet"
          onClick={() => {
            setAll(true);
          }}
        >
          {plural(warnings.length - shown.length, 'more warning')}
        </button>
      )}
    </section>
  );
}
