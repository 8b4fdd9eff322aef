# ruff: noqa: E501  (a line is a statement)
"""Statements of many kinds that PostgreSQL takes on the schema of the half-typed ones."""

from __future__ import annotations

__all__ = ["STATEMENTS"]

_TEXT = r"""
select 1
select * from orders
select o.*, c.customer_name from orders o join customers c on c.id = o.customer_id
select o.id, count(i.*) as n from orders o left join order_items i on i.order_id = o.id group by o.id having count(i.*) > 1 order by n desc nulls last, o.id limit 10 offset 5
select distinct on (customer_id) customer_id, created_at from orders order by customer_id, created_at desc
select id from orders where status = 'new' and total is not null or note like '%x%' and not (total between 1 and 10)
select id from orders where status in ('new', 'paid') and id in (select order_id from order_items)
select id from orders o where exists (select from order_items i where i.order_id = o.id and quantity > 1)
select id from orders where total > all (select unit_price from order_items) and id = any ('{1,2}')
select (select max(total) from orders where customer_id = c.id) as best from customers c
select x.id, x.n from (select id, row_number() over (partition by status order by created_at) as n from orders) x where x.n = 1
select id, sum(total) over w, lag(total, 1, 0) over w from orders window w as (partition by customer_id order by id rows between unbounded preceding and current row)
select rank() over (order by total desc nulls last), ntile(4) over (), first_value(id) over (order by id range between 1 preceding and 1 following exclude current row) from orders
with r as (select id, total from orders where total > 1), s as materialized (select * from r) select s.id, r.total from s join r using (id)
with recursive t(n) as (select 1 union all select n + 1 from t where n < 5) select n from t
with recursive tree as (select id, manager_id, 1 as depth from employees where manager_id is null union all select e.id, e.manager_id, depth + 1 from employees e join tree t on t.id = e.manager_id) search depth first by id set ordercol select id, depth, ordercol from tree order by ordercol
with moved as (delete from order_items where quantity = 0 returning *) select order_id, count(*) from moved group by 1
with n as (insert into customers (customer_name) values ('a') returning id) insert into orders (id, customer_id) select 1, id from n
select * from orders natural join customers
select * from orders o cross join customers c where o.customer_id = c.id
select * from orders o full outer join customers c on o.customer_id = c.id and c.vip
select id, created_at from orders join customers using (id, created_at)
select j.id from orders join customers using (id) as j
select * from orders o, lateral (select sum(quantity) as q from order_items i where i.order_id = o.id) s where s.q > 1
select * from orders o left join lateral (select i.quantity from order_items i where i.order_id = o.id limit 1) i on true
select o.id, f.total from orders o, recent_orders(7) f where f.id = o.id
select order_total(id), public.order_total(order_id => 1) from orders
select gs, gs + 1 from generate_series(1, 10) gs
select d::date as day from generate_series(now() - interval '7 days', now(), interval '1 day') as d
select key, value from jsonb_each('{"a": 1}')
select e.key, e.value ->> 'x' from jsonb_each('{}'::jsonb) as e
select x.a, x.b from json_to_recordset('[{"a":1,"b":"x"}]') as x(a int, b text)
select u.x, u.n from unnest(array[1, 2]) with ordinality as u(x, n)
select * from rows from (generate_series(1, 2), generate_series(1, 3)) as t(a, b)
select v.num, v.letter from (values (1, 'a'), (2, 'b')) as v(num, letter)
select column1, column2 from (values (1, 'a')) as v
values (1, 'a'), (2, 'b') order by 1
table orders
select id from orders union select id from customers order by id
(select id from orders order by id limit 1) union all (select id from customers) except select 3
select id from orders intersect select id from customers union select 1
select case when total > 100 then 'big' when total is null then '?' else 'small' end as size from orders
select case status when 'new' then 1 else 2 end from orders
select coalesce(note, 'none'), nullif(total, 0), greatest(1, total), least(2, 3) from orders
select cast(total as int), total::text, (total)::numeric(8, 1), '2020-01-01'::date, date '2020-01-01', interval '1 day' from orders
select extract(year from created_at), date_part('month', created_at), date_trunc('day', created_at at time zone 'utc') from orders
select substring(note from 1 for 2), substring(note, 2), trim(both 'x' from note), trim(note), position('a' in note), overlay(note placing 'b' from 1 for 1) from orders
select array[1, 2, 3], array[[1], [2]], array(select id from orders), '{1,2}'::int[], (array[1, 2])[1], (array[1, 2, 3])[1:2]
select row(1, 'a'), (1, 2) = (1, 2), row(o.*) from orders o
select o from orders o
select (o).id, (o).status from orders o
select count(*), count(distinct status), count(*) filter (where status = 'new'), array_agg(id order by created_at desc), string_agg(note, ', ') from orders
select percentile_cont(0.5) within group (order by total), mode() within group (order by status) from orders
select status, count(*) from orders group by status
select status, customer_id, grouping(status), sum(total) from orders group by grouping sets ((status), (customer_id), ())
select status, customer_id from orders group by rollup (status, customer_id)
select status, customer_id from orders group by cube (status, customer_id)
select date_trunc('day', created_at) as day, count(*) from orders group by day order by day
select total * 2 as doubled from orders order by doubled
select id as order from orders
select id identifier, note "A Note" from orders
select note || ' x' || id, -total, +1, total % 2, 2 ^ 3, total != 1, total <> 2 from orders
select note ~ '^a', note ~* 'b', note !~ 'c', note similar to 'x', note ilike 'y' escape '\' from orders
select '{"a":{"b":1}}'::jsonb -> 'a' ->> 'b', '{"a":1}'::jsonb #>> '{a}', '{"a":1}'::jsonb @> '{"a":1}', '{"a":1}'::jsonb ? 'a'
select total is distinct from 1, total is not distinct from null, (total > 1) is true, (total > 1) is not unknown from orders
select E'it\'s', 'it''s', $$dollar 'quoted'$$, $x$ $$ $x$, U&'d\0061t', B'101', X'1F'
select 1.5, .5, 1e10, 1_000, 0x1F
select current_date, current_timestamp, current_user, localtime, now(), session_user
select id from orders for update skip locked
select id from orders o for no key update of o nowait
select id from orders fetch first 3 rows only
select id from orders order by total fetch first 3 rows with ties
select * from orders tablesample system (10) repeatable (1)
select * from only orders
select "Weird Column", "select", "MixedCase" from "Odd Table"
select t."Weird Column" from "Odd Table" as t where t."select" = 1
select "Start Date" from employees
select region from sales.targets
select targets.region, sales.targets.amount from sales.targets
select ctid, tableoid::regclass, xmin from orders
select collation for (note), note collate "C" from orders order by note collate "C"
select n.nspname, c.relname from pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r'
select table_name from information_schema.tables
select pg_size_pretty(pg_total_relation_size('orders')), to_char(now(), 'YYYY'), gen_random_uuid(), md5('x')
select a.id from employees a join employees b on a.manager_id = b.id
select o.id from (orders o join customers c on c.id = o.customer_id) join order_items i on i.order_id = o.id
select q.id from ((select id from orders)) q
insert into customers (customer_name, email) values ('a', 'b'), ('c', default)
insert into customers default values
insert into customers (customer_name) select full_name from employees on conflict do nothing
insert into customers as k (customer_name, email) values ('x', 'y') on conflict (email) do update set customer_name = excluded.customer_name || k.customer_name where k.vip returning id, customer_name as name
insert into order_items values (1, 1, 1, 1, 1)
insert into products overriding system value values (1, 'a', 'b', 1)
update orders set status = 'paid', note = default where id = 1
update orders set (status, note) = ('paid', 'x') where id = 1
update orders set (total, note) = (select 1, 'x') where id = 1
update orders o set total = s.q from (select order_id, sum(quantity) as q from order_items group by order_id) s where s.order_id = o.id returning o.id, s.q
update only orders set note = upper(note) where note is not null
delete from orders where id = 1 returning *
delete from order_items i using orders o where o.id = i.order_id and o.status = 'new'
merge into orders o using customers c on c.id = o.customer_id when matched and o.total > 1 then update set note = c.email when not matched then insert (id, customer_id) values (c.id, c.id)
create table made (id bigint generated always as identity primary key, name text not null check (name <> ''), order_id bigint references orders (id) on delete cascade, unique (name, order_id))
create table made as select id, total from orders where total > 1 with no data
create temporary table made on commit drop as select 1 as a
create view made as select o.id, c.customer_name from orders o join customers c on c.id = o.customer_id
create or replace view big_orders as select id, customer_id, total from orders where total > 2000
create materialized view made as select status, count(*) as n from orders group by status
create index made on orders (customer_id, lower(note) desc) where status = 'new'
create unique index made on customers using btree (email) include (customer_name)
create function made(a int, b int default 2) returns int language sql immutable as $$ select a + b $$
create function made(a int) returns int language sql begin atomic; select a + 1; end
create function made() returns trigger language plpgsql as $$ begin new.note := 'x'; return new; end $$
create policy made on orders for select to public using (customer_id in (select id from customers where vip))
create type made as enum ('a', 'b')
create type made as (a int, b text)
alter table orders add column extra int default 1, drop column note
alter table orders rename column note to remark
alter table customers alter column email set not null
comment on column orders.note is 'what was said'
grant select (id, total), insert on orders to public
truncate order_items, orders restart identity cascade
explain (analyze, buffers) select * from orders where id = 1
explain select 1
lock table orders in share mode
set local statement_timeout = '1s'
show search_path
do $$ begin perform 1; end $$
analyze orders
drop view if exists big_orders
drop table order_items, orders cascade
"""

STATEMENTS = tuple(line for line in _TEXT.splitlines() if line)
