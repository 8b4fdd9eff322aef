-- The tenant's storage is full: INSERT and UPDATE are taken from everybody, the owners of tables included, and written
-- down. Privileges hold where settings do not. SELECT, DELETE, TRUNCATE, DROP and VACUUM go on. Run by the administrator
-- inside the database, in one transaction; safe to repeat, which also catches what was being made meanwhile.

create table if not exists extensions.dbaas_withheld (
  relation oid not null,  -- or a schema, where the privilege is CREATE
  attribute name not null,  -- '': the whole of it
  grantee oid not null,  -- 0: everybody
  privilege text not null,
  grantable boolean not null
);

do $$
declare
  item record;
begin
  for item in
    with tables as (
      select c.oid, c.relowner, coalesce(c.relacl, acldefault('r', c.relowner)) as acl
      from pg_class c
      where c.relkind in ('r', 'p') and c.oid >= 16384
        -- A table may be given to whatever its owner may become. Others the platform may not change at all.
        and pg_get_userbyid(c.relowner) ~ '^([oas]_[a-z2-7]{12}|anon|authenticated|service_role|api_exposed)$'
        and pg_has_role(c.relowner, 'usage')
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
