"""JSON, CSV and form bodies."""

from __future__ import annotations

import csv
import io

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_provisioning.errors import Invalid
from dbaas_server.rest.csv_body import copy_nulls, csv_to_json, read_header
from dbaas_server.rest.payload import call_payload, rows_payload, with_key

cells = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8) | st.sampled_from(
    ["NULL", "", '"', "a\nb", "a,b", "NULL,", " NULL", "\r\n"]
)


def test_one_object_is_an_array_of_one():
    payload = rows_payload("json", b'{"b":1,"a":2}', None)
    assert (payload.body, payload.columns, payload.rows) == (b'[{"b":1,"a":2}]', ("a", "b"), 1)


def test_numbers_are_passed_on_as_they_were_sent():
    raw = b'[{"n":123456789012345678901234567890.12345}]'
    assert rows_payload("json", raw, None).body == raw


def test_objects_must_have_the_same_keys_unless_columns_are_named():
    raw = b'[{"a":1},{"b":2}]'
    with pytest.raises(Invalid) as refused:
        rows_payload("json", raw, None)
    assert refused.value.message == "All object keys must match"
    assert rows_payload("json", raw, ("a", "b")).columns == ("a", "b")


@pytest.mark.parametrize("raw", [b"", b"{", b"1", b'"x"', b"[1]", b"[[]]", b"null", b"{'a':1}", b'{"a":NaN}', b"\xff"])
def test_what_is_not_rows_is_refused(raw):
    with pytest.raises(Invalid) as refused:
        rows_payload("json", raw, None)
    assert refused.value.code == "PGRST102"


def test_a_form_is_one_row_of_texts():
    payload = rows_payload("form", b"a=1&b=two+words&c=", None)
    assert orjson.loads(payload.body) == [{"a": "1", "b": "two words", "c": ""}]


def test_a_call_takes_an_object_or_one_value():
    assert call_payload("json", b'{"b":1,"a":2}') == (b'{"b":1,"a":2}', ("a", "b"))
    assert call_payload("json", b"") == (b"{}", ())
    assert call_payload("json", b"[1,2]") == (b"[1,2]", None)
    assert call_payload("form", b"a=1") == (b'{"a":"1"}', ("a",))


def test_a_put_must_agree_with_its_url():
    payload = rows_payload("json", b'{"id":7,"n":12345678901234567890123}', None)
    assert with_key(payload, ("id",), ("7",)) is payload
    with pytest.raises(Invalid) as refused:
        with_key(payload, ("id",), ("8",))
    assert refused.value.code == "PGRST115"


@pytest.mark.parametrize("raw", [b"{}", b" { } ", b'{"n":12345678901234567890123}', b'{ "n" : [] }'])
def test_a_put_gets_the_key_of_its_url(raw):
    payload = with_key(rows_payload("json", raw, None), ("k", 'q"'), ("a,b", 'c"'))
    (row,) = orjson.loads(payload.body)
    assert (row["k"], row['q"']) == ("a,b", 'c"')
    assert b"12345678901234567890123" in payload.body or b"n" not in raw or b"[]" in raw
    assert {"k", 'q"'} <= set(payload.columns)


@given(st.lists(st.tuples(cells, cells), max_size=6))
def test_csv_becomes_texts_and_nulls(rows):
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(("a", "b"))
    writer.writerows(rows)
    body, columns, count = csv_to_json(text.getvalue().encode())
    assert columns == ("a", "b")
    assert count == len(rows)
    assert [(row["a"], row["b"]) for row in orjson.loads(body)] == [
        tuple(None if cell == "NULL" else cell for cell in row) for row in rows
    ]


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"a,a\n1,2\n", b"a,\n1,2\n", b"a,b\n1\n", b"a\n\xff\n", b'a\n"x\n', b'a\n"x"y\n', b"a\nx\0y\n"]
)
def test_malformed_csv_is_refused(raw):
    with pytest.raises(Invalid) as refused:
        csv_to_json(raw)
    assert refused.value.code == "PGRST102"


async def chunks(data: bytes, size: int):
    for start in range(0, len(data), size):
        yield data[start : start + size]


def copy_reads(data: bytes) -> list[list[str | None]]:
    """What COPY … WITH (FORMAT csv, HEADER) would store: an unquoted empty field is null."""
    rows: list[list[str | None]] = []
    row: list[str | None] = []
    at = 0
    text = data.decode()
    while at < len(text):
        quoted_field = text[at] == '"'
        value = ""
        inside = False
        while at < len(text) and (inside or text[at] not in ",\n"):
            if text[at] == '"':
                if inside and text[at + 1 : at + 2] == '"':
                    value += '"'
                    at += 1
                else:
                    inside = not inside
            else:
                value += text[at]
            at += 1
        row.append(value if quoted_field or value else None)
        if at >= len(text) or text[at] == "\n":
            rows.append(row)
            row = []
        at += 1
    return rows[1:]


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=6), st.integers(1, 30))
async def test_a_streamed_csv_means_what_a_collected_one_means(rows, size):
    lines = ["a,b"]
    for row in rows:
        # A lone NULL or nothing unquoted, everything else quoted: both forms of each special field.
        shown = [cell if cell in ("NULL", "") else '"' + cell.replace('"', '""') + '"' for cell in row]
        lines.append(",".join(shown))
    data = "\n".join(lines).encode()
    _, taken = await read_header(stream := chunks(data, size))
    loaded = b"".join([part async for part in copy_nulls(taken, stream)])
    assert copy_reads(loaded) == [[None if cell == "NULL" else cell for cell in row] for row in rows]


@pytest.mark.parametrize("text", ["a\nNULL\n\nx\n\r\n\n", "a\r\nNULL\r\n\r\nx\r\n", 'a\n"NULL\n\n,,"\nx\n'])
async def test_blank_lines_are_no_rows_and_quoted_ones_stay(text):
    _, taken = await read_header(stream := chunks(text.encode(), 4))
    loaded = b"".join([part async for part in copy_nulls(taken, stream)])
    body, _, _ = csv_to_json(text.encode())
    assert copy_reads(loaded.replace(b"\r\n", b"\n")) == [[row["a"]] for row in orjson.loads(body)]


async def test_the_header_names_the_columns():
    columns, taken = await read_header(chunks(b'\xef\xbb\xbfid,"odd name"\r\n1,2\r\n', 3))
    assert columns == ("id", "odd name")
    assert b"odd name" in taken
    for raw in (b"", b"a,a\n", b"\xff\n", b"x" * 100_000):
        with pytest.raises(Invalid) as refused:
            await read_header(chunks(raw, 1000))
        assert refused.value.code == "PGRST102"
