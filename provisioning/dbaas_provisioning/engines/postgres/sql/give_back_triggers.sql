-- Undoes withhold_triggers.sql. Run as superuser inside the database, in one transaction; safe to repeat.
drop event trigger if exists dbaas_storage;
drop function if exists extensions.dbaas_storage();
grant execute on function lo_creat(int), lo_create(oid), lo_from_bytea(oid, bytea), lo_put(oid, bigint, bytea),
  lowrite(int, bytea), lo_truncate(int, int), lo_truncate64(int, bigint) to public;
