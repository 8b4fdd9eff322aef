-- Who may do what. A person is the word of whoever vouches for them and a name: "oidc:<issuer>#<subject>", "hub:<hub>:<name>".
create table platform_meta.members (
  tenant_id uuid not null references platform_meta.tenants (id) on delete cascade,
  person text not null,
  "right" text not null check ("right" in ('view', 'own', 'administer')),
  added_by text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, person)
);
create index members_person on platform_meta.members (person);

create table platform_meta.operators (
  person text primary key,
  added_by text not null,
  created_at timestamptz not null default now()
);

create table platform_meta.token_epochs (
  person text primary key,
  epoch bigint not null
);
comment on table platform_meta.token_epochs is 'Tokens of earlier epochs are void. The one of nobody ('''') counts for everybody.';

create table platform_meta.invitations (
  id uuid primary key,
  tenant_id uuid not null references platform_meta.tenants (id) on delete cascade,
  name text not null,
  "right" text not null check ("right" in ('view', 'own', 'administer')),
  sha256 bytea not null unique,
  invited_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index invitations_tenant on platform_meta.invitations (tenant_id);

create table platform_meta.oidc_issuers (
  name text primary key,
  issuer text not null unique,
  audience text not null,
  created_at timestamptz not null default now()
);

-- What the operator decides for everybody.
create table platform_meta.settings (
  tenants_each integer not null check (tenants_each >= 0)
);
create unique index settings_once on platform_meta.settings ((true));
comment on column platform_meta.settings.tenants_each is 'How many tenants anybody who is signed in may make.';
insert into platform_meta.settings (tenants_each) values (0);

create index audit_log_actor on platform_meta.audit_log (actor, id);

create function platform_meta.announce_member() returns trigger language plpgsql as $$
begin
  perform pg_notify('platform_meta', 'member:' || case when tg_op = 'DELETE' then old.tenant_id else new.tenant_id end);
  return null;
end
$$;
create trigger announce after insert or update or delete on platform_meta.members
  for each row execute function platform_meta.announce_member();

create function platform_meta.announce_members() returns trigger language plpgsql as $$
begin
  perform pg_notify('platform_meta', 'member:');
  return null;
end
$$;
create trigger announce after insert or update or delete on platform_meta.operators
  for each statement execute function platform_meta.announce_members();
create trigger announce after insert or update or delete on platform_meta.token_epochs
  for each statement execute function platform_meta.announce_members();
create trigger announce after insert or update or delete on platform_meta.oidc_issuers
  for each statement execute function platform_meta.announce_members();
