"""What the server says may stand at a statement's cursor, and the notebook's variables where a parameter does."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..params import names
from .cells import Statement
from .names import Names
from .suggested import Suggested, Word

__all__ = ["complete", "place"]

_WORD_BEFORE = re.compile(r"\w*\Z")
_MARK = "\N{LATIN SMALL LETTER THORN}\N{LATIN SMALL LETTER THORN}"  # letters that no name ends with

_VALUED = ("--to", "--tenant", "--variables", "--operation")


def complete(known: Names, statement: Statement, tenant: str | None, database: str | None) -> Suggested:
    """Suggestions for the cursor of ``statement``, best first."""
    variable = _parameter(statement.before)
    if variable is not None:
        offered = [name for name in known.variables if name.lower().startswith(variable.lower())]
        return Suggested(variable, [Word(name, "variable") for name in offered])
    answer = known.suggested(tenant, database, statement.text, _units(statement.before))
    if answer is None:
        return Suggested("")
    start, end = _characters(statement.text, answer.start), _characters(statement.text, answer.end)
    if not start <= statement.offset <= end:
        return Suggested("")
    # Jupyter replaces up to the cursor only; editors close a quote as soon as it is opened.
    behind = statement.text[statement.offset : end]
    quote = behind if behind in ('"', "'") else ""
    words = [Word(text.removesuffix(quote), kind) for text, kind in answer.items]
    return Suggested(statement.text[start : statement.offset], words)


def place(opening: str) -> tuple[str | None, str | None]:
    """Tenant and database that the first line of a ``%%dbaas`` cell names."""
    words: Sequence[str] = opening.partition(">>")[0].split()
    tenant = words[words.index("--tenant") + 1] if "--tenant" in words[:-1] else None
    places = [word for at, word in enumerate(words) if word[0] != "-" and (at == 0 or words[at - 1] not in _VALUED)]
    first = places[0] if places else None
    if first and "/" in first:
        owner, _, name = first.partition("/")
        return owner, name
    return tenant, first


def _parameter(before: str) -> str | None:
    """What is written of a ``:name`` at the end, None where none is."""
    word = _WORD_BEFORE.search(before)
    if word is None or before[word.start() - 1 : word.start()] != ":":
        return None
    written = word.group()
    return written if f"{written}{_MARK}" in names(before + _MARK) else None


def _units(text: str) -> int:
    """A length in UTF-16 code units, as the server counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _characters(text: str, units: int) -> int:
    """How many characters of ``text`` so many UTF-16 code units are."""
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "replace"))
