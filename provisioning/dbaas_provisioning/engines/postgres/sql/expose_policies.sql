-- A table is reachable for the API while row security is enabled on it AND it has a policy, in a schema of the tenant's.
-- Only what api_exposed has is given and taken here; grants to anon or authenticated are the tenant's own.

create function extensions.dbaas_expose() returns event_trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  touched oid[];  -- null: look at every table
  item record;
begin
  if tg_event = 'sql_drop' then
    if not exists (select from pg_event_trigger_dropped_objects() where object_type = 'policy') then
      return;
    end if;
  elsif tg_tag in ('CREATE TABLE', 'ALTER TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'CREATE POLICY', 'ALTER POLICY',
                   'CREATE SEQUENCE', 'ALTER SEQUENCE') then
    with commands as (select classid, objid from pg_event_trigger_ddl_commands())
    select coalesce(array_agg(relation), '{}') into touched
    from (
      select objid from commands where classid = 'pg_class'::regclass
      union
      select p.polrelid from commands c join pg_policy p on p.oid = c.objid where c.classid = 'pg_policy'::regclass
      union
      select d.refobjid from commands c
        join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.objid
         and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
      where c.classid = 'pg_class'::regclass
    ) as found(relation);
  end if;

  for item in
    with tables as (
      select c.oid, c.relacl,
        c.relrowsecurity
          and exists (select from pg_policy p where p.polrelid = c.oid)
          and exists (select from pg_namespace n where n.oid = c.relnamespace and n.nspowner = :'owner'::regrole) as wanted
      from pg_class c
      where c.relkind in ('r', 'p') and c.relpersistence <> 't' and c.oid >= 16384
        and (touched is null or c.oid = any (touched))
    ), objects as (
      select oid, 'table' as kind, relacl, wanted from tables
      union all
      select s.oid, 'sequence', s.relacl, t.wanted
      from tables t
        join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid
         and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')
        join pg_class s on s.oid = d.objid and s.relkind = 'S'
    )
    select oid::regclass::text as name, kind, wanted
    from objects
    where wanted <> exists (select from aclexplode(relacl) where grantee = 'api_exposed'::regrole)
  loop
    if item.kind = 'sequence' and item.wanted then
      execute format('grant usage on sequence %s to api_exposed', item.name);
    elsif item.kind = 'sequence' then
      execute format('revoke all on sequence %s from api_exposed', item.name);
    elsif item.wanted then
      execute format('grant select, insert, update, delete on table %s to api_exposed', item.name);
    else
      execute format('revoke all on table %s from api_exposed', item.name);
    end if;
  end loop;
end
$$;

revoke all on function extensions.dbaas_expose() from public;

create event trigger dbaas_expose on ddl_command_end
  when tag in ('CREATE TABLE', 'ALTER TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'CREATE POLICY', 'ALTER POLICY', 'DROP POLICY',
               'CREATE SEQUENCE', 'ALTER SEQUENCE', 'CREATE SCHEMA', 'ALTER SCHEMA')
  execute function extensions.dbaas_expose();
create event trigger dbaas_expose_drop on sql_drop execute function extensions.dbaas_expose();
