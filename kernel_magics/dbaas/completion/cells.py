"""Where in a cell the cursor's statement is. Pure; offsets count characters, as IPython's do."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

__all__ = ["Statement", "in_dbaas_cell", "in_sql"]

_DBAAS = re.compile(r"\s*%%dbaas\b([^\n]*)\n")
_SQL_CELL = re.compile(r"\s*%%sql\b")
_SQL_LINE = re.compile(r"[ \t]*(?:[\w.,\t ]+=[ \t]*)?%sql\b")
_WORD = re.compile(r"[ \t]*(\S+)")
_TARGET = re.compile(r"\s*[^\W\d]\w*\s*=?\s*<<")
# jupysql's options; those of the first kind take a word.
_VALUED = frozenset(
    """
    -x --close -c --creator -s --section -a --connection_arguments -f --file -S --save -w --with -A --alias -i
    --interact
    """.split()  # noqa: SIM905
)
_SWITCHES = frozenset(
    "-l --connections -p --persist -P --persist-replace -n --no-index --append -N --no-execute".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a cell, or several.

    Attributes:
        text: without the magic before it.
        offset: the cursor's, in that text.
        opening: the words behind ``%%dbaas``; for ``%%sql`` the connection that is named, or nothing.
    """

    text: str
    offset: int
    opening: str

    @property
    def before(self) -> str:
        """The text up to the cursor."""
        return self.text[: self.offset]


def in_dbaas_cell(cell: str, offset: int) -> Statement | None:
    """The body of a ``%%dbaas`` cell, if the cursor is in it."""
    opening = _DBAAS.match(cell)
    if opening is None or offset < opening.end():
        return None
    return Statement(cell[opening.end() :], offset - opening.end(), opening.group(1))


def in_sql(cell: str, offset: int, connections: Container[str]) -> Statement | None:
    """The SQL of a ``%%sql`` cell or a ``%sql`` line, if the cursor is in it.

    Args:
        connections: names that jupysql knows.
    """
    whole = _SQL_CELL.match(cell)
    if whole is not None:
        start, alias = _start(cell, whole.end(), connections)
        end = len(cell)
    else:
        line = cell.rfind("\n", 0, offset) + 1
        magic = _SQL_LINE.match(cell, line)
        if magic is None:
            return None
        end = cell.find("\n", line) if "\n" in cell[line:] else len(cell)
        start, alias = _start(cell[:end], magic.end(), connections)
    return Statement(cell[start:end], offset - start, alias) if start <= offset <= end else None


def _start(cell: str, at: int, connections: Container[str]) -> tuple[int, str]:
    """Where the SQL begins behind options, a connection's name and ``variable <<``; and that name."""
    alias = ""
    line_end = cell.find("\n", at)
    line_end = len(cell) if line_end < 0 else line_end
    while word := _WORD.match(cell, at, line_end):
        if word[1] in _VALUED:
            value = _WORD.match(cell, word.end(), line_end)
            at = value.end() if value else line_end
        elif word[1] in _SWITCHES or word[1].partition("=")[0] in _VALUED:
            at = word.end()
        elif not alias and word[1] in connections and _TARGET.match(cell, at) is None:
            alias, at = word[1], word.end()
        else:
            break
    target = _TARGET.match(cell, at)
    if target is not None:
        at = target.end()
    # What separates the magic from its SQL is of neither.
    return at + 1 if cell[at : at + 1] in (" ", "\n") else at, alias
