/** What the control API answers, field by field as it arrives. */

/** What a person may do on a tenant; each includes the ones before it. */
export type Right = 'view' | 'own' | 'administer';

export interface Tenant {
  id: string;
  name: string;
  /** The tenant's name in URLs. */
  subdomain: string;
  plan_type: string;
  max_connections: number;
  max_storage_gb: number;
  /** Its databases take more than that: what adds to them is refused. */
  storage_full: boolean;
  default_database: string | null;
  /** The right of who asks. */
  right: Right;
}

/** What a plan allows; 0 of `statement_timeout_ms` and `idle_stop_seconds` stands for "never". */
export interface Plan {
  name: string;
  max_connections: number;
  /** 10⁹ bytes. */
  max_storage_gb: number;
  statement_timeout_ms: number;
  idle_stop_seconds: number;
  api_requests_per_second: number;
  api_concurrent_requests: number;
  realtime_connections: number;
}

/** A tenant by itself, with what it may use: its plan's limits, or its own where it has others. */
export interface LimitedTenant extends Tenant {
  limits: Plan;
}

export interface ChangedTenant extends Tenant {
  /** Whether a server of its own has room for fewer connections than it may have now, until it is started again. */
  restart_needed: boolean;
}

/** Who asks, and whom. */
export interface Platform {
  version: string;
  person: string;
  operator: boolean;
  may_make_tenants: boolean;
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
  /** Names of its row policies. */
  policies: string[];
  exposed_to: string[];
  /** A sentence with a remedy, when something about the table deserves a look. */
  warning: string | null;
}

/** A function; overloads are several of one name. */
export interface Routine {
  name: string;
  /** As written in its definition: `amount numeric, rate numeric`. */
  arguments: string;
  returns: string;
}

export interface Schema {
  name: string;
  tables: Table[];
  functions: Routine[];
}

/** A field as found in a sample of documents. */
export interface Field {
  /** Dotted, as queries write it: `address.city`. */
  path: string;
  types: string[];
  /** In how many of the sampled documents, from 0 to 1. */
  share: number;
}

export interface Index {
  name: string;
  key: Record<string, unknown>;
  unique: boolean;
}

export interface Collection {
  name: string;
  type: string;
  documents: number | null;
  size_bytes: number | null;
  indexes: Index[];
  fields: Field[];
}

/** What a database holds: schemas with tables, or collections. */
export interface Contents {
  version: number | string;
  schemas: Schema[];
  collections?: Collection[];
}

export type KeyRole = 'anon' | 'service_role';

export interface ApiKey {
  id: string;
  role: KeyRole;
  /** Its first characters: enough to recognise it. */
  prefix: string;
  created_at: string;
  revoked_at: string | null;
  documents_only: boolean;
}

export interface CreatedKey extends ApiKey {
  /** Shown once. */
  key: string;
}

/** One field of a form, as JSON Schema (draft 7) says it. */
export interface FieldSchema {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  /** What people read in place of the values, one each. */
  enumNames?: string[];
  pattern?: string;
  /** Values that it may not have. */
  not?: { enum?: unknown[] };
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
}

export interface FormSchema {
  properties: Record<string, FieldSchema>;
  required?: string[];
}

export interface EngineForm {
  name: string;
  title: string;
  version: string | null;
  description: string;
  /** What one more database takes. */
  cost: { memory_bytes: number; disk_bytes: number; sentence: string };
  schema: FormSchema;
}

/** What a tenant may create, and what is asked for it. */
export interface DatabaseForm {
  tenant: string;
  plan: { name: string } & Partial<Plan>;
  engines: EngineForm[];
}

/** One step of something that takes a while. */
export interface Step {
  /** From 1. */
  step: number;
  of: number;
  doing: string;
  /** Of those that it goes through, how many are done. */
  tables?: number;
  of_tables?: number;
  /** Written by now. */
  size_bytes?: number;
}

/** A dump that the platform keeps; its checksums are inside, and verified before anything is restored. */
export interface Dump {
  id: string;
  /** The name of the database that it is of. */
  database: string;
  engine: string;
  server_version: string;
  size_bytes: number;
  made_at: string;
  /** Whether it was made when its database was dropped. */
  is_last: boolean;
  /** When it goes by itself; null: never. */
  expires_at: string | null;
}

/** Something to send as `Authorization: Bearer`. */
export interface Token {
  token: string;
  /** Seconds since 1970. */
  expires_at: number;
}
