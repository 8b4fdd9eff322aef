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
    create role service_role nologin inherit bypassrls;
  end if;
end
$$;

grant api_exposed to anon, authenticated;
