/** What cannot be brought back. */

import { Notification } from '@jupyterlab/apputils';

import { COMMANDS } from '../actions.js';
import { idOf } from '../known.js';
import type { Context } from './context.js';

export function addRemoving(context: Context): void {
  const { model } = context;
  context.add(
    COMMANDS.drop,
    'Drop…',
    () => context.subject?.kind === 'tenant' || context.subject?.kind === 'database',
    async () => {
      const { subject } = context;
      const around = (drop: () => Promise<void>): Promise<void> => model.undisturbed(drop);
      const { dropDatabase, dropTenant } = await import('../../dialogs/index.js');
      if (subject?.kind === 'database') {
        const { tenant, database } = subject;
        const known = model.view.contents.get(idOf(database))?.value ?? null;
        say(
          await dropDatabase(model.client, tenant, database, known, around),
          `Database ${database.name} was dropped.`
        );
      } else if (subject?.kind === 'tenant') {
        say(
          await dropTenant(model.client, subject.tenant, around),
          `Tenant ${subject.tenant.name} was dropped.`
        );
      }
      model.refresh();
    },
    () => context.may(context.subject?.kind === 'tenant' ? 'administer' : 'own')
  );
}

function say(done: boolean, sentence: string): void {
  if (done) {
    Notification.success(sentence, { autoClose: 4000 });
  }
}
