-- Everything in schema public is reachable for the API; row policies are the tenant's business.
alter default privileges for role :"owner" in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges for role :"owner" in schema public grant all on sequences to anon, authenticated, service_role;
alter default privileges for role :"owner" in schema public grant all on routines to anon, authenticated, service_role;
