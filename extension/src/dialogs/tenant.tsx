import * as React from 'react';

import type { Client } from '../api/client.js';
import type { Tenant } from '../api/nouns.js';
import { Field, showForm } from './form.js';

interface Values {
  name: string;
  subdomain: string;
}

/** Asks for a new tenant and makes it; null if the person gave up. */
export function createTenant(client: Client): Promise<Tenant | null> {
  return showForm<Values, Tenant>({
    title: 'New tenant',
    accept: 'Create',
    working: 'Creating the tenant…',
    initial: { name: '', subdomain: '' },
    check: ({ name }) => (name.trim() === '' ? 'Give the tenant a name.' : null),
    submit: ({ name, subdomain }) =>
      client.createTenant(
        subdomain.trim() === '' ? { name: name.trim() } : { name: name.trim(), subdomain: subdomain.trim() }
      ),
    fields: TenantFields
  });
}

function TenantFields({
  values,
  set
}: {
  values: Values;
  set: (change: Partial<Values>) => void;
}): React.ReactElement {
  return (
    <>
      <Field label="Name" help="A project or a team. Its databases are kept apart from everybody else’s.">
        {ids => (
          <input
            {...ids}
            className="jp-mod-styled"
            type="text"
            autoComplete="off"
            spellCheck={false}
            value={values.name}
            onChange={event => {
              set({ name: event.target.value });
            }}
          />
        )}
      </Field>
      <Field label="Name in URLs" help="Left empty, it is made from the name.">
        {ids => (
          <input
            {...ids}
            className="jp-mod-styled"
            type="text"
            autoComplete="off"
            spellCheck={false}
            value={values.subdomain}
            onChange={event => {
              set({ subdomain: event.target.value });
            }}
          />
        )}
      </Field>
    </>
  );
}
