"""What Citus puts into a database, as far as its documentation and its source tell of it, without Citus.

It stands in for the extension's *interface*: names, parameters with their defaults, columns, who may call what. No row
moves, and that real workers do what is asked is for the tests that need a real one: see ``DBAAS_TEST_CITUS_DSN``.
"""

from __future__ import annotations

__all__ = ["STAND_IN"]

STAND_IN = """
set allow_system_table_mods = on;
set search_path = pg_catalog;
insert into pg_extension select pg_nextoid('pg_extension', 'oid', 'pg_extension_oid_index'), 'citus',
  to_regrole(current_user::text), 'pg_catalog'::regnamespace, false, '13.0-stand-in', null, null;
create schema citus;
grant usage on schema citus to public;
create type citus.distribution_type as enum ('hash', 'range', 'append');
create type citus.shard_transfer_mode as enum ('auto', 'force_logical', 'block_writes');
create type citus_job_status as enum
  ('scheduled', 'running', 'finished', 'cancelling', 'cancelled', 'failing', 'failed');
create table pg_dist_partition (logicalrelid regclass not null, partmethod "char" not null, partkey text,
  colocationid int default 0 not null, repmodel "char" default 'c' not null, autoconverted bool default false not null);
grant select on pg_dist_partition to public;
create table citus.jobs (state citus_job_status, started_at timestamptz);
create function column_to_column_name(table_name regclass, column_var_text text) returns text
  language sql strict as 'select column_var_text';
create function citus_get_active_worker_nodes(out node_name text, out node_port bigint) returns setof record
  language sql as $$values ('worker-2', 5432::bigint), ('worker-1', 5433)$$;
create function create_distributed_table(table_name regclass, distribution_column text,
    distribution_type citus.distribution_type default 'hash', colocate_with text default 'default',
    shard_count int default null) returns void security definer language plpgsql as $$
  declare beside int := 1;
  begin
    if colocate_with <> 'default' then
      select colocationid into strict beside from pg_dist_partition where logicalrelid = colocate_with::regclass;
    end if;
    if exists (select from pg_dist_partition where logicalrelid = table_name) then
      raise exception 'table is already distributed' using errcode = '42P16', hint = 'Undistribute it.';
    end if;
    insert into pg_dist_partition values (table_name, 'h', distribution_column, beside, 's');
  end$$;
create function create_reference_table(table_name regclass) returns void security definer language sql as
  $$insert into pg_dist_partition values (table_name, 'n', null, 2, 't')$$;
create function undistribute_table(table_name regclass, cascade_via_foreign_keys boolean default false) returns void
  security definer language sql as 'delete from pg_dist_partition where logicalrelid = table_name';
create function citus_rebalance_start(rebalance_strategy name default null, drain_only boolean default false,
    shard_transfer_mode citus.shard_transfer_mode default 'auto') returns bigint security definer language sql as
  $$insert into citus.jobs values ('running', now()) returning 1::bigint$$;
create function citus_rebalance_status(raw boolean default false) returns table (job_id bigint,
    state citus_job_status, job_type name, description text, started_at timestamptz, finished_at timestamptz,
    details jsonb) security definer language sql strict as
  $$select 1::bigint, state, 'rebalance'::name, '', started_at, null::timestamptz, '{}'::jsonb from citus.jobs$$;
"""
