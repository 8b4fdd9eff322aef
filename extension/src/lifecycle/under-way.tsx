/** What is under way, and what failed while nobody waited for it. */

import * as React from 'react';

import { Progress } from '../dialogs/progress.js';
import { Close, Warning } from '../sidebar/icons.js';
import type { Work, Works } from './works.js';

export function UnderWay({ works }: { works: Works }): React.ReactElement | null {
  const list = useWorks(works);
  if (list.length === 0) {
    return null;
  }
  return (
    <section className="dbaas-UnderWay" aria-label="Under way">
      <ul>
        {list.map(work => (
          <li key={work.id}>
            <h3>
              <bdi>{work.title}</bdi>
              {work.problem && (
                <button
                  type="button"
                  className="dbaas-IconButton"
                  title="Close"
                  aria-label={`Close: ${work.title}`}
                  onClick={() => {
                    works.dismiss(work.id);
                  }}
                >
                  <Close />
                </button>
              )}
            </h3>
            {work.problem ? (
              <p className="dbaas-Notice dbaas-mod-problem" role="alert">
                <Warning className="dbaas-Warning" />
                <span>{[work.problem.message, work.problem.hint].filter(Boolean).join(' ')}</span>
              </p>
            ) : (
              <Progress step={work.step} working="Beginning…" />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function useWorks(works: Works): readonly Work[] {
  return React.useSyncExternalStore(
    React.useCallback(
      onChange => {
        works.changed.connect(onChange);
        return () => {
          works.changed.disconnect(onChange);
        };
      },
      [works]
    ),
    () => works.list
  );
}
