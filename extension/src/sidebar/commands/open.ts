/** Looking into things: the dashboard, a query, GraphiQL. */

import { firstRows } from '../../snippets/target.js';
import { COMMANDS } from '../actions.js';
import { DASHBOARD } from './context.js';
import type { Context } from './context.js';

export function addOpening(context: Context): void {
  const { commands } = context.app;

  context.add(
    COMMANDS.open,
    'Open',
    () => context.canOpen,
    async () => {
      const { place } = context;
      if (place) {
        await commands.execute(DASHBOARD, { tenant: place.tenant.subdomain, database: place.database.name });
      }
    }
  );

  context.add(
    COMMANDS.query,
    'Query',
    () => context.canOpen,
    async () => {
      const { target } = context;
      if (target) {
        const { tenant, database } = target;
        const shown = target.place === null ? { tab: 'query' } : { text: firstRows(target) };
        await commands.execute(DASHBOARD, { tenant, database, ...shown });
      }
    },
    () => context.may('own')
  );

  context.add(
    COMMANDS.openGraphiql,
    'Open GraphiQL',
    () => context.subject !== null,
    async () => {
      const tenant = context.subject?.tenant.subdomain;
      const database = context.place?.database.name;
      if (tenant !== undefined) {
        await commands.execute('dbaas:graphiql', { tenant, ...(database !== undefined && { database }) });
      }
    },
    () => context.may('own')
  );

  context.add(
    COMMANDS.refresh,
    'Refresh Databases',
    () => true,
    () => {
      context.model.refresh();
    }
  );
}
