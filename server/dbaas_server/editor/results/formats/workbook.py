"""Excel's format, written row by row to a file on disk and handed out once it is whole.

Office Open XML keeps its list of parts at the end, and what does not fit on a sheet (1,048,576 rows) shows only on the
way: so nothing is sent before the file is done, and whoever asked is told what is wrong.
"""

from __future__ import annotations

import math
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from dbaas_provisioning.errors import Invalid

from .encoder import Encoder, Sheet
from .texts import text_rows

__all__ = ["MOST_ROWS", "Workbook"]

MOST_ROWS = 1_048_576
"""Of a sheet, its header among them. https://support.microsoft.com/office: "Excel specifications and limits"."""

MOST_BYTES = 2 * 1024 * 1024 * 1024
"""Of the sheet on disk, before it is compressed."""

LONGEST_TEXT = 32_767
_READ_BYTES = 256 * 1024
_DIGITS = 15
"""Of a number, that Excel keeps: it has IEEE's doubles and no more."""
_NUMBER = re.compile(r"-?(\d+)(?:\.(\d+))?(?:[eE][+-]?\d{1,3})?")
_NUMERIC = frozenset({"smallint", "integer", "bigint", "oid", "real", "double precision", "numeric"})
_FORMATS = {
    "date": "yyyy-mm-dd",
    "timestamp without time zone": "yyyy-mm-dd hh:mm:ss.000",
    "timestamp with time zone": "yyyy-mm-dd hh:mm:ss.000",
}
_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
_FIRST_DAY = 61  # before 1900-03-01 Excel counts a leap day that never was
_LAST_DAY = 2_958_466
_CUT = " …"


class Workbook(Encoder):
    """One sheet. Texts are texts, whatever they begin with; a moment is UTC; a text too long for a cell is cut.

    A number that Excel would round stays text, as does a moment before 1900-03-01 or after 9999.
    """

    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    suffix = "xlsx"

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(sheet)
        self._folder = Path(tempfile.mkdtemp(prefix="dbaas-export-"))
        self._path = self._folder / "export.xlsx"
        self._book = xlsxwriter.Workbook(
            str(self._path),
            {
                "constant_memory": True,
                "tmpdir": str(self._folder),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._page = self._book.add_worksheet()
        self._plain = self._book.add_format()
        self._formats = {kind: self._book.add_format({"num_format": shown}) for kind, shown in _FORMATS.items()}
        bold = self._book.add_format({"bold": True})
        self._page.freeze_panes(1, 0)
        self._row = 0
        for place, column in enumerate(sheet.columns):
            self._write_text(0, place, column.name, bold)

    def rows(self, chunk: bytes) -> bytes:
        """Writes them down; what comes of it, comes at the end.

        Raises:
            Invalid: ``too_many_rows``, ``too_many_bytes``.
        """
        for row in text_rows(chunk, len(self.sheet.columns)):
            self._row += 1
            if self._row >= MOST_ROWS:
                raise Invalid(
                    "too_many_rows",
                    f"An Excel sheet has at most {MOST_ROWS:,} rows, the header among them.",
                    hint="Export CSV or Parquet, or fewer rows.",
                )
            for place, (column, value) in enumerate(zip(self.sheet.columns, row, strict=True)):
                if value is not None:
                    self._write(place, column.type, value)
        if sum(file.stat().st_size for file in self._folder.iterdir()) > MOST_BYTES:
            raise Invalid(
                "too_many_bytes",
                f"The Excel sheet would have more than {MOST_BYTES // 2**20:,} MiB.",
                hint="Export CSV or Parquet, or fewer rows.",
            )
        return b""

    def end(self) -> Iterator[bytes]:
        """The file."""
        self._book.close()
        with self._path.open("rb") as file:
            while chunk := file.read(_READ_BYTES):
                yield chunk

    def close(self) -> None:
        """Remove the file."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self, place: int, kind: str, value: str) -> None:
        page, row = self._page, self._row
        if kind in _NUMERIC and _exact(value):
            page.write_number(row, place, float(value))
        elif kind == "boolean":
            page.write_boolean(row, place, value == "t")
        elif kind in _FORMATS and (serial := _serial(value)) is not None:
            page.write_number(row, place, serial, self._formats[kind])
        else:
            self._write_text(row, place, value)

    def _write_text(self, row: int, place: int, text: str, form: Any = None) -> None:
        if text.startswith("<r>") and text.endswith("</r>"):
            # The library takes such a text for its own markup, unless it is given in two pieces.
            pieces = [text[0], form or self._plain, _fitting(text)[1:]]
            self._page.write_rich_string(row, place, *([form, *pieces] if form else pieces))
        else:
            self._page.write_string(row, place, _fitting(text), form)


def _exact(value: str) -> bool:
    found = _NUMBER.fullmatch(value)
    if found is None:
        return False
    digits = (found[1] + (found[2] or "")).strip("0")
    number = float(value)
    return len(digits) <= _DIGITS and math.isfinite(number) and (number != 0 or not digits)


def _serial(value: str) -> float | None:
    """Days since Excel's beginning of time; None for what it has no number for."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    since = moment - _EPOCH
    days = since.days + since.seconds / 86_400 + since.microseconds / 86_400_000_000
    return days if _FIRST_DAY <= days < _LAST_DAY else None


def _fitting(text: str) -> str:
    """A text as a cell can hold it; its length counts in UTF-16 units."""
    if len(text) <= LONGEST_TEXT // 2 or len(text.encode("utf-16-le")) // 2 <= LONGEST_TEXT:
        return text
    kept = text.encode("utf-16-le")[: 2 * (LONGEST_TEXT - len(_CUT))].decode("utf-16-le", "ignore")
    return kept + _CUT
