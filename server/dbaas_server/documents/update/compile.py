"""From an update's specification to an :class:`Update`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from ..codec import MISSING, Document
from ..errors import Code, DocumentError
from ..match import Node, first_match_position
from ..scope import Scope
from ..values import alias
from . import arrays, fields, numbers, pulls
from .change import OPERATORS, Action, check_depth, depth, identical
from .draft import Draft
from .filters import compile_filters
from .paths import check_conflicts, check_path, order_of
from .pipeline import compile_steps

__all__ = ["FAMILIES", "Operators", "PipelineUpdate", "Replacement", "Update", "compile_update"]

FAMILIES = (arrays, fields, numbers, pulls)
"""The modules whose operators there are."""


class Update(Protocol):
    """A compiled update."""

    is_replacement: bool
    """It names a whole document rather than changes."""

    def apply(self, document: Document, filter_node: Node | None = None, *, inserting: bool = False) -> Document | None:
        """The changed document; None: nothing changes.

        Args:
            filter_node: the query's, which says what the positional ``$`` means.
            inserting: the document is about to be inserted: ``$setOnInsert`` counts, and ``_id`` may be set where there
                is none.

        Raises:
            DocumentError: it cannot be applied to this document.
        """
        ...


def compile_update(spec: Any, scope: Scope, array_filters: Sequence[Any] = ()) -> Update:
    """Compile an update.

    Args:
        spec: operators, a replacement, or a list of stages.

    Raises:
        DocumentError: it is not one; ``ConflictingUpdateOperators``.
    """
    if type(spec) is list:
        if array_filters:
            raise DocumentError(Code.FailedToParse, "arrayFilters may not be specified for pipeline-style updates")
        return PipelineUpdate(compile_steps(spec, scope))
    if type(spec) is not dict:
        raise DocumentError(
            Code.FailedToParse, f"Update argument must be either an object or an array, but was {alias(spec)}"
        )
    if next(iter(spec), "")[:1] == "$":
        return Operators(spec, scope, array_filters)
    if array_filters:
        raise DocumentError(Code.FailedToParse, "arrayFilters may not be specified for replacement-style updates")
    return Replacement(spec)


class Operators:
    """``{$set: …, $inc: …}``."""

    is_replacement = False

    def __init__(self, spec: Mapping[str, Any], scope: Scope, array_filters: Sequence[Any]) -> None:
        actions: list[tuple[tuple[str, ...], Action]] = []
        for name, operands in spec.items():
            maker = OPERATORS.get(name)
            if maker is None:
                raise DocumentError(
                    Code.FailedToParse,
                    f"Unknown modifier: {name}. Expected a valid update modifier or pipeline-style update specified "
                    "as an array",
                )
            if type(operands) is not dict:
                raise DocumentError(
                    Code.FailedToParse,
                    f"Modifiers operate on fields but we found type {alias(operands)} instead. For example: "
                    f"{{$mod: {{<field>: ...}}}} not {{{name}: {operands!r}}}",
                )
            for path, operand in operands.items():
                actions.append((check_path(path), maker(path, operand, scope)))
        targets = [tuple(action.renames.split(".")) for _, action in actions if action.renames is not None]
        check_conflicts([names for names, _ in actions] + targets)
        self._actions = sorted(actions, key=lambda pair: order_of(pair[0]))
        self._filters = compile_filters(array_filters, [names for names, _ in actions], scope)
        self._is_dynamic = any(name[:1] == "$" for names, _ in actions for name in names)

    def apply(self, document: Document, filter_node: Node | None = None, *, inserting: bool = False) -> Document | None:
        """See :class:`Update`."""

        @cache
        def position() -> int | None:
            return None if filter_node is None else first_match_position(filter_node, document)

        draft = Draft(document, position, self._filters)
        if self._is_dynamic:
            draft.watch_conflicts()
        for names, action in self._actions:
            if action.only_inserting and not inserting:
                continue
            if action.renames is not None:
                _rename(draft, names, action.renames)
            else:
                draft.change(names, action.change, creates=action.creates)
        if not draft.has_changed:
            return None
        result = draft.result
        _check_id(document, result, inserting=inserting)
        return _id_first(result) if inserting else result


def _rename(draft: Draft, names: tuple[str, ...], target: str) -> None:
    value: Any = draft.result
    for which, path in (("source", names), ("destination", tuple(target.split(".")))):
        value = draft.result
        for place, name in enumerate(path):
            if type(value) is list:
                raise DocumentError(
                    Code.BadValue,
                    f"The {which} field cannot be an array element, '{'.'.join(path)}' in doc has an array field "
                    "called "
                    f"'{'.'.join(path[:place])}'",
                )
            value = value.get(name, MISSING) if type(value) is dict else MISSING
        if which == "source":
            if value is MISSING:
                return
            moved = value
    check_depth(target.count(".") + 1 + depth(moved))
    draft.change(names, lambda old, place: MISSING, creates=False)
    draft.change(tuple(target.split(".")), lambda old, place: moved, creates=True)


class Replacement:
    """A whole document; ``_id`` stays."""

    is_replacement = True

    def __init__(self, document: Document) -> None:
        for name in document:
            if name[:1] == "$":
                raise DocumentError(
                    Code.DollarPrefixedFieldName,
                    f"The dollar ($) prefixed field '{name}' in '{name}' is not allowed in the context of an update's "
                    "replacement document. Consider using an aggregation pipeline with $replaceWith.",
                )
        check_depth(depth(document))
        self._document = document

    def apply(self, document: Document, filter_node: Node | None = None, *, inserting: bool = False) -> Document | None:
        """See :class:`Update`."""
        return _replaced(document, self._document, inserting=inserting)


class PipelineUpdate:
    """A list of stages, each a function of a document."""

    is_replacement = False

    def __init__(self, steps: Sequence[Callable[[Document], Document]]) -> None:
        self._steps = steps

    def apply(self, document: Document, filter_node: Node | None = None, *, inserting: bool = False) -> Document | None:
        """See :class:`Update`."""
        result = document
        for step in self._steps:
            result = step(result)
        check_depth(depth(result))
        return _replaced(document, result, inserting=inserting)


def _replaced(document: Document, result: Document, *, inserting: bool) -> Document | None:
    if "_id" in document and "_id" not in result:
        result = {"_id": document["_id"], **result}
    _check_id(document, result, inserting=inserting)
    result = _id_first(result)
    return None if identical(document, result) else result


def _id_first(document: Document) -> Document:
    if "_id" not in document or next(iter(document)) == "_id":
        return document
    return {"_id": document["_id"], **document}


def _check_id(old: Document, new: Document, *, inserting: bool) -> None:
    before, after = old.get("_id", MISSING), new.get("_id", MISSING)
    if before is after or (inserting and before is MISSING):
        kind = alias(after)
        if before is not after and kind in ("array", "regex", "undefined"):
            raise DocumentError(Code.InvalidIdField, f"The '_id' value cannot be of type {kind}")
        return
    if after is MISSING or not identical(before, after):
        raise DocumentError(
            Code.ImmutableField, "Performing an update on the path '_id' would modify the immutable field '_id'"
        )
