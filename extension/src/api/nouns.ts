/** What the control API answers, field by field as it arrives. */

export interface Tenant {
  id: string;
  name: string;
  /** The tenant's name in URLs. */
  subdomain: string;
  plan_type: string;
  max_connections: number;
  max_storage_gb: number;
  default_database: string | null;
}

export type DatabaseState = 'ready' | 'sleeping' | 'creating' | 'failed' | 'dropping';

/** Who may reach a table over the API: those that a row policy names, or everybody with a key. */
export type Exposure = 'policies' | 'all';

export interface Database {
  id: string;
  tenant: string;
  name: string;
  engine: string;
  version: string | null;
  /** Null where the API shows nothing: of a document database. */
  exposure: Exposure | null;
  state: DatabaseState;
  /** Null while nobody knows, for instance while it sleeps. */
  size_bytes: number | null;
  connections: number;
  max_connections: number;
  is_default: boolean;
  rest_url: string | null;
}

export interface CreatedDatabase extends Database {
  /** With the password: shown once, then only on demand. */
  connection_string: string;
}

export interface Column {
  name: string;
  type: string;
  nullable: boolean;
  default: string | null;
  primary_key: boolean;
  comment: string | null;
  references: { schema: string; table: string; column: string } | null;
}

export interface Table {
  name: string;
  schema: string;
  kind: string;
  columns: Column[];
  primary_key: string[];
  estimated_rows: number | null;
  size_bytes: number | null;
  row_security: boolean;
  exposed_to: string[];
  /** A sentence with a remedy, when something about the table deserves a look. */
  warning: string | null;
}

export interface Schema {
  name: string;
  tables: Table[];
}

export interface Engine {
  name: string;
  version: string | null;
  can: { sql: boolean };
}

export interface Platform {
  version: string;
  engines: Engine[];
}

/** Something to send as `Authorization: Bearer`. */
export interface Token {
  token: string;
  /** Seconds since 1970. */
  expires_at: number;
}
