import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Right } from '../api/nouns.js';
import type { ControlProps } from '../dialogs/field.js';

/** What a member may do, as people read it. */
export const RIGHTS: Record<Right, string> = { view: 'View', own: 'Own', administer: 'Administer' };

export const RIGHTS_HELP =
  'View: look at it. Own: work with its databases and keys. Administer: also members, settings and the tenant itself.';

interface Props extends Partial<ControlProps> {
  value: Right;
  set: (right: Right) => void;
  'aria-label'?: string;
}

export function RightSelect({ value, set, ...rest }: Props): React.ReactElement {
  return (
    <HTMLSelect
      {...rest}
      value={value}
      onChange={({ target }) => {
        set(target.value as Right);
      }}
    >
      {Object.entries(RIGHTS).map(([right, label]) => (
        <option key={right} value={right}>
          {label}
        </option>
      ))}
    </HTMLSelect>
  );
}
