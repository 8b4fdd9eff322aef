-- There is room again: what withhold.sql took is given back. Run by the administrator inside the database, in one
-- transaction; safe to repeat.
create table if not exists extensions.dbaas_withheld (
  relation oid not null, attribute name not null, grantee oid not null, privilege text not null, grantable boolean not null
);

do $$
declare
  item record;
begin
  for item in
    select distinct w.relation::regclass::text as name, w.attribute, w.privilege, w.grantable,
      case w.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(w.grantee)) end as grantee
    from extensions.dbaas_withheld w
      join pg_class c on c.oid = w.relation
      left join pg_attribute a on a.attrelid = w.relation and a.attname = w.attribute and not a.attisdropped
    where w.privilege <> 'CREATE' and (w.attribute = '' or a.attname is not null)
      and (w.grantee = 0 or exists (select from pg_roles r where r.oid = w.grantee))
      -- A table that is not exposed any more, because its policies were dropped meanwhile, stays so.
      and (w.grantee is distinct from to_regrole('api_exposed')::oid
        or exists (select from aclexplode(c.relacl) g where g.grantee = w.grantee and g.privilege_type = 'SELECT'))
  loop
    execute format('grant %s%s on table %s to %s%s', item.privilege,
      case when item.attribute = '' then '' else format(' (%I)', item.attribute) end, item.name, item.grantee,
      case when item.grantable then ' with grant option' else '' end);
  end loop;
end
$$;
