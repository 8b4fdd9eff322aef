"""From an expression's specification to a closure.

Rules: https://www.mongodb.com/docs/v7.0/meta/aggregation-quick-reference/#expressions. Everything is checked here; what
is constant is worked out here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from ..codec import MISSING
from ..errors import Code, DocumentError
from ..paths import get
from ..scope import Scope
from ..steps import spend, watched
from .fields import read_path
from .frame import Cell, Frame
from .registry import OPERATORS, VARYING, Node

__all__ = ["MAX_DEPTH", "Compiler"]

MAX_DEPTH: Final = 180

_PRICE: Final = 16
"""Of compiling one operator, in turns."""

_SYMBOLS: Final = {"DESCEND": "descend", "PRUNE": "prune", "KEEP": "keep"}


class _Uses:
    """What the expressions of one compilation look at."""

    __slots__ = ("fields", "slots", "whole")

    def __init__(self) -> None:
        self.fields: set[str] = set()
        self.whole = False
        self.slots = 0


class Compiler:
    """Compiles any number of expressions under one scope.

    Args:
        scope: collation, time, and the variables that the command gave (values, or :class:`Cell`).
    """

    __slots__ = ("_depth", "_names", "_uses", "scope")

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._names: Mapping[str, int] = {}
        self._uses = _Uses()
        self._depth = 0

    # --- what was seen ------------------------------------------------------------------------------------------

    @property
    def needs(self) -> frozenset[str] | None:
        """The top-level fields that what was compiled so far reads; None: any."""
        return None if self._uses.whole else frozenset(self._uses.fields)

    # --- compiling ----------------------------------------------------------------------------------------------

    def compile(self, spec: Any) -> Node:
        """Compile one expression.

        Raises:
            DocumentError: it is not one.
        """
        if type(spec) is str:
            if spec[:1] != "$":
                return Node.constant(spec)
            return self._variable(spec[2:]) if spec[1:2] == "$" else self.field(spec[1:])
        if type(spec) is not dict and type(spec) is not list:
            return Node.constant(spec)
        if self._depth >= MAX_DEPTH:
            raise DocumentError(Code.Overflow, f"Expressions are nested more than {MAX_DEPTH} levels deep.")
        spend(_PRICE)
        self._depth += 1
        try:
            return self._array(spec) if isinstance(spec, list) else self._document(spec)
        finally:
            self._depth -= 1

    def field(self, path: str) -> Node:
        """``"$a.b"``, given without its dollar."""
        names = check_path(path)
        if "CURRENT" in self._names:
            return self._variable(f"CURRENT.{path}")
        self._uses.fields.add(names[0])
        return Node(read_path(names), path=path)

    def with_variables(self, names: Iterable[str]) -> tuple[Compiler, list[int]]:
        """A compiler that knows more variables, and the slots where their values go."""
        inner = Compiler.__new__(Compiler)
        inner.scope, inner._uses, inner._depth = self.scope, self._uses, self._depth
        slots = []
        known = dict(self._names)
        for name in names:
            check_variable(name)
            known[name] = self._uses.slots
            slots.append(self._uses.slots)
            self._uses.slots += 1
        inner._names = known
        return inner, slots

    def operands(self, name: str, spec: Any, least: int, most: int) -> list[Node]:
        """An operator's positional arguments; ``x`` stands for ``[x]``.

        Args:
            most: -1: any number.

        Raises:
            DocumentError: 16020 or 28667, a wrong number of them.
        """
        parts = spec if type(spec) is list else [spec]
        count = len(parts)
        if least == most and count != least:
            raise DocumentError(
                16020, f"Expression {name} takes exactly {least} arguments. {count} were passed in.", hint=None
            )
        if count < least or (most >= 0 and count > most):
            upper = f"and at most {most} arguments" if most >= 0 else "arguments"
            raise DocumentError(28667, f"Expression {name} takes at least {least} {upper}, but {count} were passed in.")
        return [self.compile(part) for part in parts]

    def options(
        self,
        name: str,
        spec: Any,
        required: Collection[str],
        optional: Collection[str] = (),
        *,
        number: int = Code.FailedToParse,
        shape: int | None = None,
    ) -> dict[str, Any]:
        """An operator's named arguments, not compiled.

        Args:
            number: the error of an unknown or an absent argument.
            shape: the error of an operand that is no document; None: as ``number``.
        """
        if type(spec) is not dict:
            raise DocumentError(number if shape is None else shape, f"{name} only supports an object as its argument")
        for key in spec:
            if key not in required and key not in optional:
                raise DocumentError(number, f"Unrecognized argument to {name}: {key}")
        for key in required:
            if key not in spec:
                raise DocumentError(number, f"Missing '{key}' parameter to {name}")
        return spec

    # --- the shapes ---------------------------------------------------------------------------------------------

    def _variable(self, text: str) -> Node:
        name, dot, rest = text.partition(".")
        path = check_path(rest) if dot else ()
        if name in self._names:
            slot = self._names[name]
            if not path:
                return Node(lambda frame: frame.variables[slot])
            return Node(lambda frame: get(frame.variables[slot], path))
        if name in ("ROOT", "CURRENT"):
            if path:
                self._uses.fields.add(path[0])
                if name == "CURRENT":
                    return Node(read_path(path), path=rest)
                return Node(lambda frame: get(frame.root, path))
            self._uses.whole = True
            return Node((lambda frame: frame.root) if name == "ROOT" else (lambda frame: frame.current))
        value = self._known(name)
        if type(value) is Cell:
            cell = value
            if not path:
                return Node(lambda frame: cell.value)
            return Node(lambda frame: get(cell.value, path))
        if path:
            value = get(value, path)
        return Node.constant(value)

    def _known(self, name: str) -> Any:
        if name == "NOW":
            return self.scope.now
        if name == "REMOVE":
            return MISSING
        if name in _SYMBOLS:
            return _SYMBOLS[name]
        if name in self.scope.variables:
            return self.scope.variables[name]
        if name == "CLUSTER_TIME":
            raise DocumentError(51144, "Builtin variable '$$CLUSTER_TIME' is not available")
        if not name:
            raise DocumentError(Code.FailedToParse, "empty variable names are not allowed")
        raise DocumentError(17276, f"Use of undefined variable: {name}")

    def _array(self, spec: list[Any]) -> Node:
        nodes = [self.compile(part) for part in watched(spec)]
        if all(node.value is not VARYING for node in nodes):
            return Node.constant([None if node.value is MISSING else node.value for node in nodes])
        parts = [node.evaluate for node in nodes]

        def build(frame: Frame) -> list[Any]:
            return [None if (value := part(frame)) is MISSING else value for part in watched(parts)]

        return Node(build)

    def _document(self, spec: Mapping[str, Any]) -> Node:
        first = next(iter(spec), None)
        if first is not None and first[:1] == "$":
            if len(spec) != 1:
                raise DocumentError(
                    15983,
                    "An object representing an expression must have exactly one field: { " + ", ".join(spec) + " }",
                )
            builder = OPERATORS.get(first)
            if builder is None:
                raise DocumentError(Code.InvalidPipelineOperator, f"Unrecognized expression '{first}'")
            return builder(spec[first], self)
        for name in spec:
            check_name(name)
        nodes = [(name, self.compile(part)) for name, part in watched(spec.items())]
        if all(node.value is not VARYING for _, node in nodes):
            return Node.constant({name: node.value for name, node in nodes if node.value is not MISSING})
        parts = [(name, node.evaluate) for name, node in nodes]

        def build(frame: Frame) -> dict[str, Any]:
            return {name: value for name, part in watched(parts) if (value := part(frame)) is not MISSING}

        return Node(build)


def check_path(path: str) -> tuple[str, ...]:
    """The names of a dotted path.

    Raises:
        DocumentError: it holds an empty name, a dollar or a NUL byte.
    """
    if not path:
        raise DocumentError(16872, "'$' by itself is not a valid FieldPath")
    names = tuple(path.split("."))
    if len(names) > MAX_DEPTH:
        raise DocumentError(Code.Overflow, f"FieldPath is too long: more than {MAX_DEPTH} levels")
    for name in names:
        if not name:
            raise DocumentError(
                40353 if path.endswith(".") else 15998,
                "FieldPath must not end with a '.'."
                if path.endswith(".")
                else "FieldPath field names may not be empty strings.",
            )
        if name[0] == "$":
            raise DocumentError(
                16410, f"FieldPath field names may not start with '$'. Consider using $getField: {name}"
            )
        if "\0" in name:
            raise DocumentError(16411, "FieldPath field names may not contain '\\0'.")
    return names


def check_name(name: str) -> None:
    """A field's name in an object that an expression builds.

    Raises:
        DocumentError: 15998, 16410, 16412.
    """
    if not name:
        raise DocumentError(15998, "FieldPath field names may not be empty strings.")
    if name[0] == "$":
        raise DocumentError(16410, f"FieldPath field names may not start with '$'. Consider using $getField: {name}")
    if "." in name:
        raise DocumentError(16412, "FieldPath field names may not contain '.'. Consider using $setField.")


def check_variable(name: str) -> None:
    """A variable that a person names begins with a lower-case letter; ``CURRENT`` may be bound anew.

    Raises:
        DocumentError: ``FailedToParse``.
    """
    if not name:
        raise DocumentError(Code.FailedToParse, "empty variable names are not allowed")
    if not (name[0].isascii() and name[0].islower()) and ord(name[0]) < 128 and name != "CURRENT":
        raise DocumentError(Code.FailedToParse, f"'{name}' starts with an invalid character for a user variable name")
    for letter in name[1:]:
        if letter.isascii() and not (letter.isalnum() or letter == "_"):
            raise DocumentError(
                Code.FailedToParse, f"'{name}' contains an invalid character for a variable name: '{letter}'"
            )
