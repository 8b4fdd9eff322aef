create schema platform_meta;

create table platform_meta.plans (
  name text primary key,
  max_connections integer not null check (max_connections > 0),
  max_storage_gb integer not null check (max_storage_gb > 0),
  statement_timeout_ms integer not null check (statement_timeout_ms >= 0),
  idle_stop_seconds integer check (idle_stop_seconds > 0)
);

insert into platform_meta.plans (name, max_connections, max_storage_gb, statement_timeout_ms) values
  ('free', 100, 10, 30000),
  ('team', 200, 50, 60000),
  ('pro', 400, 500, 120000);

create table platform_meta.tenants (
  id uuid primary key,
  name text not null,
  subdomain text not null unique,
  plan_type text not null default 'free' references platform_meta.plans (name),
  max_connections integer not null default 100,
  max_storage_gb integer not null default 10,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table platform_meta.clusters (
  id uuid primary key,
  tenant_id uuid references platform_meta.tenants (id) on delete cascade,
  engine text not null,
  runtime text not null default 'local',
  version text not null,
  host text not null default '127.0.0.1',
  port integer not null default 0,
  data_dir text not null,
  state text not null default 'sleeping' check (state in ('running', 'sleeping', 'failed')),
  settings jsonb not null default '{}',
  superuser text not null,
  superuser_secret text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (tenant_id, engine)
);
comment on column platform_meta.clusters.port is '0: it has never been started.';
comment on column platform_meta.clusters.data_dir is 'Relative to the data folder''s clusters.';

create table platform_meta.tenant_databases (
  id uuid primary key,
  tenant_id uuid not null references platform_meta.tenants (id) on delete cascade,
  database_name text not null,
  physical_name text not null,
  database_owner text not null default '',
  engine text not null,
  cluster uuid not null references platform_meta.clusters (id) on delete cascade,
  connection_info jsonb not null default '{}',
  exposure text not null default 'policies' check (exposure in ('policies', 'all')),
  is_default boolean not null default false,
  status text not null default 'creating' check (status in ('creating', 'ready', 'dropping')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (tenant_id, database_name),
  unique (cluster, physical_name)
);
comment on column platform_meta.tenant_databases.connection_info is 'login → {username, secret}; secrets are encrypted.';
create unique index tenant_databases_default on platform_meta.tenant_databases (tenant_id) where is_default;

create table platform_meta.jwt_secrets (
  tenant_id uuid primary key references platform_meta.tenants (id) on delete cascade,
  kid text not null,
  secret text not null,
  created_at timestamptz not null default now()
);

create table platform_meta.api_keys (
  id uuid primary key,
  tenant_id uuid references platform_meta.tenants (id) on delete cascade,
  role text not null check (role in ('anon', 'service_role', 'admin')),
  prefix text not null,
  sha256 bytea not null unique,
  created_at timestamptz not null default now(),
  revoked_at timestamptz,
  check ((role = 'admin') = (tenant_id is null))
);
create index api_keys_tenant on platform_meta.api_keys (tenant_id);

-- Names and not references: what was done to a tenant is still known when the tenant is gone.
create table platform_meta.audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  tenant text,
  target text,
  outcome text not null,
  details jsonb not null default '{}'
);
create index audit_log_tenant on platform_meta.audit_log (tenant, id);

create function platform_meta.touch() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end
$$;
create trigger touch before update on platform_meta.tenants for each row execute function platform_meta.touch();
create trigger touch before update on platform_meta.clusters for each row execute function platform_meta.touch();
create trigger touch before update on platform_meta.tenant_databases for each row execute function platform_meta.touch();

create function platform_meta.announce() returns trigger language plpgsql as $$
begin
  perform pg_notify('platform_meta', tg_argv[0] || ':' || case when tg_op = 'DELETE' then old.id else new.id end);
  return null;
end
$$;
create trigger announce after insert or update or delete on platform_meta.tenants
  for each row execute function platform_meta.announce('tenant');
create trigger announce after insert or update or delete on platform_meta.tenant_databases
  for each row execute function platform_meta.announce('database');
create trigger announce after insert or update or delete on platform_meta.api_keys
  for each row execute function platform_meta.announce('key');
