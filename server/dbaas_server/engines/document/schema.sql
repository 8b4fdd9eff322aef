-- What a document database holds before its first collection. Safe to repeat.
create schema if not exists documents;

create table if not exists documents.collections (
    id uuid primary key,
    database text collate "C" not null,
    name text collate "C" not null,
    version bigint not null,
    body bytea not null,
    unique (database, name)
);

-- A transaction whose demand does not hold ends here.
create or replace function documents.demand(holds boolean, state text) returns void language plpgsql as $$
begin
    if holds is not true then
        raise exception 'a demand does not hold' using errcode = state;
    end if;
end $$;
