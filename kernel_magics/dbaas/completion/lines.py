"""``%dbaas`` lines, and the first line of ``%%dbaas`` cells."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..commands import COMMANDS
from .names import Names

__all__ = ["in_line", "in_opening"]


def in_line(names: Names, text: str) -> tuple[str, Iterable[tuple[str, str]]]:
    """The word being written behind ``%dbaas``, and what it may become."""
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
        lists = {"tenant": names.tenants, "database": names.databases, "dsn": names.texts}
        return fragment, [(name, "value") for name in (lists[last]() if last in lists else [])]
    if fragment.startswith("-"):
        return fragment, [(f"--{name}", "option") for name in command.options if f"--{name}" not in done]
    given = len([word for word in done[len(command.words) :] if not word.startswith("-")])
    if given < len(command.positional):
        words += _positional(names, command.name, command.positional[given], fragment, done[-1])
    return fragment, words


def _positional(names: Names, command: str, what: str, fragment: str, before: str) -> list[tuple[str, str]]:
    """What a positional may be; ``before`` is the word that stands before it."""
    what = what[1:-1] if what.startswith("[") else what
    if what == "ENGINE":
        return [("postgres", "value")]
    if command == "undrop":
        tenant, slash, _ = fragment.rpartition("/")
        return [(f"{tenant}{slash}{name}", "value") for name in names.dropped(tenant or None)]
    if what == "DUMP_OR_FILE":
        tenant, _, database = before.rpartition("/")
        return [(dump, "value") for dump in names.dumps(tenant or None, database)]
    if what == "DATABASE" or what == "TENANT[/DATABASE]":
        tenant, slash, _ = fragment.rpartition("/")
        if slash:
            return [(f"{tenant}/{name}", "value") for name in names.databases(tenant)]
        tenants = names.tenants() if what != "DATABASE" else []
        return [(name, "value") for name in [*names.databases(), *tenants]]
    if what == "TENANT" or (what == "NAME" and command == "tenant drop"):
        return [(name, "value") for name in names.tenants()]
    if what == "NAME" and command == "clusters show":
        return [(name, "value") for name in names.clusters()]
    if what == "TOKEN":
        return [(name, "variable") for name in names.texts()]
    if what == "TABLE":
        return [(table.name, "class") for table in names.tables()]
    if what == "FILE_OR_FRAME":
        return [(name, "variable") for name in names.frames()]
    return [(choice, "value") for choice in what.split("|")] if "|" in what else []


def in_opening(names: Names, text: str) -> tuple[str, Iterable[tuple[str, str]]]:
    """The same behind ``%%dbaas``."""
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
