/** The control API, typed. Knows paths and shapes; how a request travels is given to it. */

import { answerOf, initOf, path } from './call.js';
import { ApiError, asApiError } from './errors.js';
import type {
  ApiKey,
  ChangedTenant,
  Contents,
  CreatedDatabase,
  CreatedKey,
  Database,
  DatabaseForm,
  KeyRole,
  LimitedTenant,
  Plan,
  Platform,
  Tenant,
  Token
} from './nouns.js';
import { told } from './told.js';
import type { Tell } from './told.js';

/** Sends a request to a path below the platform's mount point, such as `/v1/tenants`. */
export type Send = (path: string, init: RequestInit) => Promise<Response>;

export interface NewTenant {
  name: string;
  subdomain?: string;
}

/** `engine`, `name` and whatever else the server's form asked for. */
export type NewDatabase = { engine: string; name: string } & Record<string, unknown>;

/** Every method rejects with an `ApiError`, and with nothing else. */
export class Client {
  constructor(readonly send: Send) {}

  platform(): Promise<Platform> {
    return this.call('GET', '/v1/platform');
  }

  /** Those that the person has a right on, with that right. */
  tenants(): Promise<Tenant[]> {
    return this.call('GET', '/v1/tenants');
  }

  tenant(tenant: string): Promise<LimitedTenant> {
    return this.call('GET', path('tenants', tenant));
  }

  /** Operators only. */
  plans(): Promise<Plan[]> {
    return this.call('GET', '/v1/plans');
  }

  /** Operators only. */
  changePlan(tenant: string, plan: string): Promise<ChangedTenant> {
    return this.call('PATCH', path('tenants', tenant), { plan });
  }

  createTenant(tenant: NewTenant): Promise<Tenant> {
    return this.call('POST', '/v1/tenants', tenant);
  }

  /** With all its databases, keys and data. */
  async dropTenant(tenant: string): Promise<void> {
    await this.answer('DELETE', path('tenants', tenant));
  }

  databases(tenant: string): Promise<Database[]> {
    return this.call('GET', path(tenant, 'databases'));
  }

  /** What can be created in a tenant, what it takes and what is asked for it. */
  databaseForm(tenant: string): Promise<DatabaseForm> {
    return this.call('GET', path(tenant, 'forms', 'database'));
  }

  /** @param tell is given each step as it begins, where the server says so. */
  createDatabase(tenant: string, database: NewDatabase, tell?: Tell): Promise<CreatedDatabase> {
    return told(this.send, path(tenant, 'databases'), database, 'database', tell);
  }

  /** With its data. */
  async dropDatabase(tenant: string, database: string): Promise<void> {
    await this.answer('DELETE', path(tenant, 'databases', database));
  }

  /** Wakes the database if it sleeps. The same object as before when nothing is new: a large one costs to compare. */
  async contents(tenant: string, database: string): Promise<Contents> {
    const where = path(tenant, 'databases', database, 'schema');
    const text = await textOf(await this.answer('GET', where));
    const last = this.lastContents.get(where);
    if (last?.text === text) {
      return last.value;
    }
    const value = parsed(text) as Contents;
    this.lastContents.set(where, { text, value });
    return value;
  }

  async connectionString(tenant: string, database: string): Promise<string> {
    const answer = await this.call<{ connection_string: string }>(
      'GET',
      path(tenant, 'databases', database, 'connection-string')
    );
    return answer.connection_string;
  }

  /** Revoked ones too. */
  keys(tenant: string): Promise<ApiKey[]> {
    return this.call('GET', path(tenant, 'keys'));
  }

  createKey(tenant: string, role: KeyRole): Promise<CreatedKey> {
    return this.call('POST', path(tenant, 'keys'), { role });
  }

  async revokeKey(tenant: string, id: string): Promise<void> {
    await this.answer('DELETE', path(tenant, 'keys', id));
  }

  /** The signed-in person's own token, short-lived: opens every tenant's data, as the person may. */
  personToken(): Promise<Token> {
    return this.call('POST', '/v1/token');
  }

  /** A token of the tenant, as its applications hand them to people. */
  signedToken(tenant: string, role: 'anon' | 'authenticated', subject: string): Promise<Token> {
    return this.call('POST', path(tenant, 'jwt'), { role, ...(subject === '' ? {} : { sub: subject }) });
  }

  private async call<T>(method: string, path: string, body?: object): Promise<T> {
    return parsed(await textOf(await this.answer(method, path, body))) as T;
  }

  private answer(method: string, path: string, body?: object): Promise<Response> {
    return answerOf(this.send, path, initOf(method, body));
  }

  private readonly lastContents = new Map<string, { text: string; value: Contents }>();
}

async function textOf(response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (thrown) {
    throw asApiError(thrown);
  }
}

/** As the caller knows it to be. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Jupyter answers a signed-out request with its login page.
    throw new ApiError(
      'refused',
      'The server did not answer with data.',
      'Reload the page and sign in again.'
    );
  }
}
