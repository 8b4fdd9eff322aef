-- Nobody enters a cluster but its databases' own logins. Once per cluster; safe to repeat.
-- Where the server is somebody else's, only what the administrator owns can be closed.
do $$
declare
  item record;
begin
  for item in
    select datname from pg_database where datname in ('template1', 'postgres') and pg_has_role(datdba, 'usage')
  loop
    execute format('revoke all on database %I from public', item.datname);
  end loop;
end
$$;
