"""What ``createIndexes`` is given, checked and brought to the form that ``listIndexes`` shows.

MongoDB's manual, "createIndexes"; numbers and sentences as a mongod 7 has them. Index types that are not here (text,
2dsphere, hashed, wildcard and so on) are refused as by a server that never heard of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from bson import Decimal128

from ..codec import Document
from ..errors import Code, DocumentError
from ..match import Always, And, Leaf, Node, Or, parse_filter
from ..scope import Scope
from ..values import SIMPLE, Collation, alias, equal, is_number, parse_collation
from .duplicates import shown
from .metadata import ID_INDEX, Collection, Index

__all__ = ["MAX_INDEXES", "check_expiring", "check_room", "existing", "generated_name", "normalized"]

MAX_INDEXES: Final = 64
_MAX_FIELDS: Final = 32
_MAX_SECONDS: Final = 2**31 - 1

_DROPPED: Final = frozenset({"background", "ns", "dropDups", "safe", "storageEngine", "v"})
_FLAGS: Final = frozenset({"unique", "sparse", "hidden"})
_OF_ID: Final = frozenset({"key", "name", "ns", "v", "collation"})
_IN_PARTIAL: Final = frozenset({"$eq", "$gt", "$gte", "$lt", "$lte", "$in", "$exists", "$type"})
_IDENTITY: Final = ("unique", "sparse")
_OPTIONS: Final = ("expireAfterSeconds",)


def normalized(given: Any, collation: Collation) -> Document:
    """An index specification as it is kept.

    Args:
        given: one of the command's ``indexes``.
        collation: the collection's.

    Raises:
        DocumentError: ``CannotCreateIndex``, ``TypeMismatch``, ``BadValue``, ``FailedToParse``,
            ``InvalidIndexSpecificationOption``, or what is wrong with the partial filter.
    """
    if not isinstance(given, dict):
        raise DocumentError(Code.TypeMismatch, "The elements of 'indexes' must be objects")
    key = _key(given)
    spec: Document = {"v": _version(given), "key": key, "name": _name(given, key)}
    if tuple(key) == ("_id",):
        return _id_index(given, spec, collation)
    for field, value in given.items():
        if field in _FLAGS:
            if _flag(field, value):
                spec[field] = True
        elif field in _READERS:
            kept = _READERS[field](given, value)
            if kept is not None:
                spec[field] = kept
        elif field not in _DROPPED and field not in {"key", "name"}:
            raise _not_valid(field, given)
    if "collation" not in given and not collation.is_simple:
        spec["collation"] = collation.as_document()
    if spec.get("sparse") and "partialFilterExpression" in spec:
        raise _cannot('cannot mix "partialFilterExpression" and "sparse" options')
    _check_partial(spec)
    return spec


def generated_name(key: Mapping[str, Any]) -> str:
    """``a_1_b_-1``."""
    return "_".join(f"{field}_{int(order) if order == int(order) else order}" for field, order in key.items())


def existing(spec: Document, indexes: Iterable[Index]) -> Index | None:
    """The index that a specification asks for, if it is there.

    Raises:
        DocumentError: ``IndexKeySpecsConflict`` or ``IndexOptionsConflict``, if one is in its way.
    """
    same = next((index for index in indexes if _is_same(index.spec, spec)), None)
    namesake = next((index for index in indexes if index.name == spec["name"]), None)
    asked = f"Requested index: {shown(spec)}, existing index: "
    if namesake is not None and namesake is not same:
        raise DocumentError(
            Code.IndexKeySpecsConflict,
            "An existing index has the same name as the requested index. When index names are not specified, they are "
            "auto generated and can cause conflicts. Please refer to our documentation. "
            f"{asked}{shown(namesake.spec)}",
        )
    if same is None:
        return None
    if any(not equal(same.spec.get(option), spec.get(option)) for option in _OPTIONS):
        how = "the same name but different options" if namesake else "a different name and options"
        raise DocumentError(
            Code.IndexOptionsConflict, f"An equivalent index already exists with {how}. {asked}{shown(same.spec)}"
        )
    if namesake is None:
        raise DocumentError(Code.IndexOptionsConflict, f"Index already exists with a different name: {same.name}")
    return same


def check_room(collection: Collection, spec: Document) -> None:
    """Refuse one index too many."""
    if len(collection.indexes) + 1 >= MAX_INDEXES:
        raise _cannot(f"add index fails, too many indexes for {collection.namespace} key:{shown(spec['key'])}")


def check_expiring(value: Any, given: Document) -> int:
    """``expireAfterSeconds`` of an index.

    Args:
        given: its specification.

    Raises:
        DocumentError: ``CannotCreateIndex``.
    """
    if not is_number(value):
        raise _cannot(
            "TTL index 'expireAfterSeconds' option must be numeric, but received a type of "
            f"'{alias(value)}'. Index spec: {shown(given)}"
        )
    if len(given["key"]) > 1:
        raise _cannot(
            f"TTL indexes are single-field indexes, compound indexes do not support TTL. Index spec: {shown(given)}"
        )
    number = float(str(value))
    if math.isnan(number):
        return _MAX_SECONDS
    if not 0 <= number <= _MAX_SECONDS:
        how = "cannot be less than 0" if number < 0 else "must be within an acceptable range, try a lower number"
        raise _cannot(f"TTL index 'expireAfterSeconds' option {how}. Index spec: {shown(given)}")
    return int(number)


# --- keys and names ---------------------------------------------------------------------------------------------------


def _key(given: Document) -> Document:
    if "key" not in given:
        raise DocumentError(Code.FailedToParse, "The 'key' field is a required property of an index specification")
    key = given["key"]
    if not isinstance(key, dict):
        raise DocumentError(Code.TypeMismatch, f"The field 'key' must be an object, but got {alias(key)}")
    if not key:
        raise _cannot("Index keys cannot be empty.")
    if len(key) > _MAX_FIELDS:
        raise DocumentError(13103, "too many compound keys")
    return {_field(field): _direction(order) for field, order in key.items()}


def _field(field: str) -> str:
    if not field:
        raise _cannot("Index keys cannot be an empty field.")
    for part in field.split("."):
        if not part:
            raise _cannot("Index keys cannot contain an empty field.")
        if part.startswith("$") and (part == field or part not in {"$ref", "$id", "$db"}):
            raise _cannot("Index key contains an illegal field name: field name starts with '$'.")
    return field


def _direction(order: Any) -> Any:
    if isinstance(order, str):
        raise _cannot(f"Unknown index plugin '{order}'" if order else "Values in the index key pattern cannot be empty")
    if not is_number(order):
        raise _cannot(
            f"Values in v:2 index key pattern cannot be of type {alias(order)}. Only numbers > 0, numbers < 0, and "
            "strings are allowed."
        )
    number = float(str(order)) if isinstance(order, Decimal128) else order
    if math.isnan(number) or number == 0:
        raise _cannot(f"Values in the index key pattern cannot be {'0' if number == 0 else 'NaN'}.")
    return number


def _version(given: Document) -> int:
    version = given.get("v", 2)
    if not is_number(version):
        raise DocumentError(Code.TypeMismatch, f"The field 'v' must be a number, but got {alias(version)}")
    if version not in (1, 2):
        raise _cannot(f"Invalid index specification {shown(given)}; cannot create an index with v={version}")
    return int(version)


def _name(given: Document, key: Document) -> str:
    name = given.get("name", "_id_" if key == {"_id": 1} else generated_name(key))
    if not isinstance(name, str):
        raise DocumentError(Code.TypeMismatch, f"The field 'name' must be a string, but got {alias(name)}")
    if not name or "\x00" in name:
        raise _cannot("index name cannot be empty" if not name else "index name cannot contain NUL")
    if name == "*":
        raise DocumentError(Code.BadValue, "The index name '*' is not valid.")
    if name == "_id_" and tuple(key) != ("_id",):
        raise DocumentError(
            Code.BadValue,
            "The index name '_id_' is reserved for the _id index, which must have key pattern {_id: 1}, found "
            f"key: {shown(key)}",
        )
    return name


def _id_index(given: Document, spec: Document, collation: Collation) -> Document:
    if spec["key"] != {"_id": 1}:
        raise DocumentError(
            Code.BadValue, f"The field 'key' for an _id index must be {{_id: 1}}, but got {shown(given['key'])}"
        )
    for field in given:
        if field not in _OF_ID and field not in _DROPPED:
            raise DocumentError(
                Code.InvalidIndexSpecificationOption,
                f"The field '{field}' is not valid for an _id index specification. Specification: {shown(given)}",
            )
    if "collation" in given and parse_collation(given["collation"]) != collation:
        raise DocumentError(Code.BadValue, "The _id index must have the same collation as the collection.")
    return {**ID_INDEX}


# --- options ----------------------------------------------------------------------------------------------------------


def _flag(field: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if not is_number(value):
        raise DocumentError(
            Code.TypeMismatch,
            f"The field '{field}' has value {field}: {shown(value)}, which is not convertible to bool",
        )
    return bool(float(str(value)))


def _collation(given: Document, value: Any) -> Document | None:
    if not isinstance(value, dict):
        raise DocumentError(Code.TypeMismatch, f"The field 'collation' must be an object, but got {alias(value)}")
    if not value:
        raise DocumentError(Code.BadValue, "The field 'collation' cannot be an empty object.")
    parsed = parse_collation(value)
    return None if parsed == SIMPLE else parsed.as_document()


def _partial(given: Document, value: Any) -> Document:
    if not isinstance(value, dict):
        raise DocumentError(
            Code.TypeMismatch, f"The field 'partialFilterExpression' must be an object, but got {alias(value)}"
        )
    return value


def _check_partial(spec: Document) -> None:
    if "partialFilterExpression" in spec:
        collation = parse_collation(spec["collation"]) if "collation" in spec else SIMPLE
        node = parse_filter(spec["partialFilterExpression"], Scope(collation=collation))
        if not _is_allowed(node):
            raise _cannot(f"Expression not supported in partial index: {shown(spec['partialFilterExpression'])}")


def _is_allowed(node: Node) -> bool:
    match node:
        case Always():
            return True
        case And(children) | Or(children):
            return all(map(_is_allowed, children))
        case Leaf():
            return node.operator in _IN_PARTIAL
        case _:
            return False


_READERS: Final[Mapping[str, Callable[[Document, Any], Any]]] = {
    "collation": _collation,
    "expireAfterSeconds": lambda given, value: check_expiring(value, given),
    "partialFilterExpression": _partial,
}


def _is_same(one: Document, other: Document) -> bool:
    """Whether two specifications are of the same index, whatever its name and what may be changed of it."""
    return (
        list(one["key"].items()) == list(other["key"].items())
        and one.get("collation") == other.get("collation")
        and equal(one.get("partialFilterExpression"), other.get("partialFilterExpression"))
        and all(bool(one.get(flag)) == bool(other.get(flag)) for flag in _IDENTITY)
    )


def _not_valid(field: str, given: Document) -> DocumentError:
    return DocumentError(
        Code.InvalidIndexSpecificationOption,
        f"The field '{field}' is not valid for an index specification. Specification: {shown(given)}",
    )


def _cannot(sentence: str) -> DocumentError:
    return DocumentError(Code.CannotCreateIndex, sentence)
