"""CSV files: what types their columns have, and their bytes in the form that COPY reads.

A file is read in segments of whole records, so memory is bounded whatever its size. For a table that is not there yet
one pass finds the types, over every row, so that a type holds for all of them. A segment that COPY reads as it is
travels untouched; another is written anew, its values still as the file has them.

An unquoted empty field is null, a quoted one an empty string. A field like ``NA`` is null in a column of numbers or
times, and text in a column of text, unless it was named as null.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from .errors import DbaasError

__all__ = ["CsvFile", "Scan", "csv_line", "segments"]

SEGMENT_BYTES = 8 * 1024 * 1024
BLOCK_BYTES = 1024 * 1024  # parsed in parallel
CHUNK_BYTES = 1024 * 1024  # sent at a time
RECORD_LIMIT = 256 * 1024 * 1024
NULL_WORDS = ("NA", "N/A", "#N/A", "NULL", "null", "\\N")

_CANDIDATES = ",;\t|"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Values that Arrow takes for a type and that would lose something in it.

    Attributes:
        suspects: the Arrow types it concerns.
        in_bytes: a cheap test of a segment and its delimiter; False is certain.
        in_column: a cheap test of the parsed column; False is certain.
        value: a regular expression for a value that is one.
        instead: the type that loses nothing.
    """

    suspects: Callable[[pa.DataType], bool]
    in_bytes: Callable[[bytes, bytes], bool]
    in_column: Callable[[pa.ChunkedArray], bool]
    value: str
    instead: pa.DataType


def _leading_zeros(data: bytes, delimiter: bytes) -> bool:
    """Whether a field may begin with 0 and go on with a digit."""
    characters = np.frombuffer(b"\n\n" + data + b"\n", np.uint8)
    zeros = np.flatnonzero(characters == ord("0"))
    following = characters[zeros + 1]
    zeros = zeros[(following >= ord("0")) & (following <= ord("9"))]
    begins = np.zeros(256, np.bool_)
    begins[[*delimiter, *b'\n"']] = True
    between = np.zeros(256, np.bool_)
    between[[*b"- "]] = True
    before = characters[zeros - 1]
    return bool(np.any(begins[before] | (between[before] & begins[characters[zeros - 2]])))


def _bare_hours(data: bytes, _: bytes) -> bool:
    """Whether a date may be followed by an hour and nothing else."""
    characters = np.frombuffer(data + b"\n\n\n", np.uint8)
    gaps = np.flatnonzero((characters == ord(" ")) | (characters == ord("T")))
    gaps = gaps[(gaps > 0) & (gaps < len(data))]
    digit = (characters >= ord("0")) & (characters <= ord("9"))
    after = characters[gaps + 3]
    return bool(np.any(digit[gaps - 1] & digit[gaps + 1] & digit[gaps + 2] & (after != ord(":"))))


def _huge(column: pa.ChunkedArray) -> bool:
    largest = pc.max(pc.abs(column)).as_py()
    return largest is not None and not largest < 1e15


def _always(*_: object) -> bool:
    return True


def _numeric(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


_SUSPICIONS = (
    # 01234 is a postal code, not 1234.
    Suspicion(_numeric, _leading_zeros, _always, r"^\s*-?0\d", pa.string()),
    # Whole numbers beyond 64 bits were taken for floating point.
    Suspicion(pa.types.is_floating, _always, _huge, r"^\s*-?\d{16,}\s*$", pa.decimal256(76, 0)),
    # A time of a day needs its minutes.
    Suspicion(pa.types.is_timestamp, _bare_hours, _always, r"-\d\d[ T]\d\d(?:[^:\d]|$)", pa.string()),
)


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over a file found.

    Attributes:
        types: Arrow's type of each column, holding for every row.
        null_words: there are words like ``NA``.
        rows: data rows.
    """

    types: tuple[pa.DataType, ...]
    null_words: bool
    rows: int


class CsvFile:
    """A CSV file with a header line.

    Args:
        open: gives the bytes from the start, as UTF-8, each time it is called.
        null: a word that is null in every column, besides the empty field.
        delimiter: between fields; None finds it in the header.

    Attributes:
        names: of the columns, from the header: trimmed, empty ones numbered.
    """

    def __init__(self, open: Callable[[], BinaryIO], *, null: str | None = None, delimiter: str | None = None) -> None:
        self._open = open
        self._null = null
        with open() as stream:
            first = next(segments(stream, 64 * 1024), b"")
        header = _first_record(first.removeprefix(b"\xef\xbb\xbf"))
        if not header.strip():
            raise DbaasError("The file is empty.", code="empty_file", hint="A CSV file begins with a header line.")
        text = _decoded(header)
        self.delimiter = delimiter or max(_CANDIDATES, key=lambda mark: _outside_quotes(text, mark))
        fields = next(csv.reader([text], delimiter=self.delimiter))
        self.names = [field.strip() or f"column_{number}" for number, field in enumerate(fields, 1)]
        twins = {name for name in self.names if self.names.count(name) > 1}
        if twins:
            raise DbaasError(f"The header names {', '.join(sorted(twins))} more than once.", code="twin_columns")

    def scan(self) -> Scan:
        """Find the columns' types. Reads the whole file once.

        Raises:
            DbaasError: bytes that are not UTF-8, or a row with too many or too few fields.
        """
        types: list[pa.DataType] = [pa.null()] * len(self.names)
        words = False
        rows = 0
        for segment in self._data():
            _decoded(segment)
            kinds, count = self._kinds(segment)
            types = [_wider(one, other) for one, other in zip(types, kinds, strict=True)]
            words = words or self._has_null_word(segment)
            rows += count
        return Scan(tuple(types), words, rows)

    def chunks(self, text_columns: frozenset[str]) -> Iterator[bytes]:
        """CSV for COPY, with a header line.

        Args:
            text_columns: where an empty string is a value; elsewhere it is null.
        """
        newline: bytes | None = None
        for segment in self._data():
            if newline is None:
                newline = b"\r\n" if b"\r\n" in segment else b"\n"
                yield csv_line(self.names).rstrip(b"\n") + newline
            if self._copy_reads(segment, newline):
                yield from (segment[at : at + CHUNK_BYTES] for at in range(0, len(segment), CHUNK_BYTES))
            else:
                yield self._rewritten(segment, text_columns, newline)
        if newline is None:
            yield csv_line(self.names)

    def _data(self) -> Iterator[bytes]:
        """The file's records in segments, without the header."""
        with self._open() as stream:
            first = True
            for segment in segments(stream, SEGMENT_BYTES):
                if first:
                    segment = segment.removeprefix(b"\xef\xbb\xbf")
                    segment = segment[len(_first_record(segment)) :]
                    first = False
                if segment:
                    yield segment

    def _read(self, segment: bytes, convert: pacsv.ConvertOptions) -> pa.Table:
        try:
            return pacsv.read_csv(
                pa.BufferReader(segment),
                read_options=pacsv.ReadOptions(
                    column_names=self.names,
                    block_size=BLOCK_BYTES if len(segment) > BLOCK_BYTES else max(len(segment), 1),
                ),
                parse_options=pacsv.ParseOptions(
                    delimiter=self.delimiter,
                    newlines_in_values=b'"' in segment,
                    ignore_empty_lines=len(self.names) > 1,
                ),
                convert_options=convert,
            )
        except pa.ArrowInvalid as error:
            if "Empty CSV file" in str(error):
                return pa.table({name: pa.nulls(0) for name in self.names})
            raise DbaasError("The file is not well-formed CSV.", code="bad_csv", details=str(error)) from None

    def _nulls(self) -> list[str]:
        return ["", *([self._null] if self._null is not None else [])]

    def _kinds(self, segment: bytes) -> tuple[list[pa.DataType], int]:
        """The type of each column in one segment, and how many rows it has."""
        table = self._read(
            segment,
            pacsv.ConvertOptions(
                null_values=[*self._nulls(), *NULL_WORDS],
                strings_can_be_null=False,
                quoted_strings_can_be_null=True,
            ),
        )
        kinds = list(table.schema.types)
        mark = self.delimiter.encode()
        for suspicion in _SUSPICIONS:
            concerned = [
                name
                for name, kind in zip(self.names, kinds, strict=True)
                if suspicion.suspects(kind) and suspicion.in_column(table[name])
            ]
            if not concerned or not suspicion.in_bytes(segment, mark):
                continue
            texts = self._texts(segment, concerned)
            for name in concerned:
                if pc.any(pc.match_substring_regex(texts[name], suspicion.value)).as_py():
                    kinds[self.names.index(name)] = suspicion.instead
        return kinds, table.num_rows

    def _texts(self, segment: bytes, names: Sequence[str]) -> pa.Table:
        return self._read(
            segment,
            pacsv.ConvertOptions(
                include_columns=list(names),
                column_types=dict.fromkeys(names, pa.string()),
                null_values=self._nulls(),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )

    def _copy_reads(self, segment: bytes, newline: bytes) -> bool:
        """Whether COPY reads these bytes as they are meant.

        It knows no delimiter but the comma, no null but the empty field, no blank line, no end mark, and one kind of
        line end in a file.
        """
        returns = segment.count(b"\r")
        return (
            self.delimiter == ","
            and self._null is None
            and returns == (segment.count(b"\n") if newline == b"\r\n" else 0)
            and b'""' not in segment
            and (len(self.names) == 1 or not _blank_line(segment))
            and not segment.startswith(b"\\.")
            and b"\n\\." not in segment
            and not self._has_null_word(segment)
        )

    def _has_null_word(self, segment: bytes) -> bool:
        edges = b'\r\n"' + self.delimiter.encode()
        for word in map(str.encode, NULL_WORDS):
            at = segment.find(word)
            while at >= 0:
                end = at + len(word)
                if (at == 0 or segment[at - 1] in edges) and (end == len(segment) or segment[end] in edges):
                    return True
                at = segment.find(word, end)
        return False

    def _rewritten(self, segment: bytes, text_columns: frozenset[str], newline: bytes) -> bytes:
        """The segment's records as COPY reads them."""
        table = self._texts(segment, self.names)
        nothing = pa.array(["", *NULL_WORDS])
        fields = []
        for name, column in zip(self.names, table.columns, strict=True):
            textual = name in text_columns
            if not textual:
                column = pc.if_else(pc.is_in(column, value_set=nothing), pa.scalar(None, pa.string()), column)
            if textual or pc.any(pc.match_substring_regex(column, '[",\r\n]')).as_py():
                column = pc.binary_join_element_wise('"', pc.replace_substring(column, '"', '""'), '"', "")
            fields.append(pc.fill_null(column, ""))
        records = pc.binary_join_element_wise(*fields, ",").combine_chunks()
        if len(records) == 0:
            return b""
        whole = pa.ListArray.from_arrays(pa.array([0, len(records)], pa.int32()), records)
        return bytes(pc.binary_join(whole, newline.decode())[0].as_buffer()) + newline


def segments(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """Parts of about ``size`` bytes, each of whole records: cut at a line end outside quotes.

    Raises:
        DbaasError: a record of more than 256 MB, which is a quote that is never closed.
    """
    rest = b""
    while block := stream.read(size):
        rest += block
        end = _last_record_end(rest)
        if end:
            yield rest[:end]
            rest = rest[end:]
        elif len(rest) > RECORD_LIMIT:
            raise DbaasError("A record never ends.", code="bad_csv", hint="Is a quote left open in the file?")
    if rest:
        yield rest


def csv_line(names: Sequence[str]) -> bytes:
    """A header line, every name quoted."""
    return (",".join('"' + name.replace('"', '""') + '"' for name in names) + "\n").encode()


def _last_record_end(data: bytes) -> int:
    """Behind the last line end with an even number of quotes before it; 0 when there is none."""
    quotes = data.count(b'"')
    end = len(data)
    while True:
        line_end = data.rfind(b"\n", 0, end)
        if line_end < 0:
            return 0
        quotes -= data.count(b'"', line_end, end)
        if quotes % 2 == 0:
            return line_end + 1
        end = line_end


def _blank_line(data: bytes) -> bool:
    return data.startswith((b"\n", b"\r\n")) or b"\n\n" in data or b"\n\r\n" in data


def _first_record(data: bytes) -> bytes:
    """The first record with its line end."""
    quotes = at = 0
    while True:
        end = data.find(b"\n", at)
        if end < 0:
            return data
        quotes += data.count(b'"', at, end)
        if quotes % 2 == 0:
            return data[: end + 1]
        at = end + 1


def _decoded(data: bytes) -> str:
    try:
        return "" if len(data) > 1_000_000 and data.isascii() else data.decode()
    except UnicodeDecodeError as error:
        shown = data[max(0, error.start - 20) : error.start + 10]
        raise DbaasError(
            "The file is not UTF-8.",
            code="bad_encoding",
            details=repr(shown),
            hint="Name its encoding: --encoding latin-1",
        ) from None


def _outside_quotes(text: str, mark: str) -> int:
    return sum(part.count(mark) for part in text.split('"')[::2])


def _wider(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """The narrowest type that holds the values of both."""
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    kinds = {one, other}
    if all(pa.types.is_timestamp(kind) or pa.types.is_date32(kind) for kind in kinds):
        zones = {kind.tz for kind in kinds if pa.types.is_timestamp(kind)}
        if len(zones) == 1:
            return pa.timestamp("us", zones.pop())
    if all(pa.types.is_integer(kind) or pa.types.is_decimal(kind) for kind in kinds):
        return pa.decimal256(76, 0)
    if all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in kinds):
        return pa.float64()
    return pa.string()
