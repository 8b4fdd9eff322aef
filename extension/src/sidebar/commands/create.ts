/** New tenants, databases and keys. */

import type { Tenant } from '../../api/nouns.js';
import { may } from '../../api/rights.js';
import { COMMANDS } from '../actions.js';
import { DASHBOARD } from './context.js';
import type { Context } from './context.js';

export function addCreating(context: Context): void {
  const { model, app } = context;
  const owned = (): Tenant[] => (model.view.tenants ?? []).filter(tenant => may(tenant, 'own'));

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
    },
    () => model.view.platform?.may_make_tenants === true
  );

  context.add(
    COMMANDS.createDatabase,
    'New Database…',
    () => owned().length > 0,
    async () => {
      const tenants = owned();
      const { createDatabase, showMade } = await import('../../dialogs/index.js');
      const here = tenants.find(tenant => tenant.id === context.subject?.tenant.id);
      const made = await createDatabase(model.client, tenants, here ?? tenants[0]);
      if (made) {
        model.reveal(made.tenant, made.name);
        if (await showMade(made, app.commands.hasCommand(DASHBOARD))) {
          await app.commands.execute(DASHBOARD, { tenant: made.tenant, database: made.name });
        }
      }
    },
    () => context.subject === null || context.may('own')
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
    },
    () => context.may('own')
  );
}
