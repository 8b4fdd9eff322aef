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
      const { dropDatabase, dropTenant } = await import('../../dialogs/index.js');
      const dropping = {
        client: model.client,
        works: context.works,
        around: (drop: () => Promise<void>) => model.undisturbed(drop),
        done: (sentence: string) => {
          Notification.success(sentence, { autoClose: 4000 });
          model.refresh();
        }
      };
      if (subject?.kind === 'database') {
        const { tenant, database } = subject;
        await dropDatabase(
          dropping,
          tenant,
          database,
          model.view.contents.get(idOf(database))?.value ?? null
        );
      } else if (subject?.kind === 'tenant') {
        await dropTenant(dropping, subject.tenant);
      }
      model.refresh();
    },
    () => context.may(context.subject?.kind === 'tenant' ? 'administer' : 'own')
  );
}
