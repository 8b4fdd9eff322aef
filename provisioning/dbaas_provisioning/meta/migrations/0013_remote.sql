-- Logins of terminals: asked for there, confirmed by a signed-in person, gone once the terminal has its token.
create table platform_meta.logins (
  device_sha256 bytea primary key,
  code_sha256 bytea not null unique,
  asked_by text not null,
  person text,
  valid_until timestamptz,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
comment on column platform_meta.logins.asked_by is 'What the terminal says of itself, for the person to recognise.';
comment on column platform_meta.logins.person is 'Who confirmed; null while nobody did.';
comment on column platform_meta.logins.valid_until is 'When the token that it comes to ends at the latest; null: as the platform has it.';
create index logins_expire on platform_meta.logins (expires_at);

-- Wrong codes: so many of a person in a while, and no more.
create table platform_meta.login_failures (
  person text not null,
  at timestamptz not null default now()
);
create index login_failures_person on platform_meta.login_failures (person, at);
