"""Where the parser is, what it has read so far, and how it refuses."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from decimal import Decimal

import orjson

from dbaas_provisioning.errors import Invalid

from ..nouns import Arg, ArgValue
from ..stages import Constant, ConstantKind, FieldPath

__all__ = [
    "MAX_DEPTH", "MAX_NODES", "MAX_STAGES", "Place", "Reader", "did_you_mean", "name", "path", "shown",
]  # fmt: skip

MAX_STAGES = 50
MAX_DEPTH = 40  # of JSON, the list of stages included
MAX_NODES = 5_000  # keys and values of the whole pipeline
MAX_NAME = 200  # characters of one name

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


class Place:
    """A place in the pipeline, written out only when something is wrong there."""

    __slots__ = ("depth", "key", "parent")

    def __init__(self, parent: Place | None, key: str | int) -> None:
        self.parent = parent
        self.key = key
        self.depth: int = parent.depth + 1 if parent is not None else 1

    def field(self, name: str) -> Place:
        """The place of a key's value."""
        return Place(self, name)

    def item(self, index: int) -> Place:
        """The place of a list's item, counted from 0."""
        return Place(self, index)

    def __str__(self) -> str:
        if self.parent is None:
            return str(self.key)
        return f"{self.parent}[{self.key}]" if isinstance(self.key, int) else f"{self.parent}.{shown(self.key)}"

    def refuse(self, message: str, *, hint: str | None = None) -> Invalid:
        """What is raised when the pipeline is wrong here."""
        return Invalid("invalid_pipeline", message, hint=hint, details=str(self))


class Reader:
    """The arguments found so far, and how much of the pipeline has been read."""

    __slots__ = ("args", "nodes")

    def __init__(self, args: list[ArgValue]) -> None:
        self.args = args
        self.nodes = 0

    def enter(self, at: Place) -> None:
        """Count one value. Raises ``Invalid`` where there are too many, or they are too deep."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise at.refuse(f"A pipeline has at most {MAX_NODES:,} names and values.", hint="Ask in several parts.")
        if at.depth > MAX_DEPTH:
            raise at.refuse(f"A pipeline is nested at most {MAX_DEPTH} deep.")

    def argument(self, text: str | None) -> Arg:
        """Put a value where arguments go."""
        self.args.append(text)
        return Arg(len(self.args) - 1)

    def constant(self, value: object, at: Place) -> Constant:
        """A value as it was sent, whatever it holds. Raises ``Invalid`` for what is not JSON."""
        kind, text = self._constant(value, at)
        return Constant(kind, self.argument(text))

    def _constant(self, value: object, at: Place) -> tuple[ConstantKind, str | None]:
        if value is None:
            return ConstantKind.null, None
        if isinstance(value, bool):
            return ConstantKind.boolean, "true" if value else "false"
        if isinstance(value, str):
            return ConstantKind.text, value
        if isinstance(value, int):
            small = _SMALLEST <= value <= _LARGEST
            # Python refuses to write out integers of thousands of digits; no engine would take them either.
            if not small and value.bit_length() > 4096:
                raise at.refuse("This number is too large.")
            return ConstantKind.integer if small else ConstantKind.number, str(value)
        if isinstance(value, float | Decimal):
            if not (math.isfinite(value) if isinstance(value, float) else value.is_finite()):
                raise at.refuse("This is not a number that JSON can hold.")
            return ConstantKind.number, repr(value) if isinstance(value, float) else str(value)
        if isinstance(value, dict | list):
            self._count(value, at)
            try:
                return ConstantKind.json, orjson.dumps(value, default=_decimal).decode()
            except TypeError:  # orjson's own error is one: a lone surrogate, an integer beyond 64 bits
                raise at.refuse("This value cannot be written as JSON.") from None
        raise at.refuse("This is not a JSON value.")

    def _count(self, value: object, at: Place) -> None:
        self.enter(at)
        if isinstance(value, dict):
            for name, inner in value.items():
                self._count(inner, at.field(str(name)))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self._count(inner, at.item(index))


def _decimal(value: object) -> object:
    if isinstance(value, Decimal) and value.is_finite():
        return float(value)
    raise TypeError


def shown(text: str) -> str:
    """A name as messages show it: short, and on one line."""
    return "".join(character if character.isprintable() else "�" for character in text[:60]) + "…" * (len(text) > 60)


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """A hint that names the most likely intention, or lists what there is."""
    known = sorted(candidates)
    near = difflib.get_close_matches(name[:60], known, n=1, cutoff=0.6)
    return f"Perhaps you meant {near[0]}." if near else f"Use one of {', '.join(known)}."


def name(text: object, at: Place, what: str) -> str:
    """The name of a field that is made here. Raises ``Invalid`` for what no path could find again."""
    if not isinstance(text, str) or not text:
        raise at.refuse(f"{what} is a name.")
    if text.startswith("$") or "." in text or "\0" in text or len(text) > MAX_NAME:
        raise at.refuse(
            f"{what} cannot be “{shown(text)}”.",
            hint=f"A name has at most {MAX_NAME} characters, no dot, and does not begin with $.",
        )
    return text


def path(text: object, at: Place, what: str = "A field") -> FieldPath:
    """``a.b.c``, without a leading ``$``. Raises ``Invalid``."""
    if not isinstance(text, str) or not text:
        raise at.refuse(f"{what} is named by a string.", hint='Write it like "a" or "a.b".')
    names = tuple(text.split("."))
    if any(not part or part.startswith("$") or "\0" in part or len(part) > MAX_NAME for part in names):
        raise at.refuse(f"“{shown(text)}” does not name a field.", hint='Write it like "a" or "a.b".')
    if len(names) > MAX_DEPTH:
        raise at.refuse(f"A path has at most {MAX_DEPTH} parts.")
    return FieldPath(names)
