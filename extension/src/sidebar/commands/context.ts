/** What every command has at hand. */

import type { JupyterFrontEnd } from '@jupyterlab/application';

import type { Database, Right, Tenant } from '../../api/nouns.js';
import { may } from '../../api/rights.js';
import type { Works } from '../../lifecycle/works.js';
import type { Target } from '../../snippets/target.js';
import { placeOf } from '../carried.js';
import { tellProblem } from '../copying.js';
import type { Model } from '../model.js';
import type { Subject } from '../rows.js';

/** Opens a database's dashboard, or `text` in its editor: another plugin's command, there or not. */
export const DASHBOARD = 'dbaas:dashboard';

export class Context {
  constructor(
    readonly app: JupyterFrontEnd,
    readonly model: Model,
    /** Long work that the panel shows. */
    readonly works: Works
  ) {}

  /** What the active row stands for. */
  get subject(): Subject | null {
    return this.model.activeRow?.subject ?? null;
  }

  /** The database that the active row is, or is in. */
  get place(): { tenant: Tenant; database: Database } | null {
    const { subject } = this;
    return subject && 'database' in subject ? { tenant: subject.tenant, database: subject.database } : null;
  }

  /** What a query or a snippet on the active row is about. */
  get target(): Target | null {
    const { subject, place } = this;
    return (
      subject &&
      place && {
        tenant: place.tenant.subdomain,
        database: place.database.name,
        documents: place.database.engine === 'document',
        place: placeOf(subject)
      }
    );
  }

  /** Whether the person has that right on the active row's tenant. */
  may(needed: Right): boolean {
    return this.subject !== null && may(this.subject.tenant, needed);
  }

  get canOpen(): boolean {
    return this.place !== null && this.app.commands.hasCommand(DASHBOARD);
  }

  /**
   * Registers a command that takes no arguments; what goes wrong in it is said.
   *
   * @param allowed whether the platform would let this person: menus leave out what it would refuse.
   */
  add(
    id: string,
    label: string,
    enabled: () => boolean,
    execute: () => Promise<void> | void,
    allowed: () => boolean = () => true
  ): void {
    this.app.commands.addCommand(id, {
      label,
      describedBy: { args: { type: 'object', properties: {} } },
      isEnabled: () => enabled() && allowed(),
      isVisible: allowed,
      execute: () => trying(execute)
    });
  }
}

export async function trying(execute: () => Promise<void> | void): Promise<void> {
  try {
    await execute();
  } catch (thrown) {
    tellProblem(thrown);
  }
}
