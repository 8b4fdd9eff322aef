import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IThemeManager, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';

import { databasesIcon } from '../icons.js';
import { LazyPanel } from '../lazy.js';
import type { BrowsedTable } from '../results/browse.js';
import { visible } from '../shown/visible.js';

export const results: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-dbaas/lab:results',
  description: 'Browses the rows of a table, of any number.',
  autoStart: true,
  optional: [ILayoutRestorer, IThemeManager, IRenderMimeRegistry],
  activate: (
    app: JupyterFrontEnd,
    restorer: ILayoutRestorer | null,
    themes: IThemeManager | null,
    rendermime: IRenderMimeRegistry | null
  ) => {
    const opened = new Map<Widget, BrowsedTable>();
    const tracker = new WidgetTracker<MainAreaWidget>({ namespace: 'dbaas-results' });
    const command = 'dbaas:browse';
    app.commands.addCommand(command, {
      label: 'Browse Rows',
      icon: databasesIcon,
      describedBy: {
        args: {
          type: 'object',
          required: ['tenant', 'database', 'table'],
          properties: {
            tenant: { type: 'string', description: "The tenant's name in URLs" },
            database: { type: 'string' },
            schema: { type: 'string', description: 'Without it, the one that is searched first' },
            table: { type: 'string', description: 'A table or a view' }
          }
        }
      },
      execute: args => {
        const table = tableOf(args);
        const name = JSON.stringify(table);
        let widget = tracker.find(one => JSON.stringify(opened.get(one)) === name);
        if (!widget) {
          widget = new MainAreaWidget({
            content: new LazyPanel(async () =>
              (await import('../results/browse.js')).browse({ app, themes, rendermime }, table)
            )
          });
          const made = widget;
          made.toolbar.hide();
          made.title.label = visible(table.table);
          made.title.caption = visible(
            `Rows of ${[table.schema, table.table].filter(Boolean).join('.')} in ${table.tenant}/${table.database}`
          );
          made.title.icon = databasesIcon;
          made.title.closable = true;
          opened.set(made, table);
          made.disposed.connect(() => opened.delete(made));
          void tracker.add(made);
          app.shell.add(made, 'main');
        }
        app.shell.activateById(widget.id);
      }
    });
    void restorer?.restore(tracker, {
      command,
      args: widget => ({ ...opened.get(widget) }),
      name: widget => JSON.stringify(opened.get(widget))
    });
  }
};

/** Arguments may come from another version's saved layout. Throws when they name no table. */
function tableOf({ tenant, database, schema, table }: ReadonlyPartialJSONObject): BrowsedTable {
  if (typeof tenant !== 'string' || typeof database !== 'string' || typeof table !== 'string') {
    throw new TypeError('Browsing rows takes the names of a tenant, a database and a table.');
  }
  return { tenant, database, schema: typeof schema === 'string' ? schema : null, table };
}
