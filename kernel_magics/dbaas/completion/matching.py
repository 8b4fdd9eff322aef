"""Which part of a cell the cursor is in, and what IPython is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from .. import graphql, jupysql
from ..context import Context
from ..lookup import Lookup
from .cells import in_dbaas_cell, in_sql
from .lines import in_line, in_opening
from .names import Names
from .statements import complete, place
from .suggested import Suggested

__all__ = ["matcher"]

_LINE = re.compile(r"^\s*(?:[\w.]+\s*=\s*)?(%dbaas)\b(.*)$", re.DOTALL)
_OPENING = re.compile(r"\s*%%dbaas\b([^\n]*)")


class _Nothing(list[SimpleCompletion]):
    """No suggestion, and none of anybody else's: IPython asks for the length before it silences others."""

    def __len__(self) -> int:
        return 1


def matcher(context: Context, lookup: Lookup) -> Callable[[CompletionContext], SimpleMatcherResult]:
    """What IPython asks for completions, bound to a shell's state."""
    names = Names(context, lookup)

    @context_matcher(identifier="dbaas")  # type: ignore[untyped-decorator]
    def dbaas(asked: CompletionContext) -> SimpleMatcherResult:
        lines = asked.full_text.split("\n")
        before = "\n".join([*lines[: asked.cursor_line], lines[asked.cursor_line][: asked.cursor_position]])
        statement = in_dbaas_cell(asked.full_text, len(before))
        if statement is not None:
            if "--graphql" in statement.opening.split():
                schema = names.graphql(*place(statement.opening))
                return _beginning(*graphql.complete(schema, statement.text, statement.before))
            return _told(complete(names, statement, *place(statement.opening)))
        opening = _OPENING.match(before)
        if opening is not None:
            return _beginning(*in_opening(names, opening.group(1)))
        sql = in_sql(asked.full_text, len(before), jupysql.aliases())
        if sql is not None:
            database = jupysql.place(sql.opening or None)
            return SimpleMatcherResult(completions=[]) if database is None else _told(complete(names, sql, *database))
        line = _LINE.match(before.split("\n")[-1])
        if line:
            return _beginning(*in_line(names, line.group(2)))
        return SimpleMatcherResult(completions=[])

    return dbaas  # type: ignore[no-any-return]


def _beginning(fragment: str, words: Iterable[tuple[str, str]]) -> SimpleMatcherResult:
    """Those of ``words`` that go on from what is written."""
    found: dict[str, str] = {}
    wanted = fragment.lower().lstrip('"')
    for word, kind in words:
        if word.lower().lstrip('"').startswith(wanted):
            found.setdefault(word, kind)
    return _result(fragment, found.items(), suppress=bool(found))


def _told(suggested: Suggested) -> SimpleMatcherResult:
    return _result(suggested.fragment, suggested.words, suppress=True)


def _result(fragment: str, words: Iterable[tuple[str, str]], *, suppress: bool) -> SimpleMatcherResult:
    completions: Any = [SimpleCompletion(text=text, type=kind) for text, kind in words]
    return SimpleMatcherResult(
        completions=completions or (_Nothing() if suppress else []),
        suppress=suppress,
        ordered=True,
        matched_fragment=fragment,
    )
