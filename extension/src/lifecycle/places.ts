/** What the dialogs about a database have at hand. */

import type { Client } from '../api/client.js';
import type { Place } from '../api/lifecycle.js';
import type { CreatedDatabase, Database, Tenant } from '../api/nouns.js';
import type { Works } from './works.js';

export interface Hands {
  client: Client;
  works: Works;
  /** A database is there that was not, or is another one now. @param watched whether the person waited for it. */
  made: (database: CreatedDatabase, sentence: string, watched: boolean) => Promise<void>;
  /** Something else is done. */
  done: (sentence: string) => void;
  /** Where the browser finds a path of the platform's. */
  address: (path: string) => string;
}

export interface About extends Hands {
  tenant: Tenant;
  database: Database;
}

export function placeOf({ tenant, database }: Pick<About, 'tenant' | 'database'>): Place {
  return { tenant: tenant.subdomain, database: database.name };
}

/** By the codes of what is wrong with the name of a new database. */
export const WRONG_NAMES = { invalid_name: 'name', reserved_name: 'name', database_exists: 'name' };
