alter table platform_meta.plans
  add column realtime_connections integer not null default 1000 check (realtime_connections > 0),
  add column realtime_channels integer not null default 100 check (realtime_channels > 0),
  add column realtime_joins_per_second integer not null default 100 check (realtime_joins_per_second > 0),
  add column realtime_messages_per_second integer not null default 500 check (realtime_messages_per_second > 0),
  add column realtime_payload_bytes integer not null default 1048576 check (realtime_payload_bytes >= 1024);
comment on column platform_meta.plans.realtime_connections is 'Of a tenant, per server process, like the rates.';
comment on column platform_meta.plans.realtime_channels is 'Of one connection.';

update platform_meta.plans set realtime_connections = 10000, realtime_channels = 200, realtime_joins_per_second = 500,
  realtime_messages_per_second = 2000, realtime_payload_bytes = 3145728 where name = 'team';
update platform_meta.plans set realtime_connections = 50000, realtime_channels = 500, realtime_joins_per_second = 2500,
  realtime_messages_per_second = 10000, realtime_payload_bytes = 5242880 where name = 'pro';
