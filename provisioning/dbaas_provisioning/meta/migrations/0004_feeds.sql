-- Not a column of tenant_databases: a new epoch is no change of the database that its sessions have to hear of.
create table platform_meta.feeds (
  database_id uuid primary key references platform_meta.tenant_databases (id) on delete cascade,
  epoch bigint not null
);
comment on column platform_meta.feeds.epoch is 'Moves with each new log of changes; never used twice, also for a name''s next database.';
