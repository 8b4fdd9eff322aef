"""A collection's options, as ``create`` and ``collMod`` are given them.

MongoDB's manual, "create". What is not here (time series, clustered collections, queryable encryption …) is refused as
by a server that never heard of it.
"""

from __future__ import annotations

from typing import Any, Final

from ..codec import Document
from ..errors import Code, DocumentError
from ..match import compile_filter, parse_filter
from ..scope import Scope
from ..values import SIMPLE, Collation, alias, parse_collation

__all__ = ["OF_ANY_COMMAND", "of_create", "validation"]

OF_ANY_COMMAND: Final = frozenset({"comment", "writeConcern", "readConcern", "maxTimeMS", "lsid", "txnNumber"})
"""Fields that every command may have; so do those that begin with ``$`` or ``api``."""

_IGNORED: Final = frozenset({"autoIndexId", "idIndex", "indexOptionDefaults", "storageEngine"})
_VALIDATION: Final = frozenset({"validator", "validationLevel", "validationAction"})
_VALUES: Final = {"validationLevel": ("off", "strict", "moderate"), "validationAction": ("error", "warn")}
_DEFAULTS: Final = {"validationLevel": "strict", "validationAction": "error"}


def of_create(given: Document) -> Document:
    """The options that a collection is made with.

    Args:
        given: the command's fields.

    Raises:
        DocumentError: ``TypeMismatch``, ``BadValue``, ``InvalidOptions``; what is wrong with the validator or the
            collation; ``NotImplemented`` for capped collections and views; 40415 for what is unknown.
    """
    kept: Document = {}
    for name, value in given.items():
        if name in _VALIDATION or name in _IGNORED or is_general(name):
            continue
        if name == "collation":
            collation = parse_collation(value, "create.collation")
            kept |= {} if collation.is_simple else {"collation": collation.as_document()}
        else:
            _refuse(name, value, given)
    return kept | validation(given, {}, _collation(kept), "create")


def validation(given: Document, known: Document, collation: Collation, command: str) -> Document:
    """What documents are held to.

    Args:
        given: a command's fields; those that are about something else are not looked at.
        known: what they were held to until now.
        collation: that strings are compared under.

    Returns:
        ``validator``, ``validationLevel`` and ``validationAction``; nothing, where nothing is said of any.

    Raises:
        DocumentError: ``TypeMismatch``, ``BadValue``, or what is wrong with the validator.
    """
    named = {name: given[name] for name in ("validator", *_VALUES) if name in given}
    for name, allowed in _VALUES.items():
        value = named.get(name, allowed[0])
        if not isinstance(value, str):
            raise _wrong_type(command, name, value, "string")
        if value not in allowed:
            raise DocumentError(
                Code.BadValue, f"Enumeration value '{value}' for field '{command}.{name}' is not a valid value."
            )
    validator = named.get("validator", {})
    if not isinstance(validator, dict):
        raise _wrong_type(command, "validator", validator, "object")
    scope = Scope(collation=collation)
    compile_filter(parse_filter(validator, scope), scope)
    kept = {name: known[name] for name in ("validator", *_VALUES) if name in known} | named
    if not kept.get("validator"):
        kept.pop("validator", None)
    return _DEFAULTS | kept if kept else {}


def is_general(name: str) -> bool:
    """Whether every command may have a field."""
    return name in OF_ANY_COMMAND or name.startswith(("$", "api"))


def _collation(options: Document) -> Collation:
    return parse_collation(options["collation"]) if "collation" in options else SIMPLE


def _refuse(name: str, value: Any, given: Document) -> None:
    """Of what is not here: nothing, where it says that it is not wanted."""
    if name == "capped":
        if value:
            raise DocumentError(Code.NotImplemented, "Capped collections are not supported.")
    elif name in {"size", "max"}:
        if not given.get("capped"):
            raise DocumentError(
                Code.InvalidOptions,
                "the 'capped' field needs to be true when either the 'size' or 'max' fields are present",
            )
    elif name in {"viewOn", "pipeline"}:
        raise DocumentError(Code.NotImplemented, "Views are not supported.")
    elif name == "changeStreamPreAndPostImages" and isinstance(value, dict) and not value.get("enabled"):
        return
    else:
        raise DocumentError(40415, f"BSON field 'create.{name}' is an unknown field.")


def _wrong_type(command: str, name: str, value: Any, expected: str) -> DocumentError:
    return DocumentError(
        Code.TypeMismatch,
        f"BSON field '{command}.{name}' is the wrong type '{alias(value)}', expected type '{expected}'",
    )
