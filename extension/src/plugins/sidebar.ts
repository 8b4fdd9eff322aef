import { ILabStatus, ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IStateDB } from '@jupyterlab/statedb';

import { databasesIcon } from '../icons.js';
import { LazyPanel } from '../lazy.js';

export const sidebar: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-dbaas/lab:sidebar',
  description: 'Lists tenants, databases and tables in the left sidebar.',
  autoStart: true,
  optional: [ILayoutRestorer, ICommandPalette, IStateDB, ILabStatus],
  activate: (
    app: JupyterFrontEnd,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    state: IStateDB | null,
    status: ILabStatus | null
  ) => {
    const panel = new LazyPanel(async () =>
      (await import('../sidebar/index.js')).createSidebar(app, state, status)
    );
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
