-- Single tokens that ended before their time, until then: who logs out of one terminal stays logged in elsewhere.
create table platform_meta.ended_tokens (
  id text primary key,
  person text not null,
  expires_at timestamptz not null
);
create index ended_tokens_person on platform_meta.ended_tokens (person);
create trigger announce after insert on platform_meta.ended_tokens
  for each statement execute function platform_meta.announce_members();
