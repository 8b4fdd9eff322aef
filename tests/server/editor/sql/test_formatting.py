"""Formatting changes spaces and nothing else, once is enough, and what cannot be read stays."""

from __future__ import annotations

from contextlib import suppress

import psycopg
import pytest

from conninfo import conninfo
from cpu_time import costs_less_than
from dbaas_provisioning.errors import Invalid
from dbaas_provisioning.platform import Access
from dbaas_server.editor.sql import formatting
from dbaas_server.editor.sql.formatting import formatted
from dbaas_server.editor.sql.lexer import tokens
from valid_statements import STATEMENTS

UNREAD = ("using (id) as j", "collation for", "overriding system")  # valid, and not known to sqlglot


def whole(text: str) -> str:
    return formatted(text, 0, len(text)).text


@pytest.mark.parametrize("statement", STATEMENTS)
def test_valid_statements_keep_their_tokens_and_settle(statement: str) -> None:
    if any(each in statement for each in UNREAD):
        with pytest.raises(Invalid, match="cannot be formatted"):
            whole(statement)
        return
    done = whole(statement)
    assert [t.text for t in tokens(done, spaces=False)] == [t.text for t in tokens(statement, spaces=False)]
    assert whole(done) == done


def test_comments_and_semicolons_between_statements_stay_in_their_places() -> None:
    text = "select 1 -- one\n; -- after\n/* two */ select 2 /* end */ ; select 3; -- rest\n-- last"
    done = whole(text)
    assert [t.text for t in tokens(done, spaces=False)] == [t.text for t in tokens(text, spaces=False)]
    assert whole(done) == done


@pytest.mark.parametrize("statement", ["select 1;", "select 1 /* a */ ;", "select 1; -- a\n", "select 1\n-- a\n;"])
def test_many_statements_take_as_much_longer_as_there_are_more(statement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # What sqlglot takes for each of them is not what this is about.
    monkeypatch.setattr(formatting, "_tree", lambda text: None)
    text = statement * 4_000
    assert costs_less_than(6, lambda: whole(text))


def test_formatted_statements_are_still_taken(shop: Access) -> None:
    with psycopg.connect(conninfo(shop)) as connection:
        for statement in STATEMENTS:
            if any(each in statement for each in UNREAD):
                continue
            with suppress(psycopg.errors.IntegrityError):  # understood, and refused for what is in the tables
                connection.execute(whole(statement).encode())
            connection.rollback()


def test_clauses_lists_and_conditions_stand_on_lines_of_their_own() -> None:
    text = (
        "select o.id,c.customer_name, count(*) as n -- how many\n, sum(i.quantity*i.unit_price) as worth from orders o"
        " join customers c on c.id=o.customer_id where o.status='new' and o.created_at between :a and :b and exists"
        " (select 1 from order_items i where i.order_id = o.id and i.quantity > 10 and i.unit_price < 1000)"
        " group by 1,2 order by n desc limit 10"
    )
    assert whole(text).splitlines() == [
        "select",
        "  o.id,",
        "  c.customer_name,",
        "  count(*) as n -- how many",
        "  , sum(i.quantity * i.unit_price) as worth",
        "from orders o",
        "join customers c on c.id = o.customer_id",
        "where o.status = 'new'",
        "  and o.created_at between :a and :b",
        "  and exists (",
        "    select 1",
        "    from order_items i",
        "    where i.order_id = o.id and i.quantity > 10 and i.unit_price < 1000",
        "  )",
        "group by 1, 2",
        "order by n desc",
        "limit 10",
    ]


def test_comments_stay_where_they_were() -> None:
    text = "-- first\nselect 1; -- behind\n\n/* second */ select 2 /* inside */ , 3\n-- last"
    done = whole(text)
    assert [t.text for t in tokens(done) if t.kind == "comment"] == [
        "-- first", "-- behind", "/* second */", "/* inside */", "-- last",
    ]  # fmt: skip
    assert whole(done) == done


def test_only_the_selection_is_replaced() -> None:
    text = "select   1;  select   id,  note from orders ; select   3"
    found = formatted(text, 12, 45)
    assert text[: found.start] + found.text + text[found.end :] == (
        "select   1;  select id, note from orders; select   3"
    )


@pytest.mark.parametrize("text", ["select 'a", "select (1", "select 1)", "select from where and", "/* x"])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        whole(text)
    assert refused.value.code == "not_formattable"


def test_nothing_is_formatted_to_nothing() -> None:
    assert formatted("  ", 0, 2).text == "  "
    assert whole("-- only a comment") == "-- only a comment"
