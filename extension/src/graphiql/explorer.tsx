/** GraphiQL on one endpoint: the same in JupyterLab and on the server's own page. */

import { GraphiQL } from 'graphiql';
import * as React from 'react';

import { fetcherFor } from './fetcher.js';
import type { Credentials } from './fetcher.js';
import { partOf } from './storage.js';

import 'graphiql/style.css';
import '../../style/graphiql.css';

export interface ExplorerProps {
  url: string;
  /** A new function makes GraphiQL look at the schema again: another role sees another one. Null: nobody yet. */
  credentials: Credentials | null;
  /** Null: as the person chose in GraphiQL's settings, or as their system is. */
  theme: 'light' | 'dark' | null;
}

const HINT = `# Ctrl-Space completes, Ctrl-Enter runs, Ctrl-click on a name opens its documentation.
`;

export function Explorer({ url, credentials, theme }: ExplorerProps): React.ReactElement {
  const fetcher = React.useMemo(
    () => fetcherFor(url, credentials ?? (() => Promise.resolve({}))),
    [url, credentials]
  );
  const storage = React.useMemo(() => partOf(window.localStorage, url), [url]);
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      defaultQuery={HINT}
      shouldPersistHeaders={false}
      showPersistHeadersSettings={false}
      {...(credentials === null ? { schema: null } : {})}
      {...(theme === null ? {} : { forcedTheme: theme })}
    >
      <GraphiQL.Logo>GraphiQL</GraphiQL.Logo>
    </GraphiQL>
  );
}
