-- What people ran in editors. Its rows go with the database, hence with the tenant.
create table platform_meta.query_history (
  person bytea not null,
  id uuid not null,
  database_id uuid not null references platform_meta.tenant_databases (id) on delete cascade,
  text text not null,
  bytes integer not null generated always as (octet_length(text)) stored,
  at timestamptz not null,
  duration_ms double precision not null,
  rows bigint,
  error text,
  primary key (person, id) include (bytes)
);
create index query_history_database on platform_meta.query_history (database_id, person, id);
comment on column platform_meta.query_history.person is 'SHA-256 of who it was: a name of any length, or the id of a key.';
comment on column platform_meta.query_history.id is 'Of version 7 (RFC 9562): later entries have greater ones, and none tells how many others there are.';
comment on column platform_meta.query_history.error is 'Its code: messages quote values.';
