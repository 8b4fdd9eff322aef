-- Who may do what in a new database. Run inside it, as superuser, in one transaction with what follows.
alter database :"database" set search_path = "$user", public, extensions;
alter database :"database" set row_security = on;
revoke all on database :"database" from public;
grant connect, create, temporary on database :"database" to :"owner";
grant connect on database :"database" to :"api", :"service";

revoke all on schema public from public;
alter schema public owner to :"owner";
grant usage on schema public to anon, authenticated, service_role;

create schema auth;
create schema extensions;
grant usage on schema auth, extensions to anon, authenticated, service_role, :"owner";

-- The secret key works on everything the tenant makes.
alter default privileges for role :"owner" grant usage on schemas to service_role;
alter default privileges for role :"owner" grant all on tables to service_role;
alter default privileges for role :"owner" grant all on sequences to service_role;
alter default privileges for role :"owner" grant all on routines to service_role;
