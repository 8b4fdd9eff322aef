/** The page that the server shows to a browser at a GraphQL endpoint. It speaks to where it was loaded from. */

import * as React from 'react';
import { createRoot } from 'react-dom/client';

import { Frame } from './frame.js';

const url = window.location.pathname;
const KEY = `dbaas:key:${url}`;

function Page(): React.ReactElement {
  const [key, setKey] = React.useState(() => window.sessionStorage.getItem(KEY) ?? '');
  const credentials = React.useMemo(
    () => (key === '' ? null : () => Promise.resolve<Record<string, string>>({ apikey: key })),
    [key]
  );
  return (
    <Frame
      url={url}
      credentials={credentials}
      theme={null}
      onSubmit={form => {
        const typed = new FormData(form).get('key');
        const next = typeof typed === 'string' ? typed.trim() : '';
        window.sessionStorage.setItem(KEY, next);
        setKey(next);
      }}
    >
      <code>{decodeURIComponent(url)}</code>
      <label>
        Key
        <input name="key" type="password" autoComplete="off" spellCheck={false} defaultValue={key} />
      </label>
      <button type="submit">Use</button>
      <small>{key === '' ? 'Nothing can be read without a key.' : 'Kept until this tab is closed.'}</small>
    </Frame>
  );
}

const place = document.getElementById('graphiql');
if (place !== null) {
  createRoot(place).render(<Page />);
}
