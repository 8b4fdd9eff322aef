-- The user of MongoDB's protocol who sees all document databases of a tenant; made when first asked for.
create table platform_meta.mongo_logins (
  tenant_id uuid primary key references platform_meta.tenants (id) on delete cascade,
  secret text not null
);

create function platform_meta.announce_mongo_login() returns trigger language plpgsql as $$
begin
  perform pg_notify('platform_meta', 'tenant:' || new.tenant_id);
  return null;
end
$$;
create trigger announce after update on platform_meta.mongo_logins
  for each row execute function platform_meta.announce_mongo_login();
