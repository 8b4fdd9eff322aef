/** Dumps and copies of databases, and those that were dropped. */

import { Notification } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';

import type { CreatedDatabase } from '../../api/nouns.js';
import type * as Dialogs from '../../lifecycle/index.js';
import type { About, Hands } from '../../lifecycle/places.js';
import { COMMANDS } from '../actions.js';
import { DASHBOARD, trying } from './context.js';
import type { Context } from './context.js';

export function addLifecycle(context: Context): void {
  const { model, app, works } = context;
  const hands: Hands = {
    client: model.client,
    works,
    made: (database, sentence, watched) => trying(() => tellMade(context, database, sentence, watched)),
    done: sentence => {
      Notification.success(sentence, { autoClose: 6000 });
      model.refresh();
    },
    address: path => URLExt.join(app.serviceManager.serverSettings.baseUrl, 'dbaas') + path
  };
  const add = (
    id: string,
    label: string,
    show: (dialogs: typeof Dialogs, about: About) => Promise<void>
  ): void => {
    context.add(
      id,
      label,
      () => context.subject?.kind === 'database',
      async () => {
        const { subject } = context;
        if (subject?.kind === 'database') {
          const { tenant, database } = subject;
          await show(await import('../../lifecycle/index.js'), { ...hands, tenant, database });
        }
      },
      () => context.may('own')
    );
  };
  add(COMMANDS.dump, 'Dump…', ({ showDumps }, about) => showDumps(about));
  add(COMMANDS.restore, 'Restore…', ({ askRestoreOfAny }, about) => askRestoreOfAny(about));
  add(COMMANDS.branch, 'Branch…', ({ askBranch }, about) => askBranch(about));

  app.commands.addCommand(COMMANDS.undrop, {
    label: 'Undrop…',
    describedBy: {
      args: { type: 'object', required: ['dump'], properties: { dump: { type: 'string' } } }
    },
    isEnabled: () => context.may('own'),
    isVisible: () => context.may('own'),
    execute: ({ dump }) =>
      trying(async () => {
        const { subject } = context;
        if (subject?.kind === 'tenant') {
          const { tenant } = subject;
          const last = model.view.dropped.get(tenant.subdomain)?.value?.find(({ id }) => id === dump);
          if (last) {
            const { askUndrop } = await import('../../lifecycle/index.js');
            await askUndrop(hands, tenant, last);
          }
        }
      })
  });
}

/** Shows the new database where the person waits for it, and only says so where they went on. */
async function tellMade(
  { model, app }: Context,
  made: CreatedDatabase,
  sentence: string,
  watched: boolean
): Promise<void> {
  Notification.success(sentence, { autoClose: 6000 });
  if (!watched) {
    model.refresh();
    return;
  }
  model.reveal(made.tenant, made.name);
  const { showMade } = await import('../../dialogs/index.js');
  if (await showMade(made, app.commands.hasCommand(DASHBOARD))) {
    await app.commands.execute(DASHBOARD, { tenant: made.tenant, database: made.name });
  }
}
