# ruff: noqa: E501  (a line of the table is a line)
"""Half-typed statements and what is to be proposed first: one table for the server's completion and the kernel's.

A line is ``statement → suggestions``: the cursor is ``|``; suggestions are labels, separated by `` · ``, in their order
from the first on. ``-`` means that nothing at all is proposed; ``!x`` anywhere in the line that ``x`` is not proposed;
``*x`` that ``x`` is proposed somewhere. ``⏎`` is a line break.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CASES", "SCHEMA", "Case"]

SCHEMA = """
create schema sales;
create type order_status as enum ('new', 'paid', 'shipped');
create table customers (
    id bigint generated always as identity primary key,
    customer_name text not null,
    email text unique,
    vip boolean not null default false,
    created_at timestamptz not null default now()
);
create table products (
    id bigint primary key,
    sku text not null unique,
    title text not null,
    price numeric(10, 2) not null,
    in_stock boolean not null default true
);
create table orders (
    id bigint primary key,
    customer_id bigint not null references customers,
    status order_status not null default 'new',
    total numeric(10, 2),
    created_at timestamptz not null default now(),
    note text
);
create table order_items (
    order_id bigint references orders,
    line_no int,
    product_id bigint references products (id),
    quantity int not null,
    unit_price numeric(10, 2) not null,
    primary key (order_id, line_no)
);
create table employees (
    id int primary key,
    manager_id int references employees,
    full_name text not null,
    "Start Date" date
);
create table "Odd Table" (id int primary key, "Weird Column" text, "select" int, "MixedCase" text);
create table sales.targets (region text primary key, amount numeric not null, year int);
create view big_orders as select id, customer_id, total from orders where total > 1000;
create function order_total(order_id bigint) returns numeric language sql as 'select 1.0';
create function recent_orders(days int) returns setof orders language sql as 'select * from orders';
alter table orders enable row level security;
create policy own_orders on orders using (true);
"""
"""What the statements are about, for PostgreSQL."""

_TABLE = """
# sources
select * from | → big_orders · customers · employees · Odd Table · order_items · orders · products
select * from o| → orders · order_items
select * from ord| → orders · order_items · !customers
select * from ORD| → orders · order_items
select * from oi| → order_items
select * from cust| → customers
select * from ust| → customers
select * from big| → big_orders
select * from sales.| → targets
select * from sales.ta| → targets
select * from public.cu| → customers
select * from tar| → sales.targets
select * from Odd| → Odd Table
select * from "Od| → Odd Table
select * from "Od|" → Odd Table
select * from "|" where id = 1 → big_orders · customers · *Odd Table
select * from orders, | → *customers · *products
select * from recent| → recent_orders
select * from gener| → generate_series
select * from (select * from ord|) x → orders
with recent as (select * from orders) select * from rec| → recent · recent_orders
with recent as (select * from orders) select * from | → recent · big_orders
select * from orders where id in (select order_id from ord| → orders · order_items
delete from | → big_orders · customers
delete from ord| → orders
update | → big_orders · customers
update cus| → customers
insert into ord| → orders
insert into | → big_orders
truncate | → big_orders · customers
select 1 from orders union select 1 from cus| → customers
# columns
select | from orders → id · customer_id · status · total · created_at · note
select c| from orders → customer_id · created_at · count
select cn| from customers → customer_name
select cuna| from customers → customer_name
select name| from customers → customer_name
select o.| from orders o → id · customer_id · status · total · created_at · note
select o.to| from orders o → total
select o.cid| from orders o → customer_id
select c.| from orders o join customers c on c.id = o.customer_id → id · customer_name · email
select orders.| from orders → id · customer_id
select public.orders.st| from orders → status
select id, | from orders → *customer_id · *total
select id, sta| from orders → status
select i| from orders o join customers c on true → o.id · c.id
select cus| from orders o join customers c on true → customer_id · customer_name
select * from orders where | → id · customer_id · status
select * from orders where st| → status
select * from orders where o| → *orders
select * from orders o where o.s| → status
select * from orders where id = 1 and t| → total
select * from orders where (t| → total
select * from orders where not sta| → status
select * from orders where total > 1 and (note is null or st|) → status
select * from orders where lower(no| → note
select count(| from orders → id · customer_id
select count(cu| from orders → customer_id
select coalesce(no|, '') from orders → note
select sum(total) filter (where sta| from orders → status
select row_number() over (partition by cus| from orders → customer_id
select case when sta| from orders → status
select case when true then no| end from orders → note
select array[t| from orders → total
select em."St| from employees em → Start Date
select "Start D| from employees → Start Date
select sta| from employees → Start Date
select | from "Odd Table" → id · Weird Column · select · MixedCase
select mix| from "Odd Table" → MixedCase
select o."| from "Odd Table" o → id · Weird Column · select
select x.| from (select id, total * 2 as doubled from orders) x → id · doubled
select x.dou| from (select id, total * 2 as doubled from orders) x → doubled
select dou| from (select id, total * 2 as doubled from orders) x → doubled
with r as (select id, note from orders) select | from r → id · note
with r(a, b) as (select id, note from orders) select r.| from r → a · b
with recursive t(n) as (select 1 union all select | from t) select n from t → n
with recursive tree as (select id, manager_id from employees union all select e.| from employees e join tree t on true) select 1 → id · manager_id · full_name
with a as (select id from orders), b as (select | from a) select 1 → id
select v.| from (values (1, 'a')) as v(num, letter) → num · letter
select column| from (values (1, 'a')) as v → column1 · column2
select * from orders o where exists (select 1 from order_items i where i.order_id = o.|) → id · *customer_id
select * from orders o where exists (select 1 from order_items i where i.| → order_id · line_no
select (select max(i.qu|) from order_items i) from orders → quantity
select * from orders o, lateral (select o.| ) x → id · customer_id
select * from orders o, (select o.| ) x → -
select r.| from recent_orders(7) r → id · customer_id · status
select g| from generate_series(1, 10) as gs → gs
select n.va| from jsonb_each('{}') n → value
select id from orders union select | from customers → id · customer_name
select * from orders join customers using (id) where i| → id
select * from big_orders where | → id · customer_id · total
select sales.targets.| from sales.targets → region · amount
select amo| from sales.targets → amount
select to| → *total
select customers.| → id · customer_name
select from orders where | order by id → id
select * from orders where |⏎⏎select * from customers → id · customer_id · !customer_name
select * from customers; select | from orders; select 1 → id · customer_id · !customer_name
select | ⏎-- a comment⏎from orders → id · customer_id
select total, /* from customers */ st| from orders → status
SELECT T| FROM orders → total
select distinct | from orders → id · customer_id
select e.| from employees e left join employees m on m.id = e.manager_id → id · manager_id
# joins
select * from orders o join | → customers c on c.id = o.customer_id · order_items oi on oi.order_id = o.id
select * from orders join cus| → customers c on c.id = orders.customer_id · customers
select * from orders o left join ord| → order_items oi on oi.order_id = o.id
select * from orders o join customers c | → on c.id = o.customer_id
select * from orders o join customers c on | → c.id = o.customer_id
select * from orders o join customers c on c| → c.id = o.customer_id
select * from orders o join customers c on cus| → c.id = o.customer_id · customer_id
select * from orders o join customers x on i| → x.id = o.customer_id
select * from orders o join customers c on c.id = | → o.customer_id
select * from orders o join customers c on c.id = o.| → customer_id · !customer_name
select * from orders o join customers c on c.| → id · customer_name
select * from orders o join order_items i on i.order_id = o.id join products p on | → p.id = i.product_id
select * from employees e join employees m on | → m.id = e.manager_id · m.manager_id = e.id
select * from orders join customers using (| → id · created_at
select * from orders o join cus| on c.id = o.customer_id → customers · !customers c on c.id = o.customer_id
select * from orders o join customers c on c.id = o.customer_id | → *where · *and · *left join
select * from orders o | → join · left join · where
select * from orders o wh| → where
select * from orders o where o.id = (select order_id from order_items i join | → orders o2 on o2.id = i.order_id · products p on p.id = i.product_id
select * from orders o join customers c using | → (id) · (created_at)
select * from orders o join customers c on c.id = o.customer_id and | → o.id · customer_id · !c.id = o.customer_id
select * from orders o left | → join · outer join
select * from orders o natural | → join
select * from customers c join orders o on o.customer_id = c.id join order_items i on | → i.order_id = o.id
# values
select * from orders where status = | → 'new' · 'paid' · 'shipped'
select * from orders where status = 'p| → 'paid'
select * from orders where status = 'p|' → 'paid'
select * from orders where status in (| → 'new' · 'paid' · 'shipped'
select * from orders where status in ('new', | → 'new' · 'paid'
select * from orders o where o.status <> | → 'new'
select * from customers where vip = | → true · false
select * from customers where vip is | → null · not null
select * from orders where id between 1 and | → *total
# writing
insert into customers (| → customer_name · email · vip · created_at · !id
insert into customers (email, | → customer_name · vip · created_at · !email
insert into customers (email, cu| → customer_name
insert into customers | → (customer_name, email) · *values · *select
insert into customers (email, vip) values ('a', | → true · false
insert into orders (id, status) values (1, | → 'new' · 'paid'
insert into customers (email) select | from employees → id · manager_id · full_name
insert into customers (email) values ('x') on conflict (| → id · customer_name · email
insert into customers (email) values ('x') on conflict | → (id) · (email)
insert into customers (email) values ('x') on conflict (email) do update set | → customer_name · email · vip
insert into customers (email) values ('x') on conflict (email) do update set email = excluded.| → id · customer_name · email
insert into customers (email) values ('x') returning | → id · customer_name
update orders set | → id · customer_id · status · total
update orders set sta| → status
update orders set status = | → 'new' · 'paid' · 'shipped'
update orders set note = 'x', | → id · customer_id · status · !note
update orders set total = | where id = 1 → *total · *id
update orders set note = 'x' where | → id · customer_id
update orders o set note = c.| from customers c where c.id = o.customer_id → id · customer_name · email
update orders set note = 'x' returning | → id · customer_id
update orders | → set
delete from orders where sta| → status
delete from orders using customers c where c.| → id · customer_name
merge into orders o using customers c on c.| → id · customer_name
merge into orders o using customers c on c.id = o.customer_id when matched then update set | → id · customer_id · status
merge into orders o using customers c on c.id = o.customer_id when | → matched then · not matched then
merge into orders o using | → big_orders · customers
delete | → from
insert | → into
update orders set customer_id = (select | from customers) → id · customer_name
# grouping and order
select status, count(*) from orders group by | → status
select status, customer_id, count(*) from orders group by | → status, customer_id · status · customer_id
select date_trunc('day', created_at) as day, sum(total) from orders group by | → *day
select c.customer_name, sum(o.total) from orders o join customers c on c.id = o.customer_id group by | → c.customer_name
select status, count(*) as n from orders group by status order by | → n · *status
select status, count(*) as n from orders group by status having | → *count · *status
select id as key from orders order by k| → key
select * from orders order by cr| → created_at
select * from orders order by created_at | → asc · desc
select * from orders order by created_at d| → desc
select * from orders group| → group by
select * from orders order | → by
# types, functions, words
select total::| from orders → integer · bigint · text
select total::num| from orders → numeric
select '2020-01-01'::tim| → timestamptz · timestamp · time
select cast(total as | from orders → integer · bigint · text
select cast(total as in| from orders → integer · *interval
select 'paid'::order_s| → order_status
select order_t| from orders → order_total
select low| from customers → lower
select coal| from orders → coalesce
select current_d| → current_date
| → select · insert into · update
sel| → select
SEL| → SELECT
select * from orders; del| → delete from
select * from orders limit 10 off| → offset
select * from orders where note l| → like
select * from orders where note is not n| → null
select id fr| → from
select * fr| → from
select distinct o| → *on
explain an| → analyze
with x as (select 1) sel| → select
select case | from orders → when · id
select count(*) over (| → partition by · order by
select extract(| from created_at) from orders → year · month · day
select auth.| → uid() · sub()
select count(*) fr| → from
select status from orders where status = 'new' o| → or · order by
explain analyze | → select
# definitions
drop table | → customers · employees · *orders · !big_orders
drop table if exists cus| → customers
drop view | → big_orders
drop function rec| → recent_orders
drop type | → order_status
drop policy | → own_orders on orders
alter table ord| → orders
alter table orders | → add column · drop column
alter table orders drop column | → id · customer_id · status
alter table orders alter column tot| → total
alter table orders rename column no| → note
alter table orders add column weight | → integer · bigint · text
alter table orders en| → enable row level security
create table x (id | → integer · bigint · text
create table x (id bigint primary key, name te| → text
create table x (id bigint | → not null · primary key
create table x (order_id bigint references | → big_orders · *orders
create table x (order_id bigint references orders (| → id
create table x (a int, b int, primary key (| → a · b
create index on | → big_orders · customers
create index on orders (| → id · customer_id
create index on orders (cust| → customer_id
create index on orders using | → btree · gin
create unique index i on orders (lower(no| → note
create policy p on | → big_orders · customers
create policy p on orders for | → select · insert · update · delete · all
create policy p on orders to | → anon · authenticated · service_role
create policy p on orders for select using (| → id · customer_id
create policy p on orders for select using (sta| → status
create view v as select | from orders → id · customer_id
create table copy as select | from orders → id
create function f() returns | → integer
grant | → select · insert · update
grant select on | → big_orders · customers
grant select on orders to | → anon · authenticated
explain select | from orders → id · customer_id
comment on table | → big_orders · customers
# nothing
select 'fro| → -
select 'it''s fr| → -
select $$ from | $$ → -
select E'\\' from | → -
-- select | → -
select 1 /* from | */ → -
select 12| → -
select id as | from orders → -
with | → recursive
select $1| → -
select 'x' || 'fr| → -
# parameters
select * from orders where id = :order_id and customer_id = :ord| → order_id
select * from orders where id = :| → -
"""


class Case(NamedTuple):
    """One line: the text, where the cursor is (code points), what comes first, what is somewhere, what is nowhere."""

    line: str
    text: str
    position: int
    first: tuple[str, ...]
    somewhere: tuple[str, ...]
    nowhere: tuple[str, ...]
    nothing: bool


def _case(line: str) -> Case:
    statement, _, expected = line.rpartition(" → ")
    statement = statement.replace("⏎", "\n")
    position = statement.index("|", statement.index("|") + 2) if " || " in statement else statement.index("|")
    words = [word.strip() for word in expected.split(" · ")]
    return Case(
        line,
        statement[:position] + statement[position + 1 :],
        position,
        tuple(word for word in words if word[0] not in "!*-"),
        tuple(word[1:] for word in words if word[0] == "*"),
        tuple(word[1:] for word in words if word[0] == "!"),
        words == ["-"],
    )


CASES = tuple(_case(line) for line in _TABLE.splitlines() if line and not line.startswith("#"))
