import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Client } from '../api/client.js';
import type { CreatedDatabase, DatabaseForm, EngineForm, Tenant } from '../api/nouns.js';
import { Field } from './field.js';
import { showForm } from './form.js';
import type { FieldsProps, Wrong } from './form.js';
import { bodyOf, fieldsOf, initialValue, wrongWith } from './schema.js';
import type { FormValues } from './schema.js';
import { planSentence } from './plan.js';
import { SchemaFields } from './schema-fields.js';

interface Values {
  tenant: string;
  engine: string;
  /** The chosen tenant's; plans differ. */
  form: DatabaseForm;
  /** Kept when another engine is chosen: a name stays a name. */
  typed: FormValues;
}

/**
 * Asks for a new database and makes it; null if the person gave up.
 *
 * @param tenants those to choose from.
 * @param chosen the one that is chosen at first.
 * @throws ApiError when the platform does not say what can be created.
 */
export async function createDatabase(
  client: Client,
  tenants: readonly Tenant[],
  chosen: Tenant | undefined
): Promise<CreatedDatabase | null> {
  const tenant = (chosen ?? tenants[0])?.subdomain ?? '';
  const form = await client.databaseForm(tenant);
  return showForm<Values, CreatedDatabase>({
    title: 'New database',
    accept: 'Create',
    working: 'Creating the database…',
    initial: { tenant, engine: form.engines[0]?.name ?? '', form, typed: {} },
    check: wrongIn,
    blames: { invalid_name: 'name', reserved_name: 'name', database_exists: 'name' },
    submit: (values, tell) =>
      client.createDatabase(
        values.tenant,
        { engine: values.engine, name: '', ...bodyOf(fieldsIn(values), values.typed) },
        tell
      ),
    fields: props => <DatabaseFields {...props} tenants={tenants} client={client} />
  });
}

function engineOf({ form, engine }: Values): EngineForm | undefined {
  return form.engines.find(({ name }) => name === engine);
}

function fieldsIn(values: Values): ReturnType<typeof fieldsOf> {
  const engine = engineOf(values);
  return engine ? fieldsOf(engine.schema) : [];
}

function wrongIn(values: Values): Wrong | null {
  for (const field of fieldsIn(values)) {
    const message = wrongWith(field, values.typed[field.name] ?? initialValue(field));
    if (message !== null) {
      return { message, hint: null, field: field.name };
    }
  }
  return null;
}

interface Props extends FieldsProps<Values> {
  tenants: readonly Tenant[];
  client: Client;
}

function DatabaseFields({ values, set, wrong, tenants, client }: Props): React.ReactElement {
  const engine = engineOf(values);
  const fields = fieldsIn(values);
  const schemaFields = (named: boolean): React.ReactElement => (
    <SchemaFields
      fields={fields.filter(({ name }) => (name === 'name') === named)}
      values={values.typed}
      set={(name, value) => {
        set({ typed: { ...values.typed, [name]: value } });
      }}
      wrong={wrong}
    />
  );
  const choose = (tenant: string): void => {
    set({ tenant });
    void client.databaseForm(tenant).then(
      form => {
        set({ form });
      },
      () => {
        // The server says what is wrong with the tenant when the form is sent.
      }
    );
  };
  return (
    <>
      {schemaFields(true)}
      <Field label="Engine" wrong={wrong('engine')} {...(engine && { help: engine.description })}>
        {control => (
          <HTMLSelect
            {...control}
            value={values.engine}
            onChange={event => {
              set({ engine: event.target.value });
            }}
          >
            {values.form.engines.map(({ name, title, version }) => (
              <option key={name} value={name}>
                {title} {version}
              </option>
            ))}
          </HTMLSelect>
        )}
      </Field>
      {schemaFields(false)}
      {tenants.length > 1 && (
        <Field label="Tenant">
          {control => (
            <HTMLSelect
              {...control}
              value={values.tenant}
              onChange={event => {
                choose(event.target.value);
              }}
            >
              {tenants.map(({ id, subdomain, name }) => (
                <option key={id} value={subdomain}>
                  {name}
                </option>
              ))}
            </HTMLSelect>
          )}
        </Field>
      )}
      {engine && <Cost engine={engine} form={values.form} />}
    </>
  );
}

/** What it takes, and what the plan allows. */
function Cost({ engine, form }: { engine: EngineForm; form: DatabaseForm }): React.ReactElement {
  return (
    <div className="dbaas-Cost" role="note" aria-label="What it takes">
      <p>{engine.cost.sentence}</p>
      <p>{planSentence(form.plan)}</p>
    </div>
  );
}
