-- What was read before is of a log that nobody can tell any more: the next epoch knows its own.
alter table platform_meta.feeds add column log text not null default '';
comment on column platform_meta.feeds.log is 'Which log the epoch is of, as the engine tells its logs.';
