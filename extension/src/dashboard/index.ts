/**
 * A database's dashboard.
 *
 * 1. One per database: opening it again shows the one that is open.
 * 2. A tab is made when it is first looked at, and asks nothing while nobody looks at it.
 * 3. Tabs know nothing of each other; what one wants of another goes through `TabContext.show`.
 */

import type { Widget } from '@lumino/widgets';

import { sender } from '../api/connect.js';
import { Dashboard } from './dashboard.js';
import type { Surroundings } from './tabs.js';
import type { Inbox, Wish } from './wishes.js';

import '../../style/index.css';
import '../../style/dashboard.css';

/** @param wishes what somebody wants to see of it, from now on and from before it was there. */
export function createDashboard(surroundings: Surroundings, wishes: Inbox<Wish>): Widget {
  return new Dashboard(surroundings, sender(surroundings.app.serviceManager.serverSettings), wishes);
}
