-- Undoes withhold_creation.sql. Run by the administrator inside the database, after give_back.sql in one transaction.
do $$
declare
  item record;
begin
  for item in
    select distinct n.oid::regnamespace::text as name, w.grantable,
      case w.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(w.grantee)) end as grantee
    from extensions.dbaas_withheld w join pg_namespace n on n.oid = w.relation
    where w.privilege = 'CREATE' and (w.grantee = 0 or exists (select from pg_roles r where r.oid = w.grantee))
  loop
    execute format('grant create on schema %s to %s%s', item.name, item.grantee,
      case when item.grantable then ' with grant option' else '' end);
  end loop;
end
$$;
grant connect, create, temporary on database :"database" to :"owner";
grant connect on database :"database" to :"api", :"service";
