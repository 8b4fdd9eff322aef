-- The user of MongoDB's protocol who sees all document databases of a tenant; made when first asked for.
create table platform_meta.mongo_logins (
  tenant_id uuid primary key references platform_meta.tenants (id) on delete cascade,
  secret text not null
);
