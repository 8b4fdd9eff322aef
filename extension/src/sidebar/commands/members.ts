/** Who may do what with a tenant. */

import { COMMANDS } from '../actions.js';
import type { Context } from './context.js';

export function addMembers(context: Context): void {
  const { model } = context;
  context.add(
    COMMANDS.members,
    'Members…',
    () => context.subject?.kind === 'tenant',
    async () => {
      const tenant = context.subject?.tenant;
      if (tenant) {
        const { showMembers } = await import('../../members/index.js');
        await showMembers(model.client, tenant, model.view.platform?.person ?? null);
        model.refresh();
      }
    }
  );
}
