"""Where in a statement a position is: what was typed there, and what may stand there. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from . import grammar
from .flow import Fields, behind, within
from .reading import Chain, Leaf, List, Object, Reading, Token, read, tokens

__all__ = ["Place", "Typed", "collections_in", "place_at", "typed_at"]

_TAIL = re.compile(r"[\w$]*")
_PATH_TAIL = re.compile(r"[\w$.]*")


@dataclass(frozen=True, slots=True)
class Typed:
    """The word at the position.

    Attributes:
        text: of it, what is before the position, without a quote.
        quote: the one that it began with.
        start, end: what a proposal replaces.
    """

    text: str
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """What may stand there.

    Attributes:
        slot: ``statement collection call cursor key value closed``; ``bracket``: a collection's name in brackets.
        kind: of the container's keys, or of the value; see :mod:`.grammar`.
        fields: that may be named.
        used: keys that the container has already.
        collection: the statement's.
    """

    typed: Typed
    slot: str
    kind: str = "any"
    fields: Fields = ()
    used: frozenset[str] = frozenset()
    collection: str | None = None


def place_at(text: str, position: int, known: Mapping[str, Fields]) -> Place:
    """The place.

    Args:
        known: fields by the collection's name.
    """
    words = list(tokens(text[:position]))
    if words and _is_in_comment(words[-1], position):
        return Place(Typed("", "", position, position), "closed")
    typed, rest = typed_at(text, position, words)
    reading = read(rest)
    inner = reading.open[-1] if reading.open else None
    if isinstance(inner, Object) and _in_key(inner) and not typed.quote:
        typed, rest = _dotted(text, position, words, typed, rest)
        reading = read(rest)
    return _placed(reading, typed, known)


def _is_in_comment(last: Token, position: int) -> bool:
    return last.kind == "comment" and (last.is_open or (last.text.startswith("//") and last.end == position))


def typed_at(text: str, position: int, words: Sequence[Token]) -> tuple[Typed, list[Token]]:
    """The word at the position, and the words before it."""
    last = words[-1] if words else None
    if last is not None and last.kind == "string" and last.is_open:
        end = _end(_PATH_TAIL, text, position)
        return Typed(last.word, last.text[0], last.start + 1, end), list(words[:-1])
    if last is not None and last.end == position and last.kind in ("name", "number"):
        return Typed(last.text, "", last.start, _end(_TAIL, text, position)), list(words[:-1])
    return Typed("", "", position, _end(_TAIL, text, position)), list(words)


def _dotted(
    text: str, position: int, words: Sequence[Token], typed: Typed, rest: list[Token]
) -> tuple[Typed, list[Token]]:
    """A path that is typed without quotes is one word."""
    first = len(words)
    while first > 0 and words[first - 1].end == (words[first].start if first < len(words) else position):
        word = words[first - 1]
        if word.kind not in ("name", "number") and not word.is_mark("."):
            break
        first -= 1
    if first >= len(rest):
        return typed, rest
    start = words[first].start
    return Typed(text[start:position], "", start, _end(_PATH_TAIL, text, position)), list(words[:first])


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _placed(reading: Reading, typed: Typed, known: Mapping[str, Fields]) -> Place:
    if not reading.open:
        return _outside(reading, typed)
    chain = reading.open[0] if isinstance(reading.open[0], Chain) else None
    if chain is not None and len(reading.open) == 1:
        return _in_chain(chain, typed)
    collection = chain.collection if chain is not None else None
    fields: Fields = known.get(collection or "", ())
    containers = [each for each in reading.open if not isinstance(each, Chain)]
    kind = _outermost(chain, containers[0])
    for outer, inner in pairwise(containers):
        kind, fields = _inside(kind, outer, inner, fields, known, chain)
    last = containers[-1]
    if isinstance(last, Object):
        return _in_object(last, kind, fields, typed, collection, known)
    if not last.after_comma:
        return Place(typed, "closed")
    if last is containers[0] and chain is not None:
        kind = grammar.argument(chain.calls[-1].name.text, last.commas) if chain.calls else "any"
    else:
        fields = _flowed(kind, last, fields, known)
        kind = grammar.item(kind)
    return Place(typed, "value", kind, fields, collection=collection)


def _outside(reading: Reading, typed: Typed) -> Place:
    """Between statements, or right behind one."""
    last = reading.statements[-1] if reading.statements else None
    if isinstance(last, Chain):
        if last.end == typed.start and not typed.text:
            return Place(typed, "closed")
        if last.awaits:
            return _in_chain(last, typed)
    if isinstance(last, Leaf) and last.token.text == "show":
        return Place(typed, "show")
    return Place(typed, "statement")


def _in_chain(chain: Chain, typed: Typed) -> Place:
    if chain.awaits == "[":
        return Place(typed, "bracket", collection=chain.collection)
    if chain.awaits != ".":
        return Place(typed, "closed")
    if chain.calls:
        slot = "cursor" if chain.calls[0].name.text in ("find", "aggregate") else "closed"
        return Place(typed, slot, collection=chain.collection)
    return Place(typed, "call" if chain.path else "collection", collection=chain.collection)


def _outermost(chain: Chain | None, first: Object | List) -> str:
    if chain is None:
        return "command"
    call = chain.calls[-1].name.text if chain.calls else ""
    if isinstance(first, List) and not first.is_closed:
        return f"arguments:{call}"
    return "any"


def _inside(
    kind: str, outer: Object | List, inner: Object | List, fields: Fields, known: Mapping[str, Fields],
    chain: Chain | None,
) -> tuple[str, Fields]:  # fmt: skip
    """The kind of a container within another one, and the fields that may be named in it."""
    if isinstance(outer, List):
        if kind.startswith("arguments:"):
            call = kind.partition(":")[2]
            found = grammar.argument(call, outer.commas)
            if call == "aggregate" and isinstance(inner, Object) and outer.items[:1] != [] and found != "pipeline":
                found = "stage" if isinstance(outer.items[0], Object) else found
            if found == "pipeline" and isinstance(inner, Object):
                found = "stage"  # stages may stand without an array around them
            if found == "stage":
                fields = _flowed("pipeline", outer, fields, known, inner)
            return found, fields
        return grammar.item(kind), _flowed(kind, outer, fields, known, inner)
    key = outer.members[-1].key if outer.members else ""
    found = grammar.member(kind, key)
    name, _, about = kind.partition(":")
    if name == "condition" and key == "$elemMatch":
        fields = within(fields, about)
    if found == "pipeline:foreign":
        source = outer.get("from")
        fields = known.get((source.text if isinstance(source, Leaf) else "") or "", ())
    if found.startswith("pushed") and not isinstance(inner, Object):
        found = f"values:{key}"
    if name in ("value", "values", "pushed") or found.startswith(("value:", "values:")):
        fields = within(fields, found.partition(":")[2] or about) if isinstance(inner, Object) else fields
        if isinstance(inner, Object):
            found = "document"
    return found, fields


def _flowed(
    kind: str, stages: List, fields: Fields, known: Mapping[str, Fields], until: Object | List | None = None
) -> Fields:
    """The fields behind the stages of a pipeline that are before a place in it."""
    if kind.partition(":")[0] not in ("pipeline", "update"):
        return fields
    for stage in stages.items:
        if stage is not until:
            fields = behind(stage, fields, known)
    return fields


def _in_object(
    last: Object, kind: str, fields: Fields, typed: Typed, collection: str | None, known: Mapping[str, Fields]
) -> Place:
    used = frozenset(each.key for each in last.members)
    if last.after_comma:
        return Place(typed, "key", kind, fields, used, collection)
    member = last.members[-1]
    if member.has_colon and member.value is None:
        name, _, about = kind.partition(":")
        found = grammar.member(kind, member.key)
        if found == "foreign":
            source = last.get("from")
            fields = known.get((source.text if isinstance(source, Leaf) else "") or "", ())
        if name == "condition" and found.startswith("value") and not about:
            found = "any"
        return Place(typed, "value", found, fields, used, collection)
    return Place(typed, "closed")


def _in_key(container: Object) -> bool:
    """A key is to come, or is just being written."""
    return container.after_comma or not container.members[-1].has_colon


def collections_in(text: str) -> list[str]:
    """Names of collections that a text may speak of: of its statements, and texts that may be some."""
    found: dict[str, None] = {}
    words = list(tokens(text))
    for statement in read(words).statements:
        if isinstance(statement, Chain) and statement.collection:
            found[statement.collection] = None
    for word in words:
        if word.kind == "string":
            found[word.word] = None
    return list(found)
