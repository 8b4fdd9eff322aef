/** GraphiQL in JupyterLab's main area. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { ReactWidget } from '@jupyterlab/apputils';
import type { IThemeManager } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import type { Widget } from '@lumino/widgets';
import * as React from 'react';

import { connect } from '../api/connect.js';
import { Workbench } from './workbench.js';

export interface Endpoint {
  tenant: string;
  /** Null: the tenant's own endpoint, over all its databases. */
  database: string | null;
}

export function createGraphiql(
  app: JupyterFrontEnd,
  themes: IThemeManager | null,
  { tenant, database }: Endpoint
): Widget {
  const settings = app.serviceManager.serverSettings;
  const segments = database === null ? ['v1', tenant, 'graphql'] : ['p', tenant, database, 'graphql', 'v1'];
  const url = URLExt.join(settings.baseUrl, 'dbaas', ...segments.map(encodeURIComponent));
  const widget = ReactWidget.create(
    React.createElement(Workbench, { client: connect(settings), tenant, url, themes })
  );
  widget.addClass('dbaas-GraphiQL-widget');
  return widget;
}
