/** What a tenant may use: the operator's to say. */

import { Notification } from '@jupyterlab/apputils';

import { COMMANDS } from '../actions.js';
import type { Context } from './context.js';

export function addPlanning(context: Context): void {
  const { model } = context;
  context.add(
    COMMANDS.changePlan,
    'Change Plan…',
    () => context.subject?.kind === 'tenant',
    async () => {
      const tenant = context.subject?.tenant;
      if (!tenant) {
        return;
      }
      const { changePlan } = await import('../../dialogs/index.js');
      const databases = model.view.databases.get(tenant.subdomain)?.value ?? [];
      const changed = await changePlan(model.client, tenant, databases);
      if (changed) {
        const later = changed.restart_needed
          ? ' Its servers get room for more connections when they start next.'
          : '';
        Notification.success(`${changed.name} has the plan ${changed.plan_type}.${later}`, {
          autoClose: 6000
        });
        model.refresh();
      }
    },
    () => model.view.platform?.operator === true
  );
}
