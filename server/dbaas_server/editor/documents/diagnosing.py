"""What is wrong in a text: what cannot be read, words that nobody knows, collections that are not there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dbaas_shell import COLLECTION, CURSOR, DATABASE, Scanner, ShellError, nearest, parse, planned
from dbaas_shell.literals import MAKERS, WORDS

from . import grammar
from .offering import plain_key
from .reading import Chain, Leaf, List, Maker, Node, Object, Token, read, tokens
from .splitting import Names, pieces
from .vocabulary import words

__all__ = ["Diagnostic", "diagnosed"]

_MOST = 100
_MAKING = frozenset({
    "createIndex", "createIndexes", "insertMany", "insertOne", "replaceOne", "updateMany", "updateOne", "drop",
    "findOneAndUpdate", "findOneAndReplace",
})  # fmt: skip
_WORDS_OF = {
    "stage": ("stage", "source"), "filter": ("top",), "condition": ("condition",), "update": ("update",),
    "accumulation": ("accumulator",), "expression": ("expression",), "projected": ("expression", "condition"),
    "pushed": ("clause",),
}  # fmt: skip
_PYTHONS = {"True": "true", "False": "false", "None": "null"}
_SURELY = 0.8
_CALLED = {"stage": "stage", "accumulation": "accumulator"}


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something from ``start`` to ``end`` (code points).

    Attributes:
        severity: ``error`` or ``warning``.
        instead: what could stand there.
    """

    start: int
    end: int
    severity: str
    code: str
    message: str
    hint: str | None = None
    instead: tuple[str, ...] = ()


def diagnosed(text: str, collections: Sequence[str]) -> list[Diagnostic]:
    """All that is wrong, in the order of the text, at most a hundred. Never fails."""
    found: dict[int, Diagnostic] = {}
    for statement in read(list(tokens(text))).statements:
        for each in _of_statement(statement, collections):
            found.setdefault(each.start, each)
    for piece in pieces(text):
        for each in _unreadable(piece.text):
            moved = replace(each, start=each.start + piece.start, end=each.end + piece.start)
            found.setdefault(moved.start, moved)
    return sorted(found.values(), key=lambda each: each.start)[:_MOST]


def _unreadable(text: str) -> Iterator[Diagnostic]:
    """What the language's own reader says, and names that are more likely misspelt than parameters."""
    names = Names()
    try:
        scanner = Scanner(text)
        for statement in parse(scanner, names):
            if not len(names):  # else nobody knows what its arguments will be
                planned(statement, scanner, "")
    except ShellError as error:
        called = _called(text, error.at, set(names))
        if called is not None:
            yield _unknown(called, "value", nearest(called.text, MAKERS))
            return
        instead = (error.instead,) if error.instead else ()
        end = max(error.end, error.at + 1)
        yield Diagnostic(error.at, end, "error", "unreadable_statement", error.message, error.hint, instead)
    given = set(names)
    for word in tokens(text) if given else ():
        if word.kind == "name" and word.text in given:
            meant = _PYTHONS.get(word.text) or nearest(word.text, [*WORDS, *MAKERS], cutoff=_SURELY)
            if meant is not None:
                yield _unknown(word, "value", meant, "error" if word.text in _PYTHONS else "warning")


def _called(text: str, at: int, names: set[str]) -> Token | None:
    """The name before an opening bracket that stopped the reader: nothing that makes a value is called so."""
    before = None
    for word in tokens(text):
        if word.start == at:
            fits = word.is_mark("(") and before is not None and before.kind == "name" and before.text in names
            return before if fits else None
        before = word
    return None


def _of_statement(statement: Chain | Node, collections: Sequence[str]) -> Iterator[Diagnostic]:
    if not isinstance(statement, Chain):
        return
    first, *following = [*statement.calls, None]
    if first is None:
        return
    starts = COLLECTION if statement.path else DATABASE
    if first.name.text not in starts and first.name.text != "getCollection":
        yield _unknown(first.name, "call", nearest(first.name.text, starts))
    for call in following:
        if call is not None and call.name.text not in (*CURSOR, "pretty"):
            yield _unknown(call.name, "call", nearest(call.name.text, CURSOR))
    for call in statement.calls:
        for place, argument in enumerate(call.arguments.items if call.arguments else ()):
            kind = grammar.argument(call.name.text, place)
            if call.name.text == "aggregate" and isinstance(argument, Object) and not place:
                kind = "stage"
            yield from _in_value(argument, kind)
    yield from _of_collection(statement, first.name.text, collections)


def _of_collection(chain: Chain, call: str, collections: Sequence[str]) -> Iterator[Diagnostic]:
    name = chain.collection
    if name is None or name in collections or call in _MAKING:
        return
    meant = nearest(name, collections)
    first, last = chain.path[0], chain.path[-1]
    fits = meant is not None and first.kind == "name" and all(map(plain_key, meant.split(".")))
    yield Diagnostic(
        first.start, last.end, "warning", "unknown_collection", f"There is no collection “{name}”.",
        f"Did you mean {meant}?" if meant else None, (meant,) if meant is not None and fits else (),
    )  # fmt: skip


def _in_value(node: Node | None, kind: str) -> Iterator[Diagnostic]:
    if isinstance(node, List):
        for each in node.items:
            yield from _in_value(each, grammar.item(kind))
    elif isinstance(node, Maker | Leaf) or node is None:
        return
    else:
        name = kind.partition(":")[0]
        for member in node.members:
            yield from _key(member.token, member.key, name)
            yield from _in_value(member.value, grammar.member(kind, member.key))


def _key(token: Token, key: str, kind: str) -> Iterator[Diagnostic]:
    """A key that has to be one of the words."""
    known = [word for each in _WORDS_OF.get(kind, ()) for word in words(each)]
    if not known or key in known or not (key.startswith("$") or kind in ("stage", "accumulation")):
        return
    meant = nearest(key if key.startswith("$") else f"${key}", known)
    if token.kind == "string" and meant is not None:
        meant = f"{token.text[0]}{meant}{token.text[0]}"
    yield _unknown(token, _CALLED.get(kind, "operator"), meant)


def _unknown(token: Token, what: str, meant: str | None, severity: str = "error") -> Diagnostic:
    word = token.word if len(token.word) <= 40 else f"{token.word[:40]}…"
    hint = f"Did you mean {meant}?" if meant else None
    instead = (meant,) if meant else ()
    message = f"There is no {what} “{word}”."
    return Diagnostic(token.start, token.end, severity, f"unknown_{what}", message, hint, instead)
