"""What a document may cost, measured before it is parsed and again before it is validated."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from .errors import Refused

__all__ = ["Limits", "measure", "scan", "weigh"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Most of each. ``fields``, ``aliases`` and ``depth`` count what fragments expand to, in all operations together.

    Attributes:
        definitions: operations and fragments.
        nesting: of brackets of every kind, input objects included.
        body_signs: brackets and commas, those in strings included: JSON has no more values than that.
        conditions: values, lists and objects in the variables of one request, but for the next two.
        listed: values in lists of nothing but values, such as ``_in`` takes.
        written: the same of both in variables that hold rows to insert.
        cost: values that an answer may come to, by the limits of its lists.
    """

    document_bytes: int = 128 * 1024
    tokens: int = 3_000
    nesting: int = 64
    definitions: int = 100
    depth: int = 12
    introspection_depth: int = 20
    fields: int = 1_500
    aliases: int = 200
    cost: int = 2_000_000
    batch: int = 10
    body_bytes: int = 4 * 1024 * 1024
    body_signs: int = 250_000
    conditions: int = 3_000
    listed: int = 10_000
    written: int = 50_000


# Strings and comments are one token each, so that brackets in them do not count.
_TOKEN = re.compile(
    r'"""(?:\\"""|[^"]|"(?!""))*+(?:""")?|"(?:\\.|[^"\\\n])*+"?|#[^\n]*+|[{(\[]|[})\]]|\.\.\.|[\w.+-]++|[:$!=@|&]'
)


def scan(text: str, limits: Limits) -> None:
    """Refuse a text that would be slow to parse. Stops at the first limit, so that it costs little itself.

    Raises:
        Refused: ``document_too_large``, ``too_many_tokens``, ``too_deep``.
    """
    if len(text) > limits.document_bytes:
        raise _too("document_too_large", f"The document is longer than {limits.document_bytes:,} characters.")
    depth = 0
    count = 0
    for match in _TOKEN.finditer(text):
        first = text[match.start()]
        if first == "#":
            continue
        count += 1
        if count > limits.tokens:
            raise _too("too_many_tokens", f"The document has more than {limits.tokens:,} words and signs.")
        if first in "{([":
            depth += 1
            if depth > limits.nesting:
                raise _too("too_deep", f"Brackets are nested more than {limits.nesting} deep.")
        elif first in "})]":
            depth -= 1


@dataclass(slots=True)
class _Size:
    fields: int = 0
    aliases: int = 0
    depth: int = 0
    introspection: int = 0  # depth below __schema and __type


class _Measure:
    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, _Size] = {}
        self._open: set[str] = set()

    def of(self, selections: SelectionSetNode) -> _Size:
        size = _Size()
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                size.fields += 1
                size.aliases += selection.alias is not None
                below = self.of(selection.selection_set) if selection.selection_set is not None else _Size()
                self._add(size, below, selection.name.value.startswith("__"), 1)
            elif isinstance(selection, FragmentSpreadNode):
                self._add(size, self._fragment(selection.name.value), False, 0)
            elif isinstance(selection, InlineFragmentNode):
                self._add(size, self.of(selection.selection_set), False, 0)
        return size

    @staticmethod
    def _add(size: _Size, below: _Size, introspection: bool, step: int) -> None:
        size.fields += below.fields
        size.aliases += below.aliases
        deep = below.depth + step
        if introspection:
            size.introspection = max(size.introspection, below.introspection, deep)
            size.depth = max(size.depth, step)
        else:
            size.introspection = max(size.introspection, below.introspection)
            size.depth = max(size.depth, deep)

    def _fragment(self, name: str) -> _Size:
        known = self._known.get(name)
        if known is not None:
            return known
        fragment = self._fragments.get(name)
        if fragment is None:
            return _Size()  # validation says so
        if name in self._open:
            raise Refused.because("fragment_cycle", f"The fragment “{name}” spreads itself.")
        self._open.add(name)
        size = self._known[name] = self.of(fragment.selection_set)
        self._open.discard(name)
        return size


def measure(document: DocumentNode, limits: Limits) -> None:
    """Refuse a document that would be slow to validate, to plan or to answer.

    Each fragment is measured once, however often it is spread, so fragments that double each other cost nothing here.

    Raises:
        Refused: ``too_many_definitions``, ``too_deep``, ``too_many_fields``, ``too_many_aliases``, ``fragment_cycle``.
    """
    if len(document.definitions) > limits.definitions:
        raise _too("too_many_definitions", f"The document has more than {limits.definitions:,} definitions.")
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    measured = _Measure(fragments)
    fields = aliases = 0
    for definition in document.definitions:
        if not isinstance(definition, FragmentDefinitionNode | OperationDefinitionNode):
            continue
        size = measured.of(definition.selection_set)
        if isinstance(definition, OperationDefinitionNode):
            fields, aliases = fields + size.fields, aliases + size.aliases
        if max(fields, size.fields) > limits.fields:
            raise _too("too_many_fields", f"The document asks for more than {limits.fields:,} fields.")
        if max(aliases, size.aliases) > limits.aliases:
            raise _too("too_many_aliases", f"The document has more than {limits.aliases:,} aliases.")
        if isinstance(definition, FragmentDefinitionNode):
            # How deep it may be depends on where it is spread: introspection may be deeper than rows, and every
            # GraphiQL's is, through a fragment. One that is spread nowhere is refused by validation.
            continue
        if size.depth > limits.depth:
            raise _too("too_deep", f"Fields are nested more than {limits.depth} deep.")
        if size.introspection > limits.introspection_depth:
            raise _too("too_deep", f"Introspection is nested more than {limits.introspection_depth} deep.")


def weigh(variables: Mapping[str, Any], rows: Container[str], limits: Limits) -> int:
    """Refuse variables that would be slow to coerce; says how many values they have.

    Args:
        rows: names of those that hold rows to insert.

    Raises:
        Refused: ``variables_too_large``, ``too_deep``.
    """
    written = _count(
        [value for name, value in variables.items() if name in rows], limits.written, limits.written, limits
    )
    others = [value for name, value in variables.items() if name not in rows]
    return written + _count(others, limits.conditions, limits.listed, limits)


def _count(values: list[Any], most: int, most_listed: int, limits: Limits) -> int:
    nodes = listed = 0
    stack = [(value, 1) for value in values if type(value) in (dict, list)]
    while stack:
        value, depth = stack.pop()
        if depth > limits.nesting:
            raise _too("too_deep", f"Variables are nested more than {limits.nesting} deep.")
        size = len(value)
        if size <= max(most, most_listed):
            below = [part for part in (value.values() if type(value) is dict else value) if type(part) in (dict, list)]
            if below or type(value) is dict:
                nodes += size
                stack.extend((part, depth + 1) for part in below)
            else:
                listed += size
        if size > max(most, most_listed) or nodes > most or listed > most_listed:
            raise Refused.because(
                "variables_too_large",
                f"The variables hold more than {most:,} values, or more than {most_listed:,} in plain lists.",
                "Send many rows through REST or the load endpoint; ask about many values in several requests.",
            )
    return nodes + listed


def _too(code: str, message: str) -> Refused:
    return Refused.because(code, message, "Ask in several requests.")
