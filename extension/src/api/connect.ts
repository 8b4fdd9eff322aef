import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { Client } from './client.js';

/** A client of the platform that is mounted in this page's Jupyter server, as the person signed in there. */
export function connect(settings: ServerConnection.ISettings): Client {
  const root = URLExt.join(settings.baseUrl, 'dbaas');
  return new Client((path, init) => ServerConnection.makeRequest(root + path, init, settings));
}
