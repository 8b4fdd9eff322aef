"""CSV files reach COPY with the values they had, and their columns get types that hold for every row."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas import csv_source
from dbaas.columns import sql_type
from dbaas.csv_source import CsvFile, segments
from dbaas.encoding import as_utf8
from dbaas.errors import DbaasError


def opened(data: bytes, **options: str) -> CsvFile:
    return CsvFile(lambda: io.BytesIO(data), **options)  # type: ignore[arg-type]


def types(data: str, **options: str) -> dict[str, str]:
    file = opened(data.encode(), **options)
    return dict(zip(file.names, (sql_type(kind) for kind in file.scan().types), strict=True))


def copied(data: bytes) -> list[list[str | None]]:
    """Records as PostgreSQL's COPY … (format csv, header) reads them: an unquoted empty field is null."""
    records: list[list[str | None]] = []
    text, at = data.decode(), 0
    while at < len(text):
        record: list[str | None] = []
        while True:
            field, quoted_ever, inside = "", False, False
            while at < len(text) and (inside or text[at] not in ",\r\n"):
                if text[at] == '"':
                    if inside and text[at + 1 : at + 2] == '"':
                        field += '"'
                        at += 2
                        continue
                    inside, quoted_ever = not inside, True
                else:
                    field += text[at]
                at += 1
            record.append(field if field or quoted_ever else None)
            if at < len(text) and text[at] == ",":
                at += 1
                continue
            at += 2 if text[at : at + 2] == "\r\n" else 1
            break
        records.append(record)
    return records[1:]


def sent(file: CsvFile) -> list[list[str | None]]:
    scan = file.scan()
    text_columns = frozenset(n for n, kind in zip(file.names, scan.types, strict=True) if sql_type(kind) == "text")
    return copied(b"".join(file.chunks(text_columns)))


# --- types ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "", "3"], "bigint"),
        (["1", "NA", "3"], "bigint"),
        (["1", "2.5"], "double precision"),
        (["true", "False"], "boolean"),
        (["2013-01-01", ""], "date"),
        (["2013-01-01 05:00:00"], "timestamp"),
        (["2013-01-01T05:00:00Z"], "timestamp with time zone"),
        (["05:00:00"], "time"),
        (["01234", "56789"], "text"),
        (["-01", "2"], "text"),
        (["0", "0.5", "-0"], "double precision"),
        (["0", "10", "20"], "bigint"),
        (["12345678901234567890", "1"], "numeric"),
        (["1e30", "2.5"], "double precision"),
        (["2013-01-01 05"], "text"),
        (["x", "1"], "text"),
        (["", ""], "text"),
        (["9223372036854775807"], "bigint"),
    ],
)
def test_a_column_gets_the_type_that_loses_nothing(values: list[str], kind: str) -> None:
    data = "a,b\n" + "".join(f"{value},z\n" for value in values)
    assert types(data) == {"a": kind, "b": "text"}
    assert types(data.replace(",", ";"))["a"] == kind


def test_a_type_holds_for_rows_far_down_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_source, "SEGMENT_BYTES", 1_000)
    rows = "".join(f"{number},{number},2013-01-01\n" for number in range(1, 2_000))
    assert types("a,b,c\n" + rows + "2.5,x,2013-01-01 05:00:00\n") == {
        "a": "double precision", "b": "text", "c": "timestamp",
    }  # fmt: skip


# --- what is sent -----------------------------------------------------------------------------------------------------


def test_a_file_that_copy_reads_is_sent_as_its_own_bytes() -> None:
    data = b'a,b\n1,"x, \ny"\n,\n'
    file = opened(data)
    assert file.scan().rows == 2
    assert b"".join(file.chunks(frozenset({"b"}))).endswith(data.partition(b"\n")[2])


@pytest.mark.parametrize(
    ("data", "records"),
    [
        ("a,b\n1,\n,\"\"\n", [["1", None], [None, ""]]),
        ("a,b\nNA,NA\n1,x\n", [[None, "NA"], ["1", "x"]]),
        ('a,b\n"",x\n"2",""\n', [[None, "x"], ["2", ""]]),
        ("a;b\n1;x,y\n", [["1", "x,y"]]),
        ("a\tb\n1\tx\n", [["1", "x"]]),
        ("a,b\n1,x\n\n2,y\n\n", [["1", "x"], ["2", "y"]]),
        ("a,b\r\n1,x\n2,y\r\n", [["1", "x"], ["2", "y"]]),
        ("a,b\n\\.,x\n1,y\n", [["\\.", "x"], ["1", "y"]]),
        ("\ufeffa,b\n1,x", [["1", "x"]]),
        ("a,b\n", []),
        ("a,b", []),
        ("a\n1\n\n2\n", [["1"], [None], ["2"]]),
        ('a,b\n"5""",x\n', [['5"', "x"]]),
    ],
)  # fmt: skip
def test_values_and_nulls_arrive_as_they_were(data: str, records: list[list[str | None]]) -> None:
    assert sent(opened(data.encode())) == records


def test_a_value_with_a_comma_is_quoted_whatever_its_column() -> None:
    file = opened(b'a;j\n1;"{""k"": [1,2]}"\n')
    assert copied(b"".join(file.chunks(frozenset()))) == [["1", '{"k": [1,2]}']]


def test_a_word_named_as_null_is_null_in_text_too() -> None:
    assert sent(opened(b"a,b\nNA,NA\n1,x\n", null="NA")) == [[None, None], ["1", "x"]]


fields = st.one_of(
    st.sampled_from(
        ["", "NA", "null", "1", "-2", "0", "007", "1.5", "x", '"', ",", "\n", "\r\n", "2013-01-01", "\\.", " "]
    ),
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00\r\n"), max_size=8),
)


@given(
    st.integers(2, 4).flatmap(lambda n: st.lists(st.lists(st.none() | fields, min_size=n, max_size=n), max_size=8)),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([16, 8 * 1024 * 1024]),
)
def test_every_table_survives_the_way(
    rows: list[list[str | None]], delimiter: str, newline: str, segment_bytes: int
) -> None:
    width = len(rows[0]) if rows else 2
    names = [f"column{number}" for number in range(width)]
    lines = [delimiter.join(names)]
    for row in rows:
        lines.append(delimiter.join("" if v is None else '"' + v.replace('"', '""') + '"' for v in row))
    data = newline.join([*lines, ""]).encode()
    old, csv_source.SEGMENT_BYTES = csv_source.SEGMENT_BYTES, segment_bytes
    try:
        file = opened(data, delimiter=delimiter)
        scan = file.scan()
        arrived = sent(file)
    finally:
        csv_source.SEGMENT_BYTES = old
    textual = [sql_type(kind) == "text" for kind in scan.types]
    nothing = (None, "", *csv_source.NULL_WORDS)
    expected = [[v if textual[place] or v not in nothing else None for place, v in enumerate(row)] for row in rows]
    assert arrived == expected


@given(st.lists(st.lists(fields, min_size=1, max_size=3)), st.integers(1, 40))
def test_segments_are_whole_records_and_lose_nothing(rows: list[list[str]], size: int) -> None:
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    data = sink.getvalue().encode()
    parts = list(segments(io.BytesIO(data), size))
    assert b"".join(parts) == data
    assert all(part.count(b'"') % 2 == 0 for part in parts)


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"a,a\n1,2\n", "more than once"),
        (b"a,b\n1,2\n1,2,3\n", "well-formed"),
        (b"a,b\n1,\xff\n", "not UTF-8.*latin-1"),
    ],
)
def test_a_bad_file_is_refused_with_a_reason(data: bytes, said: str) -> None:
    with pytest.raises(DbaasError, match=said):
        opened(data).scan()


def test_another_encoding_is_read_when_named() -> None:
    file = CsvFile(lambda: as_utf8(io.BytesIO("a,b\n1,é\n".encode("latin-1")), "latin-1"))
    assert sent(file) == [["1", "é"]]


def test_a_header_without_names_gets_them(tmp_path: Path) -> None:
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(b",b \n1,2\n"))
    assert CsvFile(lambda: gzip.GzipFile(path)).names == ["column_1", "b"]  # type: ignore[arg-type,return-value]
