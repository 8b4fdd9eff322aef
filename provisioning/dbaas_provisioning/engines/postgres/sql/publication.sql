-- Which changes are told: those of every table in the tenant's own schemas. Run as superuser; safe to repeat.
-- Whole schemas are published, and not tables one by one: adding a table locks the publication until its transaction
-- ends, so that one open transaction would hold up everybody else's CREATE TABLE.
-- A published table without a replica identity refuses UPDATE and DELETE. So each table gets a right one by the very
-- command that makes it.

do $$
begin
  if exists (select from pg_publication where pubname = 'dbaas') then
    return;
  elsif current_setting('server_version_num')::int >= 180000 then
    create publication dbaas with (publish_via_partition_root = true, publish_generated_columns = stored);
  else
    create publication dbaas with (publish_via_partition_root = true);
  end if;
end
$$;

-- Gives tables a replica identity that suits them: the whole row where a policy has to see what was deleted, or where
-- there is no key; else the key. What a tenant made FULL stays so. The members of a partition tree are told under
-- their root's name, hence all have the same.
-- It waits for nobody: what a long transaction holds is looked at again later, and its readers are not queued behind us.
create or replace function extensions.dbaas_identify(touched oid[]) returns void  -- null: look at every table
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
as $$
declare
  item record;
begin
  for item in
    with members as (
      select tree.relid as oid
      from unnest(touched) as one(oid), pg_partition_tree(coalesce(pg_partition_root(one.oid), one.oid)) as tree
      union
      select unnest(touched)
    ), tables as (
      select c.oid, c.relreplident, coalesce(pg_partition_root(c.oid)::oid, c.oid) as root,
        c.relreplident = 'f' or c.relrowsecurity or exists (select from pg_policy p where p.polrelid = c.oid)
          or not exists (
            select from pg_index i
            where i.indrelid = c.oid and i.indisvalid and i.indimmediate
              and case c.relreplident when 'i' then i.indisreplident else i.indisprimary end
          ) as whole
      from pg_class c
      where c.relkind in ('r', 'p') and c.relpersistence = 'p' and c.oid >= 16384
        and (touched is null or c.oid in (select oid from members))
    )
    select oid::regclass::text as name, case when needed then 'full' else 'default' end as identity
    from (select *, bool_or(whole) over (partition by root) as needed from tables) as judged
    where needed and relreplident <> 'f' or not needed and relreplident = 'n'
  loop
    begin
      execute format('alter table %s replica identity %s', item.name, item.identity);
    exception
      -- Somebody uses the table just now. What was done is not refused for that; the platform comes by again.
      when object_in_use or lock_not_available then null;
    end;
  end loop;
end
$$;

create or replace function extensions.dbaas_publish_schemas() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  schema name;
begin
  for schema in
    select nspname from pg_namespace n
    where not (starts_with(nspname, 'pg_') or nspname in ('information_schema', 'auth', 'extensions'))
      and not exists (select from pg_depend d where d.classid = 'pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e')
      and not exists (select from pg_publication_namespace where pnnspid = n.oid
                        and pnpubid = (select oid from pg_publication where pubname = 'dbaas'))
  loop
    execute format('alter publication dbaas add tables in schema %I', schema);
  end loop;
end
$$;

create or replace function extensions.dbaas_publish() returns event_trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_event = 'sql_drop' then
    -- A key can go with a column whose type goes, or with the index that it was.
    if exists (select from pg_event_trigger_dropped_objects()
               where object_type in ('table constraint', 'table column', 'index')) then
      perform extensions.dbaas_identify(null);
    end if;
  elsif tg_tag in ('CREATE EXTENSION', 'ALTER EXTENSION') then
    perform extensions.dbaas_identify(null);
    perform extensions.dbaas_publish_schemas();
  else
    perform extensions.dbaas_identify(array(
      select objid from pg_event_trigger_ddl_commands() where classid = 'pg_class'::regclass
      union
      select p.polrelid from pg_event_trigger_ddl_commands() c join pg_policy p on p.oid = c.objid
      where c.classid = 'pg_policy'::regclass
    ));
    if tg_tag in ('CREATE SCHEMA', 'ALTER SCHEMA') then
      perform extensions.dbaas_publish_schemas();
    end if;
  end if;
end
$$;

revoke all on function extensions.dbaas_identify(oid[]), extensions.dbaas_publish_schemas(), extensions.dbaas_publish()
  from public;

drop event trigger if exists dbaas_publish;
drop event trigger if exists dbaas_publish_drop;
create event trigger dbaas_publish on ddl_command_end
  when tag in ('CREATE TABLE', 'ALTER TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'CREATE POLICY', 'CREATE SCHEMA', 'ALTER SCHEMA',
               'CREATE EXTENSION', 'ALTER EXTENSION')
  execute function extensions.dbaas_publish();
create event trigger dbaas_publish_drop on sql_drop
  when tag in ('DROP INDEX', 'DROP TYPE', 'DROP DOMAIN', 'DROP EXTENSION', 'DROP OWNED', 'DROP SCHEMA', 'DROP COLLATION',
               'DROP OPERATOR CLASS', 'DROP OPERATOR FAMILY', 'DROP ACCESS METHOD')
  execute function extensions.dbaas_publish();

select extensions.dbaas_identify(null), extensions.dbaas_publish_schemas();
