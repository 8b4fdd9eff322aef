import * as React from 'react';

import * as api from '../api/lifecycle.js';
import type { CreatedDatabase, Dump, Tenant } from '../api/nouns.js';
import { Field, TextInput } from '../dialogs/field.js';
import type { FieldsProps } from '../dialogs/form.js';
import { ask } from './asking.js';
import { WRONG_NAMES } from './places.js';
import type { Hands } from './places.js';
import { dumpLine, goneIn } from './words.js';

interface Values {
  name: string;
}

/** Asks under which name a dropped database comes back, and brings it. */
export function askUndrop(hands: Hands, tenant: Tenant, last: Dump): Promise<void> {
  const { client, works } = hands;
  return ask<Values, CreatedDatabase>(works, {
    title: `Bring ${last.database} back`,
    accept: 'Undrop',
    working: 'Bringing the database back…',
    initial: { name: last.database },
    check: ({ name }) =>
      name.trim() === '' ? { message: 'Give it a name.', hint: null, field: 'name' } : null,
    blames: WRONG_NAMES,
    fields: props => <UndropFields {...props} last={last} />,
    work: () => `Undrop of ${last.database}`,
    run: ({ name }, tell) =>
      api.undrop(client.send, { tenant: tenant.subdomain, database: last.database }, name.trim(), tell),
    done: (made, watched) => hands.made(made, `${made.name} is back.`, watched)
  });
}

function UndropFields({
  values,
  set,
  wrong,
  last
}: FieldsProps<Values> & { last: Dump }): React.ReactElement {
  return (
    <>
      <Field label="Name" help="Its own, or another one." wrong={wrong('name')}>
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
      <div className="dbaas-Cost" role="note" aria-label="What comes back">
        <p>From its last dump: {dumpLine(last)}. Its passwords are new ones.</p>
        {last.expires_at !== null && <p>That dump is gone for good {goneIn(last.expires_at)}.</p>}
      </div>
    </>
  );
}
