-- Where there are event triggers, they keep owners from giving themselves back what was taken, or making something new.
-- Run as superuser inside the database, in one transaction with withhold.sql; safe to repeat.
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
