/** What can be done to a row, from its context menu, the keyboard or a button. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard, Notification } from '@jupyterlab/apputils';

import { asApiError } from '../api/errors.js';
import type { Database, Tenant } from '../api/nouns.js';
import { createDatabase, createTenant } from '../dialogs/index.js';
import type { Model } from './model.js';
import type { Subject } from './rows.js';

export const COMMANDS = {
  createTenant: 'dbaas:create-tenant',
  createDatabase: 'dbaas:create-database',
  copyConnectionString: 'dbaas:copy-connection-string',
  copyRestUrl: 'dbaas:copy-rest-url',
  copyName: 'dbaas:copy-name',
  openGraphiql: 'dbaas:open-graphiql',
  refresh: 'dbaas:refresh'
} as const;

const CREATE_RANK = 0;
const COPY_RANK = 10;
const OPEN_RANK = 20;

/**
 * Registers the commands and the context menu.
 *
 * @returns runs a command on the model's active row.
 */
export function addCommands(app: JupyterFrontEnd, model: Model): (command: string) => void {
  const { commands, contextMenu } = app;
  const noArguments = { args: { type: 'object', properties: {} } } as const;
  const subject = (): Subject | null => model.activeRow?.subject ?? null;
  const add = (
    id: string,
    label: string,
    enabled: () => boolean,
    execute: () => Promise<void> | void
  ): void => {
    commands.addCommand(id, {
      label,
      describedBy: noArguments,
      isEnabled: enabled,
      execute: async () => {
        try {
          await execute();
        } catch (thrown) {
          tellProblem(thrown);
        }
      }
    });
  };

  add(
    COMMANDS.createTenant,
    'New Tenant…',
    () => true,
    async () => {
      const tenant = await createTenant(model.client);
      if (tenant) {
        model.reveal(tenant.subdomain);
      }
    }
  );
  add(
    COMMANDS.createDatabase,
    'New Database…',
    () => (model.view.tenants ?? []).length > 0,
    async () => {
      const tenants = model.view.tenants ?? [];
      const database = await createDatabase(model.client, tenants, subject()?.tenant ?? tenants[0]);
      if (database) {
        model.reveal(database.tenant, database.name);
        announce(database.name, database.connection_string);
      }
    }
  );
  add(
    COMMANDS.copyConnectionString,
    'Copy Connection String',
    () => databaseOf(subject()) !== null,
    async () => {
      const [tenant, database] = databaseOf(subject()) ?? [];
      if (tenant && database) {
        await copying('Connection string', () =>
          model.client.connectionString(tenant.subdomain, database.name)
        );
      }
    }
  );
  add(
    COMMANDS.copyRestUrl,
    'Copy REST URL',
    () => restUrl(subject()) !== null,
    async () => {
      const url = restUrl(subject());
      if (url !== null) {
        await copying('REST URL', () => Promise.resolve(url));
      }
    }
  );
  add(
    COMMANDS.copyName,
    'Copy Name',
    () => subject() !== null,
    async () => {
      const name = model.activeRow?.name;
      if (name !== undefined) {
        await copying('Name', () => Promise.resolve(name));
      }
    }
  );
  add(
    COMMANDS.openGraphiql,
    'Open GraphiQL',
    () => subject() !== null,
    async () => {
      const chosen = subject();
      if (chosen !== null) {
        const database = databaseOf(chosen)?.[1].name;
        await commands.execute('dbaas:graphiql', {
          tenant: chosen.tenant.subdomain,
          ...(database === undefined ? {} : { database })
        });
      }
    }
  );
  add(
    COMMANDS.refresh,
    'Refresh Databases',
    () => true,
    () => {
      model.refresh();
    }
  );

  const offer = (kind: Subject['kind'], rank: number, ...ids: string[]): void => {
    ids.forEach((command, index) => {
      contextMenu.addItem({ command, selector: `.dbaas-Row[data-kind="${kind}"]`, rank: rank + index });
    });
  };
  offer('tenant', CREATE_RANK, COMMANDS.createDatabase, COMMANDS.createTenant);
  offer('tenant', COPY_RANK, COMMANDS.copyName);
  offer('database', COPY_RANK, COMMANDS.copyConnectionString, COMMANDS.copyRestUrl, COMMANDS.copyName);
  offer('tenant', OPEN_RANK, COMMANDS.openGraphiql);
  offer('database', OPEN_RANK, COMMANDS.openGraphiql);
  offer('schema', COPY_RANK, COMMANDS.copyName);
  offer('table', COPY_RANK, COMMANDS.copyRestUrl, COMMANDS.copyName);
  offer('column', COPY_RANK, COMMANDS.copyName);
  offer('note', CREATE_RANK, COMMANDS.createDatabase);

  return command => {
    void commands.execute(command);
  };
}

/** Copies what a promise brings, and says how that went. */
export async function copying(what: string, bring: () => Promise<string>): Promise<void> {
  try {
    await copy(await bring());
    Notification.success(`${what} copied.`, { autoClose: 2000 });
  } catch (thrown) {
    tellProblem(thrown);
  }
}

/** Says what went wrong, and what to do about it. */
export function tellProblem(thrown: unknown): void {
  const problem = asApiError(thrown);
  Notification.error([problem.message, problem.hint].filter(Boolean).join(' '), { autoClose: 8000 });
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Only pages from a secure origin have that clipboard, and the browser may refuse it.
    Clipboard.copyToSystem(text);
  }
}

function announce(name: string, connectionString: string): void {
  Notification.success(`Database ${name} is ready.`, {
    autoClose: 10_000,
    actions: [
      {
        label: 'Copy connection string',
        displayType: 'accent',
        callback: () => {
          void copying('Connection string', () => Promise.resolve(connectionString));
        }
      }
    ]
  });
}

function databaseOf(subject: Subject | null): [Tenant, Database] | null {
  return subject && 'database' in subject ? [subject.tenant, subject.database] : null;
}

/** A table's own URL; a database's otherwise. */
function restUrl(subject: Subject | null): string | null {
  const base = databaseOf(subject)?.[1].rest_url ?? null;
  if (base === null || subject?.kind !== 'table') {
    return base;
  }
  return `${base.replace(/\/+$/, '')}/${encodeURIComponent(subject.table.name)}`;
}
