"""Tab in ``%dbaas`` lines and ``%%dbaas`` cells. Prints nothing, starts nothing, waits at most a moment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from . import discovery, graphql, operations
from .client import Client
from .commands import COMMANDS
from .context import Context
from .lookup import Lookup
from .nouns import Schema, Table
from .params import is_own
from .sql_names import if_needed

__all__ = ["matcher"]

T = TypeVar("T")

SECONDS = 5.0  # for one answer, on the completion's own thread
GRAPHQL_SECONDS = 30.0  # a schema is large, and changes seldom: this long it is taken as it is

_LINE = re.compile(r"^\s*(?:[\w.]+\s*=\s*)?(%dbaas)\b(.*)$", re.DOTALL)
_CELL = re.compile(r"\s*%%dbaas\b([^\n]*)\n")
_WORD = re.compile(r"[\w$]*$")
_VALUED = ("--to", "--tenant", "--variables", "--operation")
_TABLE_PLACE = re.compile(
    r'\b(?:from|join|into|update|table)\s+(?:[\w"$.]+(?:\s+(?:as\s+)?\w+)?\s*,\s*)*\Z', re.IGNORECASE
)
_QUALIFIED = re.compile(r'(?:"([^"]+)"|([\w$]+))\.\Z')
_TABLES = re.compile(
    r'\b(?:from|join|into|update)\s+(?:(?:"[^"]+"|[\w$]+)\.)?(?:"([^"]+)"|([\w$]+))(?:\s+(?:as\s+)?([a-z_][\w$]*))?',
    re.IGNORECASE,
)
_NO_ALIAS = frozenset(
    """
    where on using join left right full inner cross natural order group limit set values returning having union
    select offset window for as default
    """.split()  # noqa: SIM905
)


def matcher(context: Context, lookup: Lookup) -> Callable[[CompletionContext], SimpleMatcherResult]:
    """What IPython asks for completions, bound to a shell's state."""
    names = _Names(context, lookup)

    @context_matcher(identifier="dbaas")  # type: ignore[untyped-decorator]
    def dbaas(asked: CompletionContext) -> SimpleMatcherResult:
        lines = asked.full_text.split("\n")
        before = "\n".join([*lines[: asked.cursor_line], lines[asked.cursor_line][: asked.cursor_position]])
        cell = _CELL.match(asked.full_text)
        if cell and len(before) >= cell.end():
            return _result(*_in_cell(names, cell.group(1), asked.full_text[cell.end() :], before[cell.end() :]))
        opening = _CELL.match(asked.full_text + "\n") if asked.cursor_line == 0 else None
        if opening:
            return _result(*_in_opening(names, before[before.index("%%dbaas") + 7 :]))
        line = _LINE.match(before.split("\n")[-1])
        if line:
            return _result(*_in_line(names, line.group(2)))
        return SimpleMatcherResult(completions=[])

    return dbaas  # type: ignore[no-any-return]


def _result(fragment: str, words: Iterable[tuple[str, str]]) -> SimpleMatcherResult:
    found: dict[str, str] = {}
    wanted = fragment.lower().lstrip('"')
    for word, kind in words:
        if word.lower().lstrip('"').startswith(wanted):
            found.setdefault(word, kind)
    return SimpleMatcherResult(
        completions=[SimpleCompletion(text=word, type=kind) for word, kind in found.items()],
        suppress=bool(found),
        ordered=True,
        matched_fragment=fragment,
    )


class _Names:
    """What exists, as far as it is known by now."""

    def __init__(self, context: Context, lookup: Lookup) -> None:
        self._context = context
        self._lookup = lookup

    @property
    def variables(self) -> Iterable[str]:
        return [name for name in self._context.variables if is_own(name)]

    def frames(self) -> Iterable[str]:
        return [name for name in self.variables if hasattr(self._context.variables[name], "columns")]

    def mappings(self) -> Iterable[str]:
        return [name for name in self.variables if isinstance(self._context.variables[name], Mapping)]

    def tenants(self) -> list[str]:
        def fetch(client: Client) -> list[str]:
            return [each.subdomain for each in client.transport.run(operations.tenants(), seconds=SECONDS)]

        return self._ask("tenants", fetch, [])

    def databases(self, tenant: str | None = None) -> list[str]:
        name = tenant or self._tenant()
        if name is None:
            return []

        def fetch(client: Client) -> list[str]:
            return [each.name for each in client.transport.run(operations.databases(name), seconds=SECONDS)]

        return self._ask(("databases", name), fetch, [])

    def tables(self, tenant: str | None = None, database: str | None = None) -> Sequence[Table]:
        owner = tenant or self._tenant()
        if owner is None:
            return ()
        name = database or (self._context.database if owner == self._context.tenant else None)

        def fetch(client: Client) -> Schema:
            chosen = name or client.transport.run(operations.tenant(owner), seconds=SECONDS).default_database
            if chosen is None:
                return Schema(0, ())
            return client.transport.run(operations.schema(owner, chosen), seconds=SECONDS)

        return self._ask(("schema", owner, name), fetch, Schema(0, ())).tables

    def graphql(self, tenant: str | None = None, database: str | None = None) -> graphql.Schema:
        """What can be asked with GraphQL where a cell's first line says."""
        owner = tenant or self._tenant()
        if owner is None:
            return graphql.Schema()
        name = database or (self._context.database if tenant is None else None)

        def fetch(client: Client) -> graphql.Schema:
            asked = operations.graphql(owner, name, graphql.QUERY)
            answer = client.transport.run(asked, seconds=SECONDS)
            return graphql.Schema.of(answer)

        return self._ask(("graphql", owner, name), fetch, graphql.Schema(), fresh_seconds=GRAPHQL_SECONDS)

    def _tenant(self) -> str | None:
        if self._context.tenant is not None:
            return self._context.tenant
        tenants = self.tenants()
        return tenants[0] if len(tenants) == 1 else None

    def _ask(self, key: Any, fetch: Callable[[Client], T], default: T, *, fresh_seconds: float | None = None) -> T:
        def found() -> T:
            # Completion starts no platform: where none runs there is nothing to complete.
            return default if discovery.find() is None else fetch(self._context.client)

        return self._lookup.get(key, found, default, fresh_seconds=fresh_seconds)


# --- %dbaas … ---------------------------------------------------------------------------------------------------


def _in_line(names: _Names, text: str) -> tuple[str, Iterable[tuple[str, str]]]:
    *done, fragment = re.split(r"\s+", text.lstrip())
    if not done:
        heads = dict.fromkeys(command.words[0] for command in COMMANDS)
        return fragment, [(word, "keyword") for word in [*heads, "help"]]
    if done[0] == "help":
        return fragment, [(command.name, "keyword") for command in COMMANDS]
    pairs = [command.words[1] for command in COMMANDS if command.words[0] == done[0] and len(command.words) == 2]
    words: list[tuple[str, str]] = []
    if len(done) == 1:
        words += [(word, "keyword") for word in pairs]
    command = next((c for n in (2, 1) for c in COMMANDS if c.words == tuple(done[:n]) and len(c.words) == n), None)
    if command is None:
        return fragment, words
    last = done[-1].removeprefix("--")
    option = command.options.get(last) if done[-1].startswith("--") else None
    if option is not None and option.value is not None:
        if option.choices:
            return fragment, [(choice, "value") for choice in option.choices]
        lists = {"tenant": names.tenants, "database": names.databases}
        return fragment, [(name, "value") for name in (lists[last]() if last in lists else [])]
    if fragment.startswith("-"):
        return fragment, [(f"--{name}", "option") for name in command.options if f"--{name}" not in done]
    given = len([word for word in done[len(command.words) :] if not word.startswith("-")])
    if given < len(command.positional):
        words += _positional(names, command.name, command.positional[given], fragment)
    return fragment, words


def _positional(names: _Names, command: str, what: str, fragment: str) -> list[tuple[str, str]]:
    what = what[1:-1] if what.startswith("[") else what
    if what == "ENGINE":
        return [("postgres", "value")]
    if what == "DATABASE" or what == "TENANT[/DATABASE]":
        tenant, slash, _ = fragment.rpartition("/")
        if slash:
            return [(f"{tenant}/{name}", "value") for name in names.databases(tenant)]
        tenants = names.tenants() if what != "DATABASE" else []
        return [(name, "value") for name in [*names.databases(), *tenants]]
    if what == "NAME" and command == "tenant drop":
        return [(name, "value") for name in names.tenants()]
    if what == "TABLE":
        return [(table.name, "class") for table in names.tables()]
    if what == "FILE_OR_FRAME":
        return [(name, "variable") for name in names.frames()]
    return [(choice, "value") for choice in what.split("|")] if "|" in what else []


# --- %%dbaas cells ----------------------------------------------------------------------------------------------


def _in_opening(names: _Names, text: str) -> tuple[str, Iterable[tuple[str, str]]]:
    *done, fragment = re.split(r"\s+", text)
    last = done[-1] if done else ""
    if last == "--to":
        return fragment, [(word, "value") for word in ("pandas", "polars", "arrow")]
    if last == "--tenant":
        return fragment, [(name, "value") for name in names.tenants()]
    if last == "--variables":
        return fragment, [(name, "variable") for name in names.mappings()]
    if fragment.startswith("-"):
        more = ("--variables", "--operation") if "--graphql" in done else ("--graphql",)
        return fragment, [(option, "option") for option in ("--to", "--tenant", *more)]
    return fragment, [(name, "value") for name in names.databases()]


def _in_cell(names: _Names, opening: str, cell: str, before: str) -> tuple[str, Iterable[tuple[str, str]]]:
    if "--graphql" in opening.split():
        return graphql.complete(names.graphql(*_place(opening)), cell, before)
    fragment = _fragment(before)
    front = before[: len(before) - len(fragment)]
    if front.endswith(":") and not front.endswith("::"):
        return fragment, [(name, "variable") for name in names.variables]
    tables = names.tables(*_place(opening))
    qualified = _QUALIFIED.search(front)
    if qualified:
        return fragment, _qualified(tables, cell, qualified.group(1) or qualified.group(2))
    if _TABLE_PLACE.search(front):
        schemas = dict.fromkeys(table.schema for table in tables if table.schema != "public")
        return fragment, [
            *((if_needed(table.name), "class") for table in tables if table.schema == "public"),
            *((if_needed(schema), "module") for schema in schemas),
        ]
    used = set(_used(cell).values())
    named = [table for table in tables if table.name in used] or list(tables)
    aliases = [(alias, "class") for alias in _used(cell)]
    return fragment, [*((if_needed(c.name), "property") for table in named for c in table.columns), *aliases]


def _qualified(tables: Sequence[Table], cell: str, name: str) -> list[tuple[str, str]]:
    """Columns behind ``table.`` or ``alias.``, tables behind ``schema.``."""
    target = _used(cell).get(name, name)
    columns = [(if_needed(c.name), "property") for table in tables if table.name == target for c in table.columns]
    return [*columns, *((if_needed(table.name), "class") for table in tables if table.schema == name)]


def _fragment(before: str) -> str:
    """The name being written; with its opening quote when it has one."""
    if before.count('"') % 2:
        return before[before.rindex('"') :]
    found = _WORD.search(before)
    return found.group() if found else ""


def _used(cell: str) -> dict[str, str]:
    """Tables that the statement names, by alias and by name."""
    used: dict[str, str] = {}
    for quoted, plain, alias in _TABLES.findall(cell):
        table = quoted or plain.lower()
        used[table] = table
        if alias and alias.lower() not in _NO_ALIAS:
            used[alias.lower()] = table
    return used


def _place(opening: str) -> tuple[str | None, str | None]:
    """Tenant and database that a cell's first line names."""
    words = opening.partition(">>")[0].split()
    tenant = words[words.index("--tenant") + 1] if "--tenant" in words[:-1] else None
    places = [word for at, word in enumerate(words) if word[0] != "-" and (at == 0 or words[at - 1] not in _VALUED)]
    first = places[0] if places else None
    if first and "/" in first:
        owner, _, name = first.partition("/")
        return owner, name
    return tenant, first
