import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Client } from '../api/client.js';
import type { CreatedDatabase, Engine, Exposure, Tenant } from '../api/nouns.js';
import { engineLabel } from '../sidebar/rows.js';
import { Field, showForm } from './form.js';

interface Values {
  tenant: string;
  engine: string;
  name: string;
  expose: Exposure;
}

const EXPOSURES: { value: Exposure; label: string; help: string }[] = [
  {
    value: 'policies',
    label: 'Tables with row policies',
    help: 'A table is reachable over the API once a policy says who sees which rows.'
  },
  {
    value: 'all',
    label: 'Every table',
    help: 'Whoever holds a publishable key reads and writes every table in public that has no policies.'
  }
];

/**
 * Asks for a new database and makes it; null if the person gave up.
 *
 * @param tenants those to choose from.
 * @param chosen the one that is chosen at first.
 * @throws ApiError when the platform does not say which engines it has.
 */
export async function createDatabase(
  client: Client,
  tenants: readonly Tenant[],
  chosen: Tenant | undefined
): Promise<CreatedDatabase | null> {
  const { engines } = await client.platform();
  return showForm<Values, CreatedDatabase>({
    title: 'New database',
    accept: 'Create',
    working: 'Creating the database…',
    initial: {
      tenant: chosen?.subdomain ?? '',
      engine: (engines.find(({ can }) => can.sql) ?? engines[0])?.name ?? '',
      name: '',
      expose: 'policies'
    },
    check: ({ name }) => (name.trim() === '' ? 'Give the database a name.' : null),
    submit: ({ tenant, engine, name, expose }) =>
      client.createDatabase(tenant, {
        engine,
        name: name.trim(),
        ...(isExposed(engines, engine) && { expose })
      }),
    fields: props => <DatabaseFields {...props} tenants={tenants} engines={engines} />
  });
}

/** Whether the API shows tables of such a database. */
function isExposed(engines: readonly Engine[], name: string): boolean {
  return engines.some(engine => engine.name === name && engine.can.sql);
}

function DatabaseFields({
  values,
  set,
  tenants,
  engines
}: {
  values: Values;
  set: (change: Partial<Values>) => void;
  tenants: readonly Tenant[];
  engines: readonly Engine[];
}): React.ReactElement {
  const group = React.useId();
  return (
    <>
      <Field label="Name">
        {ids => (
          <input
            {...ids}
            className="jp-mod-styled"
            type="text"
            autoComplete="off"
            spellCheck={false}
            placeholder="shop"
            value={values.name}
            onChange={event => {
              set({ name: event.target.value });
            }}
          />
        )}
      </Field>
      <Field label="Tenant">
        {ids => (
          <HTMLSelect
            {...ids}
            value={values.tenant}
            onChange={event => {
              set({ tenant: event.target.value });
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
      <Field label="Engine">
        {ids => (
          <HTMLSelect
            {...ids}
            value={values.engine}
            onChange={event => {
              set({ engine: event.target.value });
            }}
          >
            {engines.map(({ name, version }) => (
              <option key={name} value={name}>
                {engineLabel(name)} {version}
              </option>
            ))}
          </HTMLSelect>
        )}
      </Field>
      {isExposed(engines, values.engine) && (
        <fieldset className="dbaas-Field">
          <legend>Reachable over the API</legend>
          {EXPOSURES.map(({ value, label, help }) => (
            <label key={value} className="dbaas-Choice">
              <input
                type="radio"
                name={group}
                checked={values.expose === value}
                aria-describedby={`${group}-${value}`}
                onChange={() => {
                  set({ expose: value });
                }}
              />
              <span>{label}</span>
              <small id={`${group}-${value}`}>{help}</small>
            </label>
          ))}
        </fieldset>
      )}
    </>
  );
}
