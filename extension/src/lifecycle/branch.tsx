import * as React from 'react';

import * as api from '../api/lifecycle.js';
import type { CreatedDatabase } from '../api/nouns.js';
import { Field, TextInput } from '../dialogs/field.js';
import type { FieldsProps } from '../dialogs/form.js';
import { ask } from './asking.js';
import { placeOf, WRONG_NAMES } from './places.js';
import type { About } from './places.js';

interface Values {
  name: string;
  schemaOnly: boolean;
}

/** Asks for a branch's name and makes it. */
export function askBranch(about: About): Promise<void> {
  const { client, works, database } = about;
  return ask<Values, CreatedDatabase>(works, {
    title: `Branch ${database.name}`,
    accept: 'Branch',
    working: 'Copying the database…',
    initial: { name: '', schemaOnly: false },
    check: ({ name }) =>
      name.trim() === '' ? { message: 'Give the branch a name.', hint: null, field: 'name' } : null,
    blames: WRONG_NAMES,
    fields: BranchFields,
    work: ({ name }) => `Branch ${name.trim()} of ${database.name}`,
    run: ({ name, schemaOnly }, tell) =>
      api.branch(client.send, placeOf(about), name.trim(), schemaOnly, tell),
    done: (made, watched) => about.made(made, `${made.name} is a branch of ${database.name}.`, watched)
  });
}

function BranchFields({ values, set, wrong }: FieldsProps<Values>): React.ReactElement {
  return (
    <>
      <Field
        label="Name"
        help="A copy with logins of its own. Nobody who uses the database is disturbed."
        wrong={wrong('name')}
      >
        {control => (
          <TextInput
            {...control}
            value={values.name}
            onText={name => {
              set({ name });
            }}
          />
        )}
      </Field>
      <div className="dbaas-Field">
        <label className="dbaas-Choice">
          <input
            type="checkbox"
            checked={values.schemaOnly}
            onChange={({ target }) => {
              set({ schemaOnly: target.checked });
            }}
          />
          <span>Schema only</span>
          <small>Tables and functions as they are, without a row in them.</small>
        </label>
      </div>
    </>
  );
}
