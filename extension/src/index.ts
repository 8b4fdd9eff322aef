/**
 * Databases in JupyterLab.
 *
 * 1. What JupyterLab loads at its start are the plugins and their icons; everything else comes with the first look at it.
 * 2. The server is the only source of truth: nothing is known here that a request did not answer.
 * 3. Names come from people's databases and are shown as text, wherever they appear.
 */

import { dashboard } from './plugins/dashboard.js';
import { graphiql } from './plugins/graphiql.js';
import { results } from './plugins/results.js';
import { sidebar } from './plugins/sidebar.js';

export default [sidebar, graphiql, dashboard, results];
