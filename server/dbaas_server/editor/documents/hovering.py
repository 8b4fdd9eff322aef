"""What a word in a statement is: a collection, a field, a stage, an operator, a call. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .flow import Field, Fields
from .offering import quoted
from .place import Place, place_at
from .reading import Token, tokens
from .vocabulary import words

__all__ = ["Hovered", "hovered"]

_MOST_LINES = 40
_OF_KIND = {
    "stage": ("stage", "source"), "filter": ("top",), "condition": ("condition",), "update": ("update",),
    "accumulation": ("accumulator",), "expression": ("expression",), "pushed": ("clause",),
}  # fmt: skip
_OF_SLOT = {"call": "call", "cursor": "cursor", "collection": "database"}


@dataclass(frozen=True, slots=True)
class Hovered:
    """What is told of the word from ``start`` to ``end`` (code points)."""

    start: int
    end: int
    kind: str
    title: str
    detail: str
    lines: Sequence[str] = ()


def hovered(
    text: str, position: int, collections: Sequence[tuple[str, str]], known: Mapping[str, Fields]
) -> Hovered | None:
    """What the word at a position is; None where there is none, or nobody knows it. Never fails."""
    touched = [word for word in tokens(text) if word.start <= position <= word.end and word.kind in ("name", "string")]
    if not touched:
        return None
    token = touched[-1]
    inside = token.end - (1 if token.kind == "string" and not token.is_open else 0)
    place = place_at(text, inside, known)
    return _word(token, place) or _field(token, place) or _collection(token, place, collections, known)


def _word(token: Token, place: Place) -> Hovered | None:
    kinds = (_OF_SLOT[place.slot],) if place.slot in _OF_SLOT else _OF_KIND.get(place.kind.partition(":")[0], ())
    for kind in (*kinds, *(("variable",) if token.word.startswith("$$") else ())):
        word = words(kind).get(token.word)
        if word is not None:
            what = "function" if place.slot in _OF_SLOT else "stage" if kind == "stage" else "operator"
            return Hovered(token.start, token.end, what, word.name, word.takes, (word.does,))
    return None


def _field(token: Token, place: Place) -> Hovered | None:
    path = token.word.removeprefix("$")
    field = next((each for each in place.fields if each.path == path), None)
    if field is None or place.slot not in ("key", "value"):
        return None
    return Hovered(token.start, token.end, "field", path, " | ".join(field.types), list(_about(field)))


def _about(field: Field) -> list[str]:
    lines = []
    if field.origin:
        lines.append(f"Made by {field.origin}.")
    elif field.share is not None:
        lines.append(f"In {round(field.share * 100)} % of the documents that were looked at.")
    if field.values:
        lines.append(f"Values: {', '.join(map(quoted, field.values))}")
    return lines


def _collection(
    token: Token, place: Place, collections: Sequence[tuple[str, str]], known: Mapping[str, Fields]
) -> Hovered | None:
    kind = dict(collections).get(token.word)
    if kind is None or (place.slot not in ("collection", "bracket") and place.kind != "collection"):
        return None
    lines = [f"{each.path}: {' | '.join(each.types)}" for each in known.get(token.word, ())]
    return Hovered(token.start, token.end, "collection", token.word, kind, lines[:_MOST_LINES])
