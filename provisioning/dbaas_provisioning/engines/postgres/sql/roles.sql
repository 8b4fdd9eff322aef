-- Who answers for the API. Once per cluster; safe to repeat.
do $$
begin
  if to_regrole('api_exposed') is null then
    create role api_exposed nologin;
  end if;
  if to_regrole('anon') is null then
    create role anon nologin inherit;
  end if;
  if to_regrole('authenticated') is null then
    create role authenticated nologin inherit;
  end if;
  if to_regrole('service_role') is null then
    -- Who may make a role that passes by policies: superusers, and from 16 on those who pass by them themselves.
    if (select rolsuper or rolbypassrls and current_setting('server_version_num')::int >= 160000
        from pg_roles where rolname = current_user) then
      create role service_role nologin inherit bypassrls;
    else
      create role service_role nologin inherit;
    end if;
  end if;
  if exists (select from unnest(array['anon', 'authenticated']) as one(name)
             where not pg_has_role(name, 'api_exposed', 'member')) then
    grant api_exposed to anon, authenticated;
  end if;
end
$$;
