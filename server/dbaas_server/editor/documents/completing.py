"""What may come next, best first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from .flow import Field, Fields
from .grammar import KEYS
from .offering import Offer, Proposal, plain_key, quoted
from .place import Place, place_at
from .vocabulary import Word, words

__all__ = ["Completion", "complete"]

_TYPES = (
    "string", "int", "long", "double", "decimal", "number", "bool", "date", "objectId", "array", "object", "null",
    "binData", "regex", "timestamp", "minKey", "maxKey",
)  # fmt: skip
_MADE = MappingProxyType({
    "objectId": ('ObjectId("")', "ObjectId"), "date": ('ISODate("")', "date"), "bool": ("true", "true or false"),
    "decimal": ('NumberDecimal("")', "decimal"), "long": ('NumberLong("")', "64 bits"),
})  # fmt: skip
_OPENINGS = MappingProxyType({
    "filter": "{}", "projection": "{}", "document": "{}", "update": "{ $set: {} }", "sort": "{}", "index": "{}",
    "pipeline": "[{}]", "documents": "[{}]", "indexes": "[{}]", "filters": "[{}]", "stage": "{}", "command": "{}",
    "accumulation": "{ $sum: 1 }", "group": "{ _id: null }", "lookup": '{ from: "" }', "facet": "{}", "computed": "{}",
    "root": "{ newRoot: null }", "sample": "{ size: 100 }",
})  # fmt: skip
_WORDS: Final[Mapping[str, Sequence[tuple[str, str]]]] = MappingProxyType({
    "direction": (("1", "ascending"), ("-1", "descending")),
    "indexed": (("1", "ascending"), ("-1", "descending")),
    "projected": (("1", "stays"), ("0", "goes")),
    "bool": (("true", ""), ("false", "")),
})  # fmt: skip
_TEXTS: Final[Mapping[str, Sequence[str]]] = MappingProxyType({
    "moment": ("after", "before"), "verbosity": ("queryPlanner", "executionStats", "allPlansExecution"),
    "locale": ("simple", "en", "de", "fr", "es", "pt", "it", "nl", "sv", "ru", "ja", "zh"), "type": _TYPES,
})  # fmt: skip
_SNIPPETS = (
    ("show collections", "names of all collections"),
    ("db.getCollectionNames()", "names of all collections"),
)


@dataclass(frozen=True, slots=True)
class Completion:
    """Proposals for what stands from ``start`` to ``end``."""

    start: int
    end: int
    items: Sequence[Proposal]
    incomplete: bool


def complete(
    text: str, position: int, collections: Sequence[tuple[str, str]], known: Mapping[str, Fields], limit: int
) -> Completion:
    """Proposals at a position (a code point). Never fails, whatever the text is.

    Args:
        collections: name and type of each.
        known: fields by the collection's name.
    """
    place = place_at(text, position, known)
    offer = Offer(place.typed)
    following = text[place.typed.end : place.typed.end + 1]
    _SLOTS[place.slot](offer, place, collections, following)
    items, more = offer.best(limit)
    return Completion(place.typed.start, place.typed.end, items, more)


_Collections = Sequence[tuple[str, str]]


def _nothing(offer: Offer, place: Place, collections: _Collections, following: str) -> None:
    """Something has to be written first that nobody can know."""


def _statement(offer: Offer, place: Place, collections: _Collections, following: str) -> None:
    offer.plain("db", "keyword", 0.0, "the database")
    for name, _ in collections:
        if plain_key(name):
            offer.plain(f"db.{name}.find()", "snippet", 0.2, "documents", insert=f"db.{name}.find(")
    for text, detail in _SNIPPETS:
        offer.plain(text, "snippet", 0.3, detail)


def _show(offer: Offer, place: Place, collections: _Collections, following: str) -> None:
    offer.plain("collections", "keyword", 0.0, "names of all collections")


def _collection(offer: Offer, place: Place, collections: _Collections, following: str) -> None:
    for name, kind in collections:
        odd = None if all(map(plain_key, name.split("."))) else f"getCollection({quoted(name)})"
        offer.plain(name, "collection", 0.0, kind, insert=odd)
    _calls(offer, words("database"), 0.5, following)


def _call(offer: Offer, place: Place, collections: _Collections, following: str) -> None:
    _calls(offer, words("call"), 0.0, following)
    before = f"{place.collection}."
    for name, kind in collections:
        if name.startswith(before):
            offer.plain(name[len(before) :], "collection", 0.4, kind)


def _cursor(offer: Offer, place: Place, collections: _Collections, following: str) -> None:
    _calls(offer, words("cursor"), 0.0, following)


def _bracket(offer: Offer, place: Place, collections: _Collections, following: str) -> None:
    for name, kind in collections:
        offer.text(name, "collection", 0.0, kind)


def _calls(offer: Offer, known: Mapping[str, Word], rank: float, following: str) -> None:
    bracket = "" if following == "(" else "("
    for word in known.values():
        offer.plain(word.name, "function", rank, word.takes, word.does, f"{word.name}{bracket}")


# --- keys -------------------------------------------------------------------------------------------------------------


def _key(offer: Offer, place: Place, collections: _Collections, following: str) -> None:
    name, _, about = place.kind.partition(":")
    fixed = KEYS.get(place.kind)
    if fixed is not None:
        for key in fixed:
            if key not in place.used:
                offer.key(key, "parameter", 0.0, "")
        return
    if name in ("filter", "document", "sort", "projection", "index", "changes"):
        _fields(offer, place, "field", 0.0)
    if name == "filter":
        _operators(offer, place, words("top"), 0.5)
    elif name == "computed":
        _fields(offer, place, "field", 0.0)
    elif name in ("condition", "value", "values"):
        _operators(offer, place, words("condition"), 0.0)
        if "object" in _types(place.fields, about):
            _subfields(offer, place, about)
    elif name == "stage":
        if not place.used:
            _operators(offer, place, words("stage"), 0.0, "stage")
            _operators(offer, place, words("source"), 0.3, "stage")
    elif name == "group":
        if "_id" not in place.used:
            offer.key("_id", "parameter", 0.0, "what to group by")
    elif name == "accumulation":
        _operators(offer, place, words("accumulator"), 0.0)
    elif name in ("expression", "projected"):
        if not place.used:
            _operators(offer, place, words("expression"), 0.0)
    elif name == "update":
        _operators(offer, place, words("update"), 0.0)
    elif name == "pushed":
        _operators(offer, place, words("clause"), 0.0)


def _operators(offer: Offer, place: Place, known: Mapping[str, Word], rank: float, kind: str = "operator") -> None:
    for word in known.values():
        if word.name not in place.used:
            offer.key(word.name, kind, rank, word.takes, word.does)


def _fields(offer: Offer, place: Place, kind: str, rank: float) -> None:
    for field in place.fields:
        if field.path not in place.used:
            offer.key(field.path, kind, rank + _depth(field), _detail(field), _values(field))


def _subfields(offer: Offer, place: Place, path: str) -> None:
    before = f"{path}."
    for field in place.fields:
        if field.path.startswith(before) and "." not in field.path[len(before) :]:
            offer.key(field.path[len(before) :], "field", 0.3, _detail(field))


def _depth(field: Field) -> float:
    """What is nested comes behind what is not."""
    return 0.02 * field.path.count(".")


def _detail(field: Field) -> str:
    parts = [" | ".join(field.types)]
    if field.origin:
        parts.append(f"from {field.origin}")
    elif field.share is not None and field.share < 1:
        parts.append(f"in {max(1, round(field.share * 100))} %")
    return ", ".join(part for part in parts if part)


def _values(field: Field) -> str | None:
    return ", ".join(map(quoted, field.values)) or None


def _types(fields: Fields, path: str) -> tuple[str, ...]:
    return next((each.types for each in fields if each.path == path), ())


# --- values -----------------------------------------------------------------------------------------------------------


def _value(offer: Offer, place: Place, collections: _Collections, following: str) -> None:
    name, _, about = place.kind.partition(":")
    if name in ("condition", "value", "values"):
        _of_field(offer, place, about, in_list=name == "values")
    elif name in ("expression", "projected"):
        _references(offer, place, 0.0 if name == "expression" else 0.2)
    elif name in ("path", "foreign", "paths"):
        for field in place.fields:
            offer.text(field.path, "field", _depth(field), _detail(field), _values(field))
    elif name in ("reference", "unwind"):
        _paths_of_arrays(offer, place)
    elif name == "collection":
        _bracket(offer, place, collections, following)
    elif name == "pushed":
        _of_field(offer, place, about, in_list=True)
    for word, detail in _WORDS.get(name, ()):
        offer.plain(word, "value", 0.0, detail)
    for text in _TEXTS.get(name, ()):
        offer.text(text, "value", 0.0, "")
    opening = _OPENINGS.get(name) or ("{}" if place.kind in KEYS else None)
    if opening is not None:
        offer.plain(opening, "snippet", 0.1, name)
    if name == "index":
        offer.plain("{}", "snippet", 0.1, "fields")


def _of_field(offer: Offer, place: Place, path: str, *, in_list: bool) -> None:
    field = next((each for each in place.fields if each.path == path), Field(path))
    for text in field.values:
        offer.text(text, "value", 0.0, path)
    for kind in field.types:
        if kind in _MADE:
            made, detail = _MADE[kind]
            offer.plain(made, "value", 0.1, detail)
            if kind == "bool":
                offer.plain("false", "value", 0.1, detail)
    if in_list:
        offer.plain("[]", "snippet", 0.3, "values")
    elif place.kind.startswith("condition"):
        for operator in ("$gte", "$lte", "$in", "$ne", "$exists", "$regex"):
            offer.plain(f"{{ {operator}: }}", "snippet", 0.4, words("condition")[operator].does)
    offer.plain("null", "value", 0.5, "null, or not there")


def _references(offer: Offer, place: Place, rank: float) -> None:
    for field in place.fields:
        offer.text(f"${field.path}", "field", rank + _depth(field), _detail(field), _values(field))
    for word in words("variable").values():
        offer.text(word.name, "parameter", rank + 0.3, "", word.does)
    offer.plain("{}", "snippet", rank + 0.4, "operator")


def _paths_of_arrays(offer: Offer, place: Place) -> None:
    for field in place.fields:
        rank = 0.0 if "array" in field.types else 0.3
        offer.text(f"${field.path}", "field", rank + _depth(field), _detail(field))
    if place.kind == "unwind":
        offer.plain('{ path: "$" }', "snippet", 0.2, "with options")


_SLOTS: Final[Mapping[str, Callable[[Offer, Place, _Collections, str], None]]] = MappingProxyType({
    "statement": _statement, "show": _show, "collection": _collection, "call": _call, "cursor": _cursor,
    "bracket": _bracket, "key": _key, "value": _value, "closed": _nothing,
})  # fmt: skip
