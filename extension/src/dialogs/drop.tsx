import * as React from 'react';

import type { Client } from '../api/client.js';
import { asApiError } from '../api/errors.js';
import type { Contents, Database, Tenant } from '../api/nouns.js';
import { ask } from '../lifecycle/asking.js';
import type { Works } from '../lifecycle/works.js';
import { Field, TextInput } from './field.js';
import type { FieldsProps } from './form.js';
import { lossOf, lossesOf } from './losses.js';

interface Values {
  typed: string;
}

/** What dropping takes from who asks for it. */
export interface Dropping {
  client: Client;
  works: Works;
  /** What is done around the dropping. */
  around: (drop: () => Promise<void>) => Promise<void>;
  done: (sentence: string) => void;
}

/**
 * Asks whether a database is to go, and drops it.
 *
 * @param known what it holds, as far as the panel has looked; asked for otherwise, unless that would wake it.
 */
export async function dropDatabase(
  dropping: Dropping,
  tenant: Tenant,
  database: Database,
  known: Contents | null
): Promise<void> {
  const { client } = dropping;
  const asks = known === null && database.state === 'ready';
  // What cannot be counted is lost all the same.
  const contents = asks ? await client.contents(tenant.subdomain, database.name).catch(() => null) : known;
  await confirmed(dropping, {
    what: 'database',
    name: database.name,
    losses: [lossOf(database, contents)],
    drop: () => client.dropDatabase(tenant.subdomain, database.name)
  });
}

/** Asks whether a tenant is to go, and drops it with all it has. */
export async function dropTenant(dropping: Dropping, tenant: Tenant): Promise<void> {
  const { client } = dropping;
  const [databases, keys] = await Promise.all([
    client.databases(tenant.subdomain),
    client.keys(tenant.subdomain)
  ]);
  await confirmed(dropping, {
    what: 'tenant',
    name: tenant.name,
    losses: lossesOf(databases, keys),
    drop: () => client.dropTenant(tenant.subdomain)
  });
}

interface Question {
  what: 'database' | 'tenant';
  name: string;
  /** What is lost, a line each. */
  losses: string[];
  drop: () => Promise<void>;
}

async function confirmed(
  { works, around, done }: Dropping,
  { what, name, losses, drop }: Question
): Promise<void> {
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
  await ask<Values, true>(works, {
    title: `Drop the ${what}?`,
    accept: 'Drop',
    warns: true,
    working: `Dropping the ${what}…`,
    initial: { typed: '' },
    check: ({ typed }) =>
      typed === name ? null : { message: 'That is not its name.', hint: null, field: 'typed' },
    work: () => `Dropping ${name}`,
    run: async () => {
      try {
        await around(drop);
      } catch (thrown) {
        const problem = asApiError(thrown);
        // Somebody else was quicker: gone is gone.
        if (problem.code !== `${what}_not_found`) {
          throw problem;
        }
      }
      return true;
    },
    done: () => {
      done(what === 'database' ? `Database ${name} was dropped.` : `Tenant ${name} was dropped.`);
    },
    fields: Fields
  });
}
