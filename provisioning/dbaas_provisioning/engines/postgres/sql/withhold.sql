-- The tenant's storage is full: nobody can add to this database but the platform, whatever a session sets. Run as
-- superuser inside it, in one transaction; safe to repeat, which also catches what was being made meanwhile.
-- Privileges hold where settings do not: owners lose INSERT and UPDATE on their own tables, and an event trigger keeps
-- them from granting themselves anything or making something new. SELECT, DELETE, TRUNCATE, DROP and VACUUM go on.

create table if not exists extensions.dbaas_withheld (
  relation oid not null,
  attribute name not null,  -- '': the whole table
  grantee oid not null,  -- 0: everybody
  privilege text not null,
  grantable boolean not null
);

create or replace function extensions.dbaas_storage() returns event_trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if session_user ~ '^[oas]_[a-z2-7]{12}$' and tg_tag !~ '^(DROP|REINDEX)'
     -- The platform's own event triggers take exposure away within a tenant's DROP.
     and current_user <> (select pg_get_userbyid(proowner) from pg_proc where oid = 'extensions.dbaas_storage()'::regprocedure)
  then
    raise exception 'the storage of this tenant is full' using errcode = 'disk_full',
      hint = 'Delete rows and VACUUM, or truncate or drop tables. What is full opens again by itself.';
  end if;
end
$$;
revoke all on function extensions.dbaas_storage() from public;
drop event trigger if exists dbaas_storage;
create event trigger dbaas_storage on ddl_command_start execute function extensions.dbaas_storage();

-- Large objects are written by functions that everybody may call.
revoke execute on function lo_creat(int), lo_create(oid), lo_from_bytea(oid, bytea), lo_put(oid, bigint, bytea),
  lowrite(int, bytea), lo_truncate(int, int), lo_truncate64(int, bigint) from public;

do $$
declare
  item record;
begin
  for item in
    with tables as (
      select c.oid, c.relowner, coalesce(c.relacl, acldefault('r', c.relowner)) as acl
      from pg_class c
      where c.relkind in ('r', 'p') and c.oid >= 16384 and pg_get_userbyid(c.relowner) ~ '^[oas]_[a-z2-7]{12}$'
    ), grants as (
      select t.oid, ''::name as attribute, g.grantee, g.privilege_type, g.is_grantable
      from tables t, aclexplode(t.acl) g
      union
      select t.oid, a.attname, g.grantee, g.privilege_type, g.is_grantable
      from tables t join pg_attribute a on a.attrelid = t.oid and a.attacl is not null and not a.attisdropped,
        aclexplode(a.attacl) g
    ), kept as (
      insert into extensions.dbaas_withheld
      select oid, attribute, grantee, privilege_type, is_grantable from grants
      where privilege_type in ('INSERT', 'UPDATE')
      returning relation, grantee
    )
    select relation::regclass::text as name,
      string_agg(distinct case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end, ', ') as grantees
    from kept group by relation
  loop
    -- CASCADE: what was granted on by those who had it from the owner goes with it, and comes back from the owner.
    execute format('revoke insert, update on table %s from %s cascade', item.name, item.grantees);
  end loop;
end
$$;
