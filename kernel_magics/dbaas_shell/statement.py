"""A text's statements: calls on a collection or on the database, or a command as a plain object. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from .literals import text_of, value
from .scanner import Scanner, Token, describe

__all__ = ["Call", "Chain", "Command", "Statement", "parse"]


@dataclass(frozen=True, slots=True)
class Call:
    """``.name(arguments)``; ``token`` is its name, for errors."""

    name: str
    arguments: tuple[Any, ...]
    token: Token


@dataclass(frozen=True, slots=True)
class Chain:
    """``db.collection.call(…).call(…)``; without a collection, of the database itself.

    Attributes:
        at, end: which characters of the text it is.
    """

    collection: str | None
    calls: tuple[Call, ...]
    at: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Command:
    """``{find: "orders", …}``; ``at`` and ``end`` as of a :class:`Chain`."""

    body: Mapping[str, Any]
    at: int = 0
    end: int = 0


Statement: TypeAlias = Chain | Command


def parse(scanner: Scanner, variables: Mapping[str, Any]) -> list[Statement]:
    """All statements of a text, at least one; “;” between them may be left away.

    Raises:
        ShellError: with line and column.
    """
    found: list[Statement] = []
    while scanner.peek().kind != "end":
        at = scanner.peek().at
        found.append(replace(_statement(scanner, variables), at=at, end=scanner.at))
        while scanner.take_mark(";"):
            pass
    if not found:
        raise scanner.error("There is no statement here.", hint="Write db.orders.find({}).")
    return found


def _statement(scanner: Scanner, variables: Mapping[str, Any]) -> Statement:
    token = scanner.peek()
    if token.kind == "mark" and token.text == "{":
        body = value(scanner, variables)
        if not isinstance(body, dict) or not body:
            raise scanner.error("A command is an object with the command's name first.", token)
        return Command(body)
    if token.kind == "name" and token.text == "show":
        return _show(scanner)
    if token.kind != "name" or token.text != "db":
        raise scanner.error(
            f"A statement begins with db or is a command, not {describe(token)}.", hint="Write db.orders.find({})."
        )
    scanner.take()
    return _chain(scanner, variables)


def _show(scanner: Scanner) -> Chain:
    token, what = scanner.take(), scanner.take()
    if what.text not in ("collections", "tables"):
        raise scanner.error("Here only “show collections” can be shown.", what)
    return Chain(None, (Call("getCollectionNames", (), token),))


def _chain(scanner: Scanner, variables: Mapping[str, Any]) -> Chain:
    """What follows ``db``: names with dots between, of which the last before a bracket is a call's."""
    path: list[str] = []
    calls: list[Call] = []
    while True:
        if scanner.take_mark("["):
            name = scanner.take()
            if name.kind != "string" or calls:
                raise scanner.error("Here a collection's name is expected, in quotes.", name)
            path.append(text_of(name))
            scanner.expect("]")
            continue
        if not scanner.take_mark("."):
            break
        token = scanner.take()
        if token.kind != "name":
            raise scanner.error(f"Here a name is expected, not {describe(token)}.", token)
        if not scanner.take_mark("("):
            if calls:
                raise scanner.error(f"“.{token.text}” is no call: “(” is missing.", token)
            path.append(token.text)
            continue
        call = Call(token.text, _arguments(scanner, variables), token)
        if call.name == "getCollection" and not calls and not path:
            if len(call.arguments) != 1 or not isinstance(call.arguments[0], str):
                raise scanner.error("getCollection takes a collection's name.", token)
            path.append(call.arguments[0])
        elif call.name == "pretty" and not call.arguments:
            continue  # it is
        else:
            calls.append(call)
    if not calls:
        raise scanner.error("Nothing is called.", hint=f"Write db.{'.'.join(path) or 'orders'}.find({{}}).")
    return Chain(".".join(path) if path else None, tuple(calls))


def _arguments(scanner: Scanner, variables: Mapping[str, Any]) -> tuple[Any, ...]:
    given: list[Any] = []
    while not scanner.take_mark(")"):
        given.append(value(scanner, variables))
        if not scanner.take_mark(","):
            scanner.expect(")", "“,” or “)”")
            break
    return tuple(given)
