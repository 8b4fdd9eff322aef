-- What members do with data, and what they tried without the right to, beside what is done to the platform. Each kind is
-- kept within bounds of its own. A default that is a constant rewrites nothing, and no row is of the new kinds yet.
alter table platform_meta.audit_log
  add column kind text not null default 'control',
  add column fold bytea;
alter table platform_meta.audit_log add constraint audit_log_kind check (kind in ('control', 'data', 'refused')) not valid;
comment on column platform_meta.audit_log.fold is 'Attempts that are alike, and of one minute, are one entry: the digest of what they have in common.';
create index audit_log_bounded on platform_meta.audit_log (kind, tenant, id) where kind <> 'control';
create unique index audit_log_fold on platform_meta.audit_log (fold) where fold is not null;
