/** The control API, typed. Knows paths and shapes; how a request travels is given to it. */

import { ApiError, asApiError, errorFrom } from './errors.js';
import type { CreatedDatabase, Database, Exposure, Platform, Schema, Tenant, Token } from './nouns.js';

/** Sends a request to a path below the platform's mount point, such as `/v1/tenants`. */
export type Send = (path: string, init: RequestInit) => Promise<Response>;

export interface NewTenant {
  name: string;
  subdomain?: string;
}

export interface NewDatabase {
  engine: string;
  name: string;
  /** Only where the API shows tables. */
  expose?: Exposure;
}

/** Every method rejects with an `ApiError`, and with nothing else. */
export class Client {
  constructor(private readonly send: Send) {}

  platform(): Promise<Platform> {
    return this.call('GET', '/v1/platform');
  }

  tenants(): Promise<Tenant[]> {
    return this.call('GET', '/v1/tenants');
  }

  createTenant(tenant: NewTenant): Promise<Tenant> {
    return this.call('POST', '/v1/tenants', tenant);
  }

  databases(tenant: string): Promise<Database[]> {
    return this.call('GET', path(tenant, 'databases'));
  }

  createDatabase(tenant: string, database: NewDatabase): Promise<CreatedDatabase> {
    return this.call('POST', path(tenant, 'databases'), database);
  }

  /** Wakes the database if it sleeps. */
  async schemas(tenant: string, database: string): Promise<Schema[]> {
    const answer = await this.call<{ schemas: Schema[] }>(
      'GET',
      path(tenant, 'databases', database, 'schema')
    );
    return answer.schemas;
  }

  async connectionString(tenant: string, database: string): Promise<string> {
    const answer = await this.call<{ connection_string: string }>(
      'GET',
      path(tenant, 'databases', database, 'connection-string')
    );
    return answer.connection_string;
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
    const init: RequestInit = { method };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
    }
    let response: Response;
    try {
      response = await this.send(path, init);
    } catch (thrown) {
      throw asApiError(thrown);
    }
    if (!response.ok) {
      throw await errorFrom(response);
    }
    try {
      return (await response.json()) as T;
    } catch {
      // Jupyter answers a signed-out request with its login page.
      throw new ApiError(
        'refused',
        'The server did not answer with data.',
        'Reload the page and sign in again.'
      );
    }
  }
}

function path(tenant: string, ...rest: string[]): string {
  return ['', 'v1', tenant, ...rest].map(encodeURIComponent).join('/');
}
