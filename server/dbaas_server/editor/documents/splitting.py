"""The statements of a text: where each is, what it does, which names it leaves open. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dbaas_shell import Plan, Scanner, ShellError, Statement, parse, planned

from .reading import Leaf, read, tokens

__all__ = ["Listed", "Names", "Piece", "listed", "pieces"]


class Names(dict[str, Any]):
    """Stands for any name, and remembers which."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> Any:
        self[name] = {}
        return self[name]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text with one statement in it, as far as anybody can tell."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A statement from ``start`` to ``end`` (code points); one that cannot be read is none that only reads."""

    start: int
    end: int
    reads: bool
    parameters: list[str]


def pieces(text: str) -> Iterator[Piece]:
    """The parts, none of which is empty."""
    starts: list[int] = []
    is_amid = False  # of words that are no statement
    for each in read(list(tokens(text))).statements:
        is_lost = isinstance(each, Leaf) and each.token.text != "show"
        if not (is_amid and is_lost):
            starts.append(each.start)
        is_amid = is_lost
    for start, following in zip(starts, [*starts[1:], len(text)], strict=False):
        yield Piece(text[start:following], start)


def listed(text: str) -> list[Listed]:
    """All statements. Never fails."""
    found: list[Listed] = []
    for piece in pieces(text):
        names = Names()
        scanner = Scanner(piece.text)
        try:
            each: Statement
            for each in parse(scanner, names):
                at = piece.start + each.at
                found.append(Listed(at, piece.start + each.end, _reads(each, scanner), list(names)))
        except ShellError:
            words = [word for word in tokens(piece.text) if word.kind != "comment" and word.text != ";"]
            end = words[-1].end if words else len(piece.text)
            found.append(Listed(piece.start, piece.start + end, False, list(names)))
    return found


def _reads(statement: Statement, scanner: Scanner) -> bool:
    try:
        plan: Plan = planned(statement, scanner, "")
    except ShellError:
        return False
    return plan.reads
