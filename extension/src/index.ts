/**
 * Databases in JupyterLab.
 *
 * 1. What JupyterLab loads at its start is this file and an icon; everything else comes with the first look at the panel.
 * 2. The server is the only source of truth: nothing is known here that a request did not answer.
 * 3. Names come from people's databases and are shown as text, wherever they appear.
 */

import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IStateDB } from '@jupyterlab/statedb';

import { databasesIcon } from './icons.js';
import { LazyPanel } from './lazy.js';

const plugin: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-dbaas/lab:sidebar',
  description: 'Lists tenants, databases and tables in the left sidebar.',
  autoStart: true,
  optional: [ILayoutRestorer, ICommandPalette, IStateDB],
  activate: (
    app: JupyterFrontEnd,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    state: IStateDB | null
  ) => {
    const panel = new LazyPanel(async () => (await import('./sidebar/index.js')).createSidebar(app, state));
    panel.id = 'dbaas-sidebar';
    panel.title.icon = databasesIcon;
    panel.title.caption = 'Databases';
    app.shell.add(panel, 'left', { rank: 250, type: 'Databases' });
    restorer?.add(panel, panel.id);

    const command = 'dbaas:show';
    app.commands.addCommand(command, {
      label: 'Show Databases',
      icon: databasesIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => {
        app.shell.activateById(panel.id);
      }
    });
    palette?.addItem({ command, category: 'Databases' });
  }
};

export default plugin;
