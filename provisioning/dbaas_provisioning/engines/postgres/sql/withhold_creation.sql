-- Where there are no event triggers: CREATE is taken from schemas, and with it new tables, indexes, views and functions;
-- the database's own CREATE and TEMPORARY are the platform's to give, so that nobody else gives them back.
-- Run by the administrator inside the database, in one transaction with withhold.sql; safe to repeat.
do $$
declare
  item record;
begin
  for item in
    with kept as (
      insert into extensions.dbaas_withheld
      select n.oid, '', g.grantee, g.privilege_type, g.is_grantable
      from pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) g
      where g.privilege_type = 'CREATE'
        and pg_get_userbyid(n.nspowner) ~ '^([oas]_[a-z2-7]{12}|anon|authenticated|service_role|api_exposed)$'
        and pg_has_role(n.nspowner, 'usage')
      returning relation, grantee
    )
    select relation::regnamespace::text as name,
      string_agg(distinct case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end, ', ') as grantees
    from kept group by relation
  loop
    execute format('revoke create on schema %s from %s cascade', item.name, item.grantees);
  end loop;
end
$$;
revoke create, temporary on database :"database" from :"owner";
