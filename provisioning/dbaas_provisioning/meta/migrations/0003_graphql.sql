alter table platform_meta.tenants add column graphql_introspection boolean not null default true;
comment on column platform_meta.tenants.graphql_introspection is 'Whether others than secret keys may ask a GraphQL schema about itself.';

alter table platform_meta.api_keys add column documents_only boolean not null default false;
comment on column platform_meta.api_keys.documents_only is 'The key runs stored GraphQL documents and opens nothing else.';

create table platform_meta.graphql_documents (
  tenant_id uuid not null references platform_meta.tenants (id) on delete cascade,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  document text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, sha256)
);

create function platform_meta.announce_document() returns trigger language plpgsql as $$
begin
  perform pg_notify('platform_meta', 'document:' || case when tg_op = 'DELETE' then old.tenant_id else new.tenant_id end);
  return null;
end
$$;
create trigger announce after insert or update or delete on platform_meta.graphql_documents
  for each row execute function platform_meta.announce_document();
