/** The tabs of a database's dashboard. Whoever adds one adds it here, and nowhere else. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IThemeManager } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IStateDB } from '@jupyterlab/statedb';
import type { Widget } from '@lumino/widgets';

import type { Send } from '../api/client.js';
import type { Database, Right, Tenant } from '../api/nouns.js';
import { may } from '../api/rights.js';
import { LazyPanel } from '../lazy.js';
import type { Inbox, Wish } from './wishes.js';

/** What a dashboard was opened with. */
export interface Surroundings {
  app: JupyterFrontEnd;
  themes: IThemeManager | null;
  rendermime: IRenderMimeRegistry | null;
  state: IStateDB | null;
  tenant: string;
  database: string;
}

/** What a tab is made from. */
export interface TabContext extends Surroundings {
  send: Send;
  /** The database as it was when the dashboard opened. */
  about: Database;
  /** Shows another tab of this dashboard, or a statement in a new query. */
  show: (wish: Wish) => void;
  /** Statements on their way into new queries. */
  texts: Inbox<string>;
}

export interface DashboardTab {
  id: string;
  label: string;
  /** Tabs stand in the order of their ranks. */
  rank: number;
  applies: (database: Database) => boolean;
  /** The right on the tenant without which all of it would be refused. */
  needs: Right;
  create: (context: TabContext) => Widget;
}

const tabs: DashboardTab[] = [
  {
    id: 'overview',
    label: 'Overview',
    rank: 0,
    applies: () => true,
    needs: 'view',
    create: context =>
      new LazyPanel(async () => (await import('./overview/index.js')).createOverview(context))
  },
  {
    id: 'query',
    label: 'Query',
    rank: 10,
    applies: () => true,
    needs: 'own',
    create: context => new LazyPanel(async () => (await import('../editor/index.js')).createQueryTab(context))
  }
];

export function tabsFor(database: Database, tenant: Tenant): DashboardTab[] {
  return tabs
    .filter(tab => tab.applies(database) && may(tenant, tab.needs))
    .sort((one, other) => one.rank - other.rank);
}
