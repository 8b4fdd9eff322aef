-- What row policies may call. Claims read '' after a transaction that set them locally, hence nullif.
-- The bodies are parsed here and now (SQL-standard form): no search_path can change what they mean later.
create function auth.jwt() returns jsonb
language sql stable parallel safe
return nullif(current_setting('request.jwt.claims', true), '')::jsonb;

create function auth.sub() returns text
language sql stable parallel safe
return nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub';

create function auth.uid() returns uuid
language sql stable parallel safe
return case
  when auth.sub() ~ '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$' then auth.sub()::uuid
end;

create function auth.role() returns text
language sql stable parallel safe
return coalesce(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role', current_user::text);

comment on function auth.jwt() is 'The claims of the request''s token; null when there is none.';
comment on function auth.sub() is 'The subject of the request''s token, as text.';
comment on function auth.uid() is 'The subject of the request''s token when it is a UUID, else null.';
comment on function auth.role() is 'The role of the request''s token.';

-- Shared-table multi-tenancy: a row belongs to the tenant that the request is for, whatever the request says.
create function extensions.set_tenant_id() returns trigger
language plpgsql
as $$
begin
  if pg_catalog.length(pg_catalog.current_setting('app.current_tenant', true)) operator(pg_catalog.>) 0 then
    new.tenant_id := pg_catalog.current_setting('app.current_tenant', true);
  end if;
  return new;
end
$$;

comment on function extensions.set_tenant_id() is
  'BEFORE INSERT OR UPDATE trigger: sets tenant_id from app.current_tenant, where that is set.';
