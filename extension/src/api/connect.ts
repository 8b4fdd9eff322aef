import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { Client } from './client.js';
import type { Send } from './client.js';

/** A client of the platform that is mounted in this page's Jupyter server, as the person signed in there. */
export function connect(settings: ServerConnection.ISettings): Client {
  return new Client(sender(settings));
}

/** How requests travel to that platform. */
export function sender(settings: ServerConnection.ISettings): Send {
  const root = URLExt.join(settings.baseUrl, 'dbaas');
  return (path, init) => ServerConnection.makeRequest(root + path, init, settings);
}
