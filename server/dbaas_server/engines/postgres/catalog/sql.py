"""What is asked of the system catalogs. Each statement answers with one JSON value.

Names of types are rendered under ``search_path = pg_catalog``, so that everything else is schema-qualified.
The platform's own schemas (``auth``, ``extensions``) and partitions (reached through their parent) are left out.
"""

from __future__ import annotations

__all__ = ["DISTRIBUTION", "FINGERPRINT", "SECTIONS", "STATISTICS"]

_SCHEMAS = (
    "(select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname not in"
    " ('information_schema', 'auth', 'extensions'))"
)

_ROLES = "(select oid, rolname from pg_roles where rolname in ('anon', 'authenticated', 'service_role'))"

_SCHEMA_NAMES = f"select coalesce(json_agg(nspname order by nspname <> 'public', nspname), '[]') from {_SCHEMAS} n"

_TABLES = f"""
select coalesce(json_agg(json_build_array(
    c.oid::int8, n.nspname, c.relname, c.relkind, c.relrowsecurity, obj_description(c.oid, 'pg_class'),
    case when c.relkind in ('r', 'p') then 28 else pg_relation_is_updatable(c.oid, true) end,
    coalesce((select option_value::bool from pg_options_to_table(c.reloptions)
              where option_name = 'security_invoker'), false),
    (select json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod), not a.attnotnull,
        case when a.attidentity <> '' then
            'nextval(' || quote_literal(pg_get_serial_sequence(
                quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname)) || '::regclass)'
        when a.atthasdef and a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end,
        a.attgenerated <> '' or a.attidentity = 'a', col_description(c.oid, a.attnum), a.atttypid::int8, a.attnum)
        order by a.attnum)
     from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
    (select json_agg(json_build_array(k.conname, k.contype, (select json_agg(a.attname order by u.place)
        from unnest(k.conkey) with ordinality u(attnum, place)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = u.attnum))
        order by k.conname)
     from pg_constraint k where k.conrelid = c.oid and k.contype in ('p', 'u')),
    (select json_agg(p.polname order by p.polname) from pg_policy p where p.polrelid = c.oid),
    (select json_object_agg(r.rolname, array_remove(array[
        case when has_table_privilege(r.oid, c.oid, 'select') then 'select' end,
        case when has_table_privilege(r.oid, c.oid, 'insert') then 'insert' end,
        case when has_table_privilege(r.oid, c.oid, 'update') then 'update' end,
        case when has_table_privilege(r.oid, c.oid, 'delete') then 'delete' end], null)) from {_ROLES} r)
    ) order by n.nspname, c.relname), '[]')
from pg_class c join {_SCHEMAS} n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
"""

_COLUMN_GRANTS = f"""
select coalesce(json_agg(json_build_array(a.attrelid::int8, r.rolname, a.attname,
    array_remove(array[
        case when has_column_privilege(r.oid, c.oid, a.attnum, 'select') then 'select' end,
        case when has_column_privilege(r.oid, c.oid, a.attnum, 'insert') then 'insert' end,
        case when has_column_privilege(r.oid, c.oid, a.attnum, 'update') then 'update' end], null))), '[]')
from pg_attribute a join pg_class c on c.oid = a.attrelid join {_SCHEMAS} n on n.oid = c.relnamespace
    cross join {_ROLES} r
where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition and a.attnum > 0 and not a.attisdropped
  and exists (select from pg_attribute x where x.attrelid = c.oid and x.attacl is not null)
  and has_column_privilege(r.oid, c.oid, a.attnum, 'select, insert, update')
"""

_FOREIGN_KEYS = """
select coalesce(json_agg(json_build_array(k.conname, k.conrelid::int8,
    (select json_agg(a.attname order by u.place) from unnest(k.conkey) with ordinality u(attnum, place)
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum),
    k.confrelid::int8,
    (select json_agg(a.attname order by u.place) from unnest(k.confkey) with ordinality u(attnum, place)
        join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.attnum)) order by k.conname), '[]')
from pg_constraint k where k.contype = 'f' and k.conparentid = 0
"""

_VIEWS = f"""
select coalesce(json_agg(json_build_array(c.oid::int8, w.ev_action::text)), '[]')
from pg_class c join {_SCHEMAS} n on n.oid = c.relnamespace
    join pg_rewrite w on w.ev_class = c.oid and w.rulename = '_RETURN'
where c.relkind in ('v', 'm')
"""

_FUNCTIONS = f"""
select coalesce(json_agg(json_build_array(
    n.nspname, p.proname, p.proargnames,
    (select json_agg(json_build_array(format_type(u.oid, null), u.oid::int8, t.typrelid::int8) order by u.place)
        from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality u(oid, place)
        join pg_type t on t.oid = u.oid),
    p.proargmodes, p.pronargdefaults, p.provariadic <> 0, p.proretset, p.provolatile, format_type(p.prorettype, null),
    t.typrelid::int8, obj_description(p.oid, 'pg_proc'), p.prorows,
    (select json_agg(r.rolname) from {_ROLES} r where has_function_privilege(r.oid, p.oid, 'execute')),
    case when t.typtype = 'c' then (
        select json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod)) order by a.attnum)
        from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) end
    ) order by n.nspname, p.proname, p.oid), '[]')
from pg_proc p join {_SCHEMAS} n on n.oid = p.pronamespace join pg_type t on t.oid = p.prorettype
where p.prokind = 'f' and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
  and not exists (select from pg_depend d where d.objid = p.oid and d.classid = 'pg_proc'::regclass and d.deptype = 'e')
"""

_ENUMS = """
select coalesce(json_object_agg(oid, labels), '{}')
from (select enumtypid::int8 as oid, json_agg(enumlabel order by enumsortorder) as labels from pg_enum group by 1) e
"""

_EXTENSIONS = """
select coalesce(json_object_agg(e.extname, n.nspname), '{}')
from pg_extension e join pg_namespace n on n.oid = e.extnamespace
"""

SECTIONS: tuple[str, ...] = (
    _SCHEMA_NAMES, _TABLES, _COLUMN_GRANTS, _FOREIGN_KEYS, _VIEWS, _FUNCTIONS, _ENUMS, _EXTENSIONS,
)  # fmt: skip
"""In the order in which ``snapshot.build`` takes them."""

STATISTICS = f"""
select coalesce(json_object_agg(c.oid::int8, json_build_array(
    case when c.reltuples < 0 then coalesce(s.n_live_tup, -1) else c.reltuples end::int8,
    case when c.relkind in ('r', 'p', 'm') then pg_total_relation_size(c.oid) end)), '{{}}')
from pg_class c join {_SCHEMAS} n on n.oid = c.relnamespace left join pg_stat_all_tables s on s.relid = c.oid
where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
"""
"""Rows and bytes per table: they move all the time, and are no part of what makes a catalog version."""

_WATCHED = (
    "pg_class",
    "pg_attribute",
    "pg_attrdef",
    "pg_constraint",
    "pg_proc",
    "pg_policy",
    "pg_namespace",
    "pg_enum",
    "pg_rewrite",
)

FINGERPRINT = "select concat_ws(' ', {})".format(
    ", ".join(f"(select count(*) || ':' || coalesce(max(xmin::text::int8), 0) from {name})" for name in _WATCHED)
)
"""Changes when a definition does: a new row version carries a newer transaction id, a dropped one changes the count."""

DISTRIBUTION = """
select coalesce(json_agg(json_build_array(p.logicalrelid::oid::int8,
    case when p.partkey is not null then 'distributed' when p.repmodel = 't' then 'reference' else 'single shard' end,
    case when p.partkey is not null then column_to_column_name(p.logicalrelid, p.partkey) end)
    order by p.logicalrelid::oid), '[]')
from pg_dist_partition p
where p.partkey is not null or p.repmodel = 't' or p.colocationid <> 0
"""
"""What Citus distributes; asked where a database has that extension. Tables that it merely knows of are left out."""
