import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IThemeManager, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { IStateDB } from '@jupyterlab/statedb';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';

import { Inbox } from '../dashboard/wishes.js';
import type { Wish } from '../dashboard/wishes.js';
import { databasesIcon } from '../icons.js';
import { LazyPanel } from '../lazy.js';

interface Open {
  tenant: string;
  database: string;
  wishes: Inbox<Wish>;
}

export const dashboard: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-dbaas/lab:dashboard',
  description: 'Opens a database: its overview, its query editor, and what else there is to do with it.',
  autoStart: true,
  optional: [ILayoutRestorer, IThemeManager, IRenderMimeRegistry, IStateDB],
  activate: (
    app: JupyterFrontEnd,
    restorer: ILayoutRestorer | null,
    themes: IThemeManager | null,
    rendermime: IRenderMimeRegistry | null,
    state: IStateDB | null
  ) => {
    const opened = new Map<Widget, Open>();
    const tracker = new WidgetTracker<MainAreaWidget>({ namespace: 'dbaas-dashboard' });
    const command = 'dbaas:dashboard';
    app.commands.addCommand(command, {
      label: 'Open Database',
      icon: databasesIcon,
      describedBy: {
        args: {
          type: 'object',
          required: ['tenant', 'database'],
          properties: {
            tenant: { type: 'string', description: "The tenant's name in URLs" },
            database: { type: 'string' },
            tab: { type: 'string', description: 'Which tab to show, such as `overview` or `query`' },
            text: { type: 'string', description: 'A statement to write into a new query' }
          }
        }
      },
      execute: args => {
        const { tenant, database } = namesIn(args);
        const name = nameOf({ tenant, database });
        let widget = tracker.find(one => nameOf(opened.get(one)) === name);
        if (!widget) {
          const wishes = new Inbox<Wish>();
          widget = new MainAreaWidget({
            content: new LazyPanel(async () =>
              (await import('../dashboard/index.js')).createDashboard(
                { app, themes, rendermime, state, tenant, database },
                wishes
              )
            )
          });
          const made = widget;
          made.toolbar.hide();
          made.title.label = database;
          made.title.caption = `Database ${tenant}/${database}`;
          made.title.icon = databasesIcon;
          made.title.closable = true;
          opened.set(made, { tenant, database, wishes });
          made.disposed.connect(() => opened.delete(made));
          void tracker.add(made);
          app.shell.add(made, 'main');
        }
        opened.get(widget)?.wishes.put({ tab: stringIn(args['tab']), text: stringIn(args['text']) });
        app.shell.activateById(widget.id);
      }
    });
    void restorer?.restore(tracker, {
      command,
      args: widget => {
        const { tenant, database } = opened.get(widget) ?? {};
        return {
          ...(tenant === undefined ? {} : { tenant }),
          ...(database === undefined ? {} : { database })
        };
      },
      name: widget => nameOf(opened.get(widget))
    });
  }
};

/** Arguments may come from another version's saved layout. Throws when they name no database. */
function namesIn({ tenant, database }: ReadonlyPartialJSONObject): { tenant: string; database: string } {
  if (typeof tenant !== 'string' || typeof database !== 'string') {
    throw new TypeError('Opening a database takes the names of a tenant and of a database.');
  }
  return { tenant, database };
}

function stringIn(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function nameOf(one: { tenant: string; database: string } | undefined): string {
  return JSON.stringify([one?.tenant, one?.database]);
}
