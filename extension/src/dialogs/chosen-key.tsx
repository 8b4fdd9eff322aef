import * as React from 'react';

import type { Client } from '../api/client.js';
import { showForm } from './form.js';
import type { FieldsProps } from './form.js';

type Kind = 'token' | 'publishable' | 'placeholder';

interface Values {
  kind: Kind;
}

const OFFERS: { kind: Kind; label: string; help: string }[] = [
  {
    kind: 'token',
    label: 'A token for an hour',
    help: 'Signed in, without being anybody in particular. Nothing is kept.'
  },
  {
    kind: 'publishable',
    label: 'A new publishable key',
    help: 'Until it is revoked. It sees what row policies allow.'
  },
  { kind: 'placeholder', label: 'None', help: 'Write your own over YOUR_KEY.' }
];

/** Asks with which key a snippet is to ask; it is made as the person says. Null if the person gave up. */
export function chooseKey(client: Client, tenant: string): Promise<string | null> {
  return showForm<Values, string>({
    title: 'Which key goes into it?',
    accept: 'Copy',
    working: 'Making the key…',
    initial: { kind: 'token' },
    check: () => null,
    submit: async ({ kind }) => {
      switch (kind) {
        case 'token':
          return (await client.signedToken(tenant, 'authenticated', '')).token;
        case 'publishable':
          return (await client.createKey(tenant, 'anon')).key;
        case 'placeholder':
          return 'YOUR_KEY';
      }
    },
    fields: KeyChoices
  });
}

function KeyChoices({ values, set }: FieldsProps<Values>): React.ReactElement {
  const group = React.useId();
  return (
    <fieldset className="dbaas-Field">
      <legend>The snippet asks over HTTP, and whoever asks needs a key.</legend>
      {OFFERS.map(({ kind, label, help }) => (
        <label key={kind} className="dbaas-Choice">
          <input
            type="radio"
            name={group}
            checked={values.kind === kind}
            aria-describedby={`${group}-${kind}`}
            onChange={() => {
              set({ kind });
            }}
          />
          <span>{label}</span>
          <small id={`${group}-${kind}`}>{help}</small>
        </label>
      ))}
    </fieldset>
  );
}
