"""The functions that PostgreSQL comes with, as its own catalog describes them (``functions.tsv``).

The table has those that people call; the names of all others are known, so that nothing that exists is called unknown.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

__all__ = ["FUNCTIONS", "NAMES", "SET_COLUMNS", "WITHOUT_BRACKETS", "Builtin"]

_HERE = Path(__file__).parent


class Builtin(NamedTuple):
    """One function. ``kind`` is ``function``, ``aggregate`` or ``window``."""

    name: str
    arguments: str
    returns: str
    kind: str
    comment: str

    @property
    def signature(self) -> str:
        """How it is called, and what comes back."""
        shown = ", ".join(part for part in self.arguments.split(", ") if not part.startswith("OUT "))
        return f"{self.name}({shown}) → {self.returns.replace('SETOF', 'setof')}"


def _read() -> dict[str, Builtin]:
    lines = (_HERE / "functions.tsv").read_text(encoding="utf-8").splitlines()
    return {function.name: function for function in (Builtin(*line.split("\t")) for line in lines)}


def _set_columns() -> dict[str, tuple[tuple[str | None, str], ...]]:
    found: dict[str, tuple[tuple[str | None, str], ...]] = {}
    for function in FUNCTIONS.values():
        outs = [part[4:].split(" ", 1) for part in function.arguments.split(", ") if part.startswith("OUT ")]
        if outs:
            found[function.name] = tuple((name, kind) for name, kind in outs)
        elif function.returns.startswith("SETOF ") and function.returns != "SETOF record":
            found[function.name] = ((None, function.returns.removeprefix("SETOF ")),)
    return found


FUNCTIONS = _read()
"""Functions by name; of overloads the one that says most."""

SET_COLUMNS = _set_columns()
"""The columns that a function gives in FROM; None stands for the function's own name, or its alias."""

NAMES = frozenset(FUNCTIONS) | frozenset((_HERE / "function_names.txt").read_text(encoding="utf-8").split())
"""Every name that a call may have."""

WITHOUT_BRACKETS = (
    "current_date", "current_timestamp", "current_time", "localtime", "localtimestamp", "current_user",
    "session_user", "current_role", "current_schema", "current_catalog",
)  # fmt: skip
"""Values that look like columns."""
