/** New tenants, databases and keys. */

import { COMMANDS } from '../actions.js';
import { DASHBOARD } from './context.js';
import type { Context } from './context.js';

export function addCreating(context: Context): void {
  const { model, app } = context;

  context.add(
    COMMANDS.createTenant,
    'New Tenant…',
    () => true,
    async () => {
      const { createTenant } = await import('../../dialogs/index.js');
      const tenant = await createTenant(model.client);
      if (tenant) {
        model.reveal(tenant.subdomain);
      }
    }
  );

  context.add(
    COMMANDS.createDatabase,
    'New Database…',
    () => (model.view.tenants ?? []).length > 0,
    async () => {
      const tenants = model.view.tenants ?? [];
      const { createDatabase, showMade } = await import('../../dialogs/index.js');
      const made = await createDatabase(model.client, tenants, context.subject?.tenant ?? tenants[0]);
      if (made) {
        model.reveal(made.tenant, made.name);
        if (await showMade(made, app.commands.hasCommand(DASHBOARD))) {
          await app.commands.execute(DASHBOARD, { tenant: made.tenant, database: made.name });
        }
      }
    }
  );

  context.add(
    COMMANDS.keys,
    'API Keys…',
    () => context.subject !== null,
    async () => {
      const tenant = context.subject?.tenant;
      if (tenant) {
        const { showKeys } = await import('../../dialogs/index.js');
        await showKeys(model.client, tenant);
      }
    }
  );
}
