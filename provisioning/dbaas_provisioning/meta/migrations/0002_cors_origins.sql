alter table platform_meta.tenants add column cors_origins text[] not null default '{*}';
comment on column platform_meta.tenants.cors_origins is 'Whose pages may read the tenant''s data in a browser; * is everybody.';
