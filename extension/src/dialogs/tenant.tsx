import * as React from 'react';

import type { Client } from '../api/client.js';
import type { Tenant } from '../api/nouns.js';
import { Field, TextInput } from './field.js';
import { showForm } from './form.js';
import type { FieldsProps } from './form.js';

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
    check: ({ name }) =>
      name.trim() === '' ? { message: 'Give the tenant a name.', hint: null, field: 'name' } : null,
    blames: {
      invalid_name: 'name',
      invalid_subdomain: 'subdomain',
      reserved_name: 'subdomain',
      tenant_exists: 'subdomain'
    },
    submit: ({ name, subdomain }) =>
      client.createTenant(
        subdomain.trim() === '' ? { name: name.trim() } : { name: name.trim(), subdomain: subdomain.trim() }
      ),
    fields: TenantFields
  });
}

function TenantFields({ values, set, wrong }: FieldsProps<Values>): React.ReactElement {
  return (
    <>
      <Field
        label="Name"
        help="A project or a team. Its databases are kept apart from everybody else’s."
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
      <Field label="Name in URLs" help="Left empty, it is made from the name." wrong={wrong('subdomain')}>
        {control => (
          <TextInput
            {...control}
            value={values.subdomain}
            onText={subdomain => {
              set({ subdomain });
            }}
          />
        )}
      </Field>
    </>
  );
}
