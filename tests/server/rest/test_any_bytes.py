"""Whatever the bytes of a URL, a header or a body: an answer or a documented 4xx, never another exception."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hypothesis import example, given
from hypothesis import strategies as st

from dbaas_provisioning.errors import DbaasError
from dbaas_server.nouns import Arg, TableRef, WriteKind
from dbaas_server.rest.csv_body import csv_to_json
from dbaas_server.rest.cursors import decode_cursor
from dbaas_server.rest.errors import rest_status
from dbaas_server.rest.names import split_database, split_record_id
from dbaas_server.rest.negotiate import content_type, negotiate
from dbaas_server.rest.parameters import parse_parameters
from dbaas_server.rest.payload import call_payload, rows_payload
from dbaas_server.rest.plan import plan_call, plan_read, plan_replace_key, plan_write
from dbaas_server.rest.prefer import parse_prefer
from dbaas_server.rest.query import pairs
from dbaas_server.rest.ranges import parse_range
from dbaas_server.rest.shapes import cut

T = TypeVar("T")

TABLE = TableRef("t", "public")

# Header values reach the server as Latin-1, query strings too when an adapter does not decode them.
latin = st.text(st.characters(max_codepoint=255), max_size=60)
# Bytes near the grammar are more telling than any bytes: a soup of its tokens.
TOKENS = [
    "select=", "order=", "limit=", "offset=", "or=", "and=", "not.", "columns=", "on_conflict=", "cursor=", "&", "=",
    "eq.", "in.", "is.", "fts(", "like(any).", "(", ")", "{", "}", ",", ".", ":", "::", "->", "->>", "!", "!inner",
    "...", "*", '"', "\\", "a", "b.c", "null", "1", "-1", "%00", "%ff", "%C3%A9", "+", "é", "count()", ".sum()", " ",
]  # fmt: skip
soup = st.lists(st.sampled_from(TOKENS), max_size=25).map("".join)
queries = soup | latin | st.text(max_size=40)


def answers(work: Callable[[], T]) -> T | None:
    """Run it; an error of ours must be a client's, with a code and a status below 500."""
    try:
        return work()
    except DbaasError as error:
        assert 400 <= rest_status(error, "anon") < 500
        assert error.code
        error.message.encode()  # it can be sent
        return None


@given(queries, st.booleans())
@example("limit=" + "9" * 5000, False)
@example("a->" + "9" * 5000 + "=eq.1", False)
@example("select=" + "a(" * 3000, False)
def test_any_query_string(query, function):
    media, prefer = negotiate(""), parse_prefer("")
    cut(query, function=function)
    parameters = answers(lambda: parse_parameters(pairs(query), function=function))
    if parameters is not None:
        answers(lambda: plan_call(TABLE, parameters, media, prefer, read_only=True))
    parameters = answers(lambda: parse_parameters(pairs(query)))
    if parameters is None:
        return
    answers(lambda: plan_read(TABLE, parameters, media, prefer, key=("id",)))
    answers(lambda: plan_replace_key(parameters, ("id",)))
    for kind in WriteKind:
        answers(lambda kind=kind: plan_write(kind, TABLE, parameters, media, prefer, body=Arg(0), columns=()))


PREFER = [
    "return=",
    "count=",
    "handling=strict",
    "max-affected=",
    "timezone=",
    "exact",
    "UTC",
    ",",
    "=",
    " ",
    '"',
    ";",
    "9" * 30,
]
ACCEPT = [
    "application/",
    "json",
    "vnd.pgrst.",
    "plan",
    "object",
    "+json",
    ";",
    "q=",
    "0.5",
    "nan",
    "for=",
    '"',
    "options=",
    "|",
    ",",
    "*/*",
    "nulls=stripped",
]


@given(latin | st.lists(st.sampled_from(PREFER), max_size=10).map("".join))
def test_any_prefer_header(header):
    answers(lambda: parse_prefer(header))


@given(latin | st.lists(st.sampled_from(ACCEPT), max_size=10).map("".join))
def test_any_accept_and_content_type_header(header):
    answers(lambda: negotiate(header))
    answers(lambda: content_type(header))


@given(latin | st.from_regex(r"(items=)?[0-9]{0,25}-[0-9]{0,25}"))
def test_any_range_header(header):
    answers(lambda: parse_range(header))


@given(st.text(max_size=40) | latin)
def test_any_cursor(text):
    answers(lambda: decode_cursor(TABLE, (), text))


@given(st.text(max_size=40))
def test_any_path_segment(text):
    answers(lambda: split_database(text))
    answers(lambda: split_record_id(text))


json_soup = st.lists(
    st.sampled_from(["{", "}", "[", "]", '"a"', ":", ",", "1", "null", "1e999", '"\\ud800"', " "]), max_size=15
)


@given(
    st.sampled_from(["json", "csv", "form", "text"]), st.binary(max_size=60) | json_soup.map("".join).map(str.encode)
)
@example("json", b"[" * 100_000)
@example("csv", b'a,b\n"1')
@example("csv", b"a,b\n1\n")
@example("json", b'[{"a":1},{"b":2}]')
def test_any_body(kind, raw):
    answers(lambda: rows_payload(kind, raw, None))
    answers(lambda: rows_payload(kind, raw, ("a",), one=True))
    answers(lambda: call_payload(kind, raw))
    answers(lambda: csv_to_json(raw))
