/** GraphiQL with a choice of who asks: a person signed in to Jupyter may look at the data as any role. */

import type { IThemeManager } from '@jupyterlab/apputils';
import * as React from 'react';

import type { Client } from '../api/client.js';
import type { Token } from '../api/nouns.js';
import type { Credentials } from './fetcher.js';
import { Frame } from './frame.js';

type Role = 'service_role' | 'authenticated' | 'anon';

/** Tokens are renewed this long before they end. */
const MARGIN_SECONDS = 60;

export interface WorkbenchProps {
  client: Client;
  tenant: string;
  url: string;
  themes: IThemeManager | null;
}

export function Workbench({ client, tenant, url, themes }: WorkbenchProps): React.ReactElement {
  const [role, setRole] = React.useState<Role>('service_role');
  const [subject, setSubject] = React.useState('');
  const theme = useTheme(themes);
  const credentials = React.useMemo(
    () =>
      bearer(() =>
        role === 'service_role'
          ? client.personToken()
          : client.signedToken(tenant, role, role === 'authenticated' ? subject : '')
      ),
    [client, tenant, role, subject]
  );
  return (
    <Frame url={url} credentials={credentials} theme={theme}>
      <label>
        Ask as
        <select
          value={role}
          onChange={event => {
            setRole(event.target.value as Role);
          }}
        >
          <option value="service_role">service_role: every row</option>
          <option value="authenticated">authenticated: a person</option>
          <option value="anon">anon: anybody</option>
        </select>
      </label>
      {role === 'authenticated' && (
        <label>
          whose id (sub) is
          <input
            defaultValue={subject}
            spellCheck={false}
            onBlur={event => {
              setSubject(event.target.value.trim());
            }}
            onKeyDown={event => {
              if (event.key === 'Enter') {
                setSubject(event.currentTarget.value.trim());
              }
            }}
          />
        </label>
      )}
      <code title="Where applications send the same questions">{url}</code>
    </Frame>
  );
}

/** Credentials from tokens that are fetched when one is needed, and kept while they last. */
function bearer(fetchToken: () => Promise<Token>): Credentials {
  let kept: Promise<Token> | null = null;
  return async () => {
    let token = await (kept ??= fetchToken()).catch((thrown: unknown) => {
      kept = null;
      throw thrown;
    });
    if (token.expires_at - MARGIN_SECONDS < Date.now() / 1000) {
      kept = fetchToken();
      token = await kept;
    }
    return { Authorization: `Bearer ${token.token}` };
  };
}

function useTheme(themes: IThemeManager | null): 'light' | 'dark' {
  return React.useSyncExternalStore(
    React.useCallback(
      onChange => {
        themes?.themeChanged.connect(onChange);
        return () => {
          themes?.themeChanged.disconnect(onChange);
        };
      },
      [themes]
    ),
    () => (themes?.theme != null && !themes.isLight(themes.theme) ? 'dark' : 'light')
  );
}
