alter table platform_meta.plans
  alter column max_storage_gb type double precision,
  add column idle_transaction_seconds integer not null default 1800 check (idle_transaction_seconds > 0),
  add column api_requests_per_second integer not null default 20000 check (api_requests_per_second > 0),
  add column api_concurrent_requests integer not null default 1000 check (api_concurrent_requests > 0);
comment on column platform_meta.plans.api_requests_per_second is 'Of a tenant, over all processes of the platform on one machine, like the requests at once.';

update platform_meta.plans set api_requests_per_second = 50000, api_concurrent_requests = 2000 where name = 'team';
update platform_meta.plans set api_requests_per_second = 100000, api_concurrent_requests = 5000 where name = 'pro';

-- What a tenant has of its own, beside its plan. Null: what the plan says, also when that changes.
alter table platform_meta.tenants
  alter column max_connections drop not null, alter column max_connections drop default,
  alter column max_storage_gb type double precision,
  alter column max_storage_gb drop not null, alter column max_storage_gb drop default,
  add constraint max_connections check (max_connections > 0),
  add constraint max_storage_gb check (max_storage_gb > 0),
  add column storage_full boolean not null default false;
comment on column platform_meta.tenants.storage_full is 'Its databases take more than max_storage_gb: what adds to them is refused.';

update platform_meta.tenants t set max_connections = null from platform_meta.plans p
  where p.name = t.plan_type and p.max_connections = t.max_connections;
update platform_meta.tenants t set max_storage_gb = null from platform_meta.plans p
  where p.name = t.plan_type and p.max_storage_gb = t.max_storage_gb;

-- Which limits the logins of a cluster have: a sleeping one gets others when it wakes.
alter table platform_meta.clusters add column limits text not null default '';

create function platform_meta.announce_plan() returns trigger language plpgsql as $$
begin
  perform pg_notify('platform_meta', 'plan:' || case when tg_op = 'DELETE' then old.name else new.name end);
  return null;
end
$$;
create trigger announce after insert or update or delete on platform_meta.plans
  for each row execute function platform_meta.announce_plan();

-- What was used, by the hour. Names and not references to databases: what a dropped one used was used.
create table platform_meta.usage (
  tenant_id uuid not null references platform_meta.tenants (id) on delete cascade,
  database_name text not null default '',
  hour timestamptz not null,
  requests bigint not null default 0,
  refused bigint not null default 0,
  connections integer not null default 0,
  storage_bytes bigint not null default 0,
  awake_seconds double precision not null default 0,
  primary key (tenant_id, database_name, hour)
);
comment on column platform_meta.usage.database_name is 'Empty: of the tenant as a whole.';
comment on column platform_meta.usage.connections is 'The most that there were at once.';
create index usage_hour on platform_meta.usage (hour);
