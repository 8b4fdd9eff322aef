-- What is under way: whoever finds a row that nobody works on knows what to take away. Its id is in all names it uses.
create table platform_meta.pieces_of_work (
  id uuid primary key,
  tenant_id uuid not null references platform_meta.tenants (id) on delete cascade,
  cluster uuid references platform_meta.clusters (id) on delete cascade,
  database_id uuid not null,
  kind text not null check (kind in ('dump', 'restore', 'fill', 'rotate')),
  working_login text not null default '',
  secrets jsonb not null default '{}',
  began_at timestamptz not null default now()
);
create index pieces_of_work_tenant on platform_meta.pieces_of_work (tenant_id);
comment on column platform_meta.pieces_of_work.kind is
  'restore: databases dbaas_new_<id> and dbaas_old_<id> may exist; rotate: secrets are on their way to the engine.';
comment on column platform_meta.pieces_of_work.secrets is 'login → {username, secret}, as in connection_info.';

-- Names and not references: the last dump of a database outlives it.
create table platform_meta.dumps (
  id uuid primary key,
  tenant_id uuid not null references platform_meta.tenants (id) on delete cascade,
  database_id uuid not null,
  database_name text not null,
  engine text not null,
  exposure text not null,
  server_version text not null,
  size_bytes bigint not null,
  made_at timestamptz not null default now(),
  is_last boolean not null default false,
  expires_at timestamptz
);
create index dumps_tenant on platform_meta.dumps (tenant_id, database_id);
create index dumps_expiry on platform_meta.dumps (expires_at) where expires_at is not null;
comment on column platform_meta.dumps.is_last is 'Made when its database was dropped.';
