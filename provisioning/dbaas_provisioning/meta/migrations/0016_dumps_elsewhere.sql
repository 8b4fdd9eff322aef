-- A database that comes back from a dump goes to the server that it was on.
alter table platform_meta.dumps
  add column server uuid references platform_meta.clusters (id) on delete set null;
comment on column platform_meta.dumps.server is 'The external server that its database was on; null: the tenant''s own.';
