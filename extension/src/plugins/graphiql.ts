import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IThemeManager, MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';

import type { Endpoint } from '../graphiql/index.js';
import { graphqlIcon } from '../icons.js';
import { LazyPanel } from '../lazy.js';

export const graphiql: JupyterFrontEndPlugin<void> = {
  id: '@jupyter-dbaas/lab:graphiql',
  description: 'Opens GraphiQL on a tenant or on one of its databases.',
  autoStart: true,
  optional: [ILayoutRestorer, IThemeManager],
  activate: (app: JupyterFrontEnd, restorer: ILayoutRestorer | null, themes: IThemeManager | null) => {
    const opened = new Map<Widget, Endpoint>();
    const tracker = new WidgetTracker<MainAreaWidget>({ namespace: 'dbaas-graphiql' });
    const command = 'dbaas:graphiql';
    app.commands.addCommand(command, {
      label: 'Open GraphiQL',
      icon: graphqlIcon,
      describedBy: {
        args: {
          type: 'object',
          required: ['tenant'],
          properties: {
            tenant: { type: 'string', description: "The tenant's name in URLs" },
            database: { type: 'string', description: "One database; without it, all of the tenant's" }
          }
        }
      },
      execute: args => {
        const endpoint = endpointOf(args);
        const name = nameOf(endpoint);
        let widget = tracker.find(one => nameOf(opened.get(one)) === name);
        if (!widget) {
          widget = new MainAreaWidget({
            content: new LazyPanel(async () =>
              (await import('../graphiql/index.js')).createGraphiql(app, themes, endpoint)
            )
          });
          const made = widget;
          made.toolbar.hide();
          made.title.label = [endpoint.database ?? endpoint.tenant, 'GraphQL'].join(' · ');
          made.title.caption = `GraphiQL on ${[endpoint.tenant, endpoint.database].filter(Boolean).join('/')}`;
          made.title.icon = graphqlIcon;
          made.title.closable = true;
          opened.set(made, endpoint);
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
      name: widget => nameOf(opened.get(widget))
    });
  }
};

/** Arguments may come from another version's saved layout. Throws when they name no tenant. */
function endpointOf({ tenant, database }: ReadonlyPartialJSONObject): Endpoint {
  if (typeof tenant !== 'string') {
    throw new TypeError('Opening GraphiQL takes the name of a tenant.');
  }
  return { tenant, database: typeof database === 'string' ? database : null };
}

function nameOf(endpoint: Endpoint | undefined): string {
  return JSON.stringify([endpoint?.tenant, endpoint?.database]);
}
