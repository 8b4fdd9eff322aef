-- Event triggers belong to the platform: a tenant can neither drop, disable nor fool them.

create function extensions.dbaas_notify_ddl() returns event_trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Citus commits on its nodes in two phases, which a notification forbids; what it makes there are shards, and it is
  -- told of the table itself on the connection that asked. Who takes such a name hides nothing but his own commands.
  if current_setting('application_name') ~ '^citus_(internal|rebalancer|run_command) gpid=' then
    return;
  end if;
  -- A command on temporary objects alone concerns nobody else. (DROP names no objects here, and is told.)
  if (select count(*) filter (where schema_name is distinct from 'pg_temp') > 0 or count(*) = 0
      from pg_event_trigger_ddl_commands()) then
    perform pg_notify('dbaas_ddl', '');
  end if;
end
$$;

-- Schema public serves the API, also after a tenant dropped it and made it again.
create function extensions.dbaas_public_schema() returns event_trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from pg_namespace where nspname = 'public' and nspowner = :'owner'::regrole) then
    grant usage on schema public to anon, authenticated, service_role;
  end if;
end
$$;

revoke all on function extensions.dbaas_notify_ddl(), extensions.dbaas_public_schema() from public;

create event trigger dbaas_notify_ddl on ddl_command_end execute function extensions.dbaas_notify_ddl();
create event trigger dbaas_public_schema on ddl_command_end when tag in ('CREATE SCHEMA', 'ALTER SCHEMA')
  execute function extensions.dbaas_public_schema();
