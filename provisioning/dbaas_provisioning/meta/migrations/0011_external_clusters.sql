-- Servers that run elsewhere, shared by tenants. Their administrators' secrets are kept as those of local clusters are.
alter table platform_meta.clusters
  add column name text unique,
  add column sslmode text not null default '',
  add column sslrootcert text not null default '',
  add column powers jsonb,
  add column system_identifier text unique,
  add check ((runtime = 'external') = (name is not null)),
  add check ((runtime = 'external') = (tenant_id is null));
comment on column platform_meta.clusters.name is 'Of an external server.';
comment on column platform_meta.clusters.sslrootcert is 'PEM of the authorities that vouch for it, or ''system''.';
comment on column platform_meta.clusters.powers is 'What its administrator was found to be able to do; null where the platform runs it.';

-- A state is noted often and concerns nobody who follows; where it is and what can be done there does.
create trigger announce_new after insert or delete on platform_meta.clusters
  for each row execute function platform_meta.announce('cluster');
create trigger announce after update of name, host, port, sslmode, sslrootcert, powers, superuser_secret on platform_meta.clusters
  for each row execute function platform_meta.announce('cluster');
