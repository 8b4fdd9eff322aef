import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';

import * as api from '../api/lifecycle.js';
import type { CreatedDatabase, Dump } from '../api/nouns.js';
import { Choices } from '../dialogs/choices.js';
import { Field, TextInput } from '../dialogs/field.js';
import type { FieldsProps, Wrong } from '../dialogs/form.js';
import { ask } from './asking.js';
import { placeOf, WRONG_NAMES } from './places.js';
import type { About } from './places.js';
import { dumpLine } from './words.js';

interface Values {
  dump: string;
  into: 'itself' | 'new';
  /** Of a new database. */
  name: string;
  /** The database's own, so that nobody overwrites another one. */
  typed: string;
}

/**
 * Asks which dump goes where and brings it back.
 *
 * @param dumps those to choose from, at least one.
 */
export function askRestore(about: About, dumps: readonly Dump[], chosen: Dump): Promise<void> {
  const { client, works, database } = about;
  return ask<Values, CreatedDatabase>(works, {
    title: `Restore ${database.name}`,
    accept: 'Restore',
    warns: true,
    working: 'Restoring the database…',
    initial: { dump: chosen.id, into: 'itself', name: '', typed: '' },
    check: values => wrongIn(values, database.name),
    blames: { ...WRONG_NAMES, dump_not_found: 'dump' },
    fields: props => <RestoreFields {...props} dumps={dumps} current={database.name} />,
    work: ({ into, name }) =>
      into === 'new' ? `Restore of ${database.name} as ${name.trim()}` : `Restore of ${database.name}`,
    run: ({ dump, into, name }, tell) =>
      api.restore(client.send, placeOf(about), dump, into === 'new' ? name.trim() : null, tell),
    done: async (made, watched) => {
      if (made.name === database.name) {
        about.done(`${database.name} was restored.`);
      } else {
        await about.made(made, `${database.name} was restored as ${made.name}.`, watched);
      }
    }
  });
}

function wrongIn({ into, name, typed }: Values, current: string): Wrong | null {
  if (into === 'new') {
    return name.trim() === '' ? { message: 'Give it a name.', hint: null, field: 'name' } : null;
  }
  return typed === current ? null : { message: 'That is not its name.', hint: null, field: 'typed' };
}

interface Props extends FieldsProps<Values> {
  dumps: readonly Dump[];
  current: string;
}

function RestoreFields({ values, set, wrong, dumps, current }: Props): React.ReactElement {
  return (
    <>
      <Field label="Dump" help="Its checksums are verified before anything begins." wrong={wrong('dump')}>
        {control => (
          <HTMLSelect
            {...control}
            value={values.dump}
            onChange={({ target }) => {
              set({ dump: target.value });
            }}
          >
            {dumps.map(dump => (
              <option key={dump.id} value={dump.id}>
                {dumpLine(dump)}
              </option>
            ))}
          </HTMLSelect>
        )}
      </Field>
      <Choices
        label="Into"
        choices={[
          {
            value: 'itself',
            label: 'The database itself',
            help: 'What is in it now is replaced, all of it or nothing. Connections end; logins and keys stay.'
          },
          { value: 'new', label: 'A new database', help: 'With logins of its own. This one stays as it is.' }
        ]}
        value={values.into}
        set={into => {
          set({ into: into === 'new' ? 'new' : 'itself' });
        }}
      />
      {values.into === 'new' ? (
        <Field key="new" label="Name of the new database" wrong={wrong('name')}>
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
      ) : (
        <Field
          key="itself"
          label="Type the database’s name"
          help={
            <>
              What was written since that dump is lost. It is called{' '}
              <bdi className="dbaas-Typed">{current}</bdi>
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
      )}
    </>
  );
}
