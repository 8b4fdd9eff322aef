import * as React from 'react';

import type { Client } from '../api/client.js';
import { asApiError } from '../api/errors.js';
import type { Contents, Database, Tenant } from '../api/nouns.js';
import { Field, TextInput } from './field.js';
import { showForm } from './form.js';
import type { FieldsProps } from './form.js';
import { lossOf, lossesOf } from './losses.js';

interface Values {
  typed: string;
}

type Around = (drop: () => Promise<void>) => Promise<void>;

/**
 * Asks whether a database is to go, and drops it; tells whether it did.
 *
 * @param known what it holds, as far as the panel has looked; asked for otherwise, unless that would wake it.
 * @param around what is done around the dropping.
 */
export async function dropDatabase(
  client: Client,
  tenant: Tenant,
  database: Database,
  known: Contents | null,
  around: Around
): Promise<boolean> {
  const asks = known === null && database.state === 'ready';
  // What cannot be counted is lost all the same.
  const contents = asks ? await client.contents(tenant.subdomain, database.name).catch(() => null) : known;
  return confirmed({
    what: 'database',
    name: database.name,
    losses: [lossOf(database, contents)],
    drop: () => around(() => client.dropDatabase(tenant.subdomain, database.name))
  });
}

/** Asks whether a tenant is to go, and drops it with all it has; tells whether it did. */
export async function dropTenant(client: Client, tenant: Tenant, around: Around): Promise<boolean> {
  const [databases, keys] = await Promise.all([
    client.databases(tenant.subdomain),
    client.keys(tenant.subdomain)
  ]);
  return confirmed({
    what: 'tenant',
    name: tenant.name,
    losses: lossesOf(databases, keys),
    drop: () => around(() => client.dropTenant(tenant.subdomain))
  });
}

interface Question {
  what: 'database' | 'tenant';
  name: string;
  /** What is lost, a line each. */
  losses: string[];
  drop: () => Promise<void>;
}

async function confirmed({ what, name, losses, drop }: Question): Promise<boolean> {
  const Fields = ({ values, set, wrong }: FieldsProps<Values>): React.ReactElement => (
    <>
      <div className="dbaas-Losses">
        <p>
          {what === 'database'
            ? 'A last dump of it stays for a week. It removes'
            : 'This cannot be undone: no dump stays. It removes'}
        </p>
        <ul>
          {losses.map((loss, index) => (
            <li key={index}>
              <bdi>{loss}</bdi>
            </li>
          ))}
        </ul>
      </div>
      <Field
        label={`Type the ${what}’s name`}
        help={
          <>
            It is called <bdi className="dbaas-Typed">{name}</bdi>
          </>
        }
        wrong={wrong('typed')}
      >
        {control => (
          <TextInput
            {...control}
            value={values.typed}
            onText={typed => {
              set({ typed });
            }}
          />
        )}
      </Field>
    </>
  );
  const dropped = await showForm<Values, true>({
    title: `Drop the ${what}?`,
    accept: 'Drop',
    warns: true,
    working: `Dropping the ${what}…`,
    initial: { typed: '' },
    check: ({ typed }) =>
      typed === name ? null : { message: 'That is not its name.', hint: null, field: 'typed' },
    submit: async () => {
      try {
        await drop();
      } catch (thrown) {
        const problem = asApiError(thrown);
        // Somebody else was quicker: gone is gone.
        if (problem.code !== `${what}_not_found`) {
          throw problem;
        }
      }
      return true;
    },
    fields: Fields
  });
  return dropped === true;
}
