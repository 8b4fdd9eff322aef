import * as React from 'react';

import { copying } from '../sidebar/copying.js';
import { Copy } from '../sidebar/icons.js';
import { Field } from './field.js';

interface Props {
  label: string;
  value: string;
  help: React.ReactNode;
}

/** Something to copy, that is hardly read: shown whole only to whoever selects it. */
export function Secret({ label, value, help }: Props): React.ReactElement {
  return (
    <Field label={label} help={help}>
      {control => (
        <span className="dbaas-Secret">
          <input
            {...control}
            className="jp-mod-styled"
            type="text"
            readOnly
            value={value}
            onFocus={event => {
              event.target.select();
            }}
          />
          <button
            type="button"
            className="dbaas-IconButton"
            title="Copy"
            aria-label={`Copy the ${label.toLowerCase()}`}
            onClick={() => void copying(label, () => Promise.resolve(value))}
          >
            <Copy />
          </button>
        </span>
      )}
    </Field>
  );
}
