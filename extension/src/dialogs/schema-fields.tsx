/** The fields of a form that the server describes. */

import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';

import { Choices } from './choices.js';
import { Field, TextInput } from './field.js';
import { initialValue } from './schema.js';
import type { FieldSpec, FormValues, Value } from './schema.js';

interface Props {
  fields: readonly FieldSpec[];
  values: FormValues;
  set: (name: string, value: Value) => void;
  wrong: (field: string) => string | null;
}

/** Up to so many choices are all on view. */
const FEW = 3;

export function SchemaFields({ fields, values, set, wrong }: Props): React.ReactElement {
  return (
    <>
      {fields.map(field => (
        <SchemaField
          key={field.name}
          field={field}
          value={values[field.name] ?? initialValue(field)}
          set={value => {
            set(field.name, value);
          }}
          wrong={wrong(field.name)}
        />
      ))}
    </>
  );
}

interface OneProps {
  field: FieldSpec;
  value: Value;
  set: (value: Value) => void;
  wrong: string | null;
}

function SchemaField({ field, value, set, wrong }: OneProps): React.ReactElement {
  const { kind, label, help, choices } = field;
  if (kind === 'choice' && choices.length <= FEW) {
    return <Choices {...{ label, help, choices, set, wrong }} value={String(value)} />;
  }
  if (kind === 'switch') {
    return (
      <div className="dbaas-Field">
        <label className="dbaas-Choice">
          <input
            type="checkbox"
            checked={value === true}
            onChange={event => {
              set(event.target.checked);
            }}
          />
          <span>{label}</span>
          {help !== null && <small>{help}</small>}
        </label>
      </div>
    );
  }
  return (
    <Field label={label} wrong={wrong} {...(help !== null && { help })}>
      {control =>
        kind === 'choice' ? (
          <HTMLSelect
            {...control}
            value={String(value)}
            onChange={event => {
              set(event.target.value);
            }}
          >
            {choices.map(choice => (
              <option key={choice.value} value={choice.value}>
                {choice.label}
              </option>
            ))}
          </HTMLSelect>
        ) : (
          <TextInput
            {...control}
            type={kind === 'number' ? 'number' : 'text'}
            value={String(value)}
            onText={set}
            {...(field.name === 'name' && { placeholder: 'shop' })}
          />
        )
      }
    </Field>
  );
}
