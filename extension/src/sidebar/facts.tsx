import * as React from 'react';

import type { Fact } from './about.js';

/** Terms and values; those that nobody knows are left out. */
export function Facts({ facts }: { facts: readonly Fact[] }): React.ReactElement {
  return (
    <dl>
      {facts.map(
        ([term, value]) =>
          value !== null && (
            <React.Fragment key={term}>
              <dt>{term}</dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </React.Fragment>
          )
      )}
    </dl>
  );
}
