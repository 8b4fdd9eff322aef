"""The projections of an aggregation: ``$project``, ``$addFields`` (``$set``), ``$unset``."""

from __future__ import annotations

from typing import Any

from ..codec import Document
from ..errors import Code, DocumentError
from ..expressions import Compiler, Frame
from ..expressions.conditions import truth
from ..expressions.limits import bounded
from ..expressions.numeric import rank
from ..scope import Scope
from ..values import alias
from .shapes import Projection, addition, exclusion, inclusion
from .tree import DROP, KEEP, Computed, Leaf, Tree, add_path, leaves

__all__ = [
    "compile_addition",
    "compile_exclusion",
    "compile_project",
    "compile_replacement",
    "mark",
    "new_root",
    "shape",
]


def mark(value: Any) -> Leaf | None:
    """KEEP or DROP for a number or a bool; None: it is an expression."""
    if type(value) is bool:
        return KEEP if value else DROP
    if rank(value):
        return KEEP if truth(value) else DROP
    return None


def shape(entries: list[tuple[str, Leaf]], compiler: Compiler) -> Projection:
    """A projection of marks and computed fields, checked for being one or the other.

    Raises:
        DocumentError: 31252 to 31254.
    """
    keeps: bool | None = None
    for path, leaf in entries:
        if leaf not in (KEEP, DROP) and not isinstance(leaf, Computed):
            continue
        this = leaf is not DROP
        if path == "_id" and not isinstance(leaf, Computed):
            continue
        if keeps is None:
            keeps = this
        elif keeps is not this:
            if isinstance(leaf, Computed):
                raise DocumentError(31252, f"Cannot use an expression for field {path} in an exclusion projection")
            raise DocumentError(
                31253 if this else 31254,
                f"Cannot do {'in' if this else 'ex'}clusion on field {path} in {'ex' if this else 'in'}clusion "
                "projection",
            )
    ids = [leaf for path, leaf in entries if path == "_id"]
    if keeps is None:
        keeps = bool(ids) and ids[0] is not DROP
    tree: Tree = {}
    if keeps and not any(path == "_id" or path.startswith("_id.") for path, _ in entries):
        tree["_id"] = KEEP
    for path, leaf in entries:
        if keeps and leaf is DROP:  # of _id: not named, not kept
            continue
        if not keeps and leaf is KEEP:
            continue
        add_path(tree, path, leaf)
    if not keeps:
        return Projection(exclusion(tree), frozenset(), is_passing=lambda field: field not in tree)
    needs = compiler.needs
    return Projection(
        inclusion(tree),
        None if needs is None else needs | frozenset(tree),
        includes=True,
        is_passing=lambda field: tree.get(field) is KEEP,
    )


def compile_project(spec: Any, scope: Scope) -> Projection:
    """``$project``.

    Raises:
        DocumentError: 15969 no document, 51272 an empty one, and what :func:`shape` raises.
    """
    if type(spec) is not dict:
        raise DocumentError(15969, "$project specification must be an object")
    if not spec:
        raise DocumentError(
            51272, "Invalid $project :: caused by :: projection specification must have at least one field"
        )
    compiler = Compiler(scope)
    entries: list[tuple[str, Leaf]] = []
    for path, value in leaves(spec):
        if path.endswith(".$") or path == "$":
            raise DocumentError(31324, "Cannot use positional projection in aggregation projection")
        entries.append((path, mark(value) or Computed(compiler.compile(value).evaluate)))
    return shape(entries, compiler)


def compile_addition(spec: Any, scope: Scope, name: str = "$addFields") -> Projection:
    """``$addFields`` and ``$set``.

    Raises:
        DocumentError: 40272 no document, a path's or an expression's own.
    """
    if type(spec) is not dict:
        raise DocumentError(40272, f"{name} specification stage must be an object, got {alias(spec)}")
    if not spec:
        raise DocumentError(40177, f"Invalid {name} :: caused by :: specification must have at least one field")
    compiler = Compiler(scope)
    tree: Tree = {}
    _add(tree, spec, compiler, "")
    return Projection(addition(tree), compiler.needs, is_passing=lambda field: field not in tree)


def _add(tree: Tree, spec: dict[str, Any], compiler: Compiler, prefix: str) -> None:
    if prefix.count(".") > 180:
        raise DocumentError(Code.Overflow, "fields are nested too deep")
    for name, value in spec.items():
        path = f"{prefix}.{name}" if prefix else name
        if type(value) is dict and value and next(iter(value))[:1] != "$":
            _add(tree, value, compiler, path)
        else:
            add_path(tree, path, Computed(compiler.compile(value).evaluate))


def compile_exclusion(spec: Any) -> Projection:
    """``$unset``: a field or a list of them.

    Raises:
        DocumentError: 31002, 31119, 31120.
    """
    paths = spec if type(spec) is list else [spec]
    if type(spec) not in (str, list):
        raise DocumentError(31002, "$unset specification must be a string or an array")
    if not paths:
        raise DocumentError(31119, "$unset specification must be a string or an array with at least one field")
    tree: Tree = {}
    for path in paths:
        if type(path) is not str:
            raise DocumentError(
                31120, "$unset specification must be a string or an array containing only string values"
            )
        add_path(tree, path, DROP)
    return Projection(exclusion(tree), frozenset(), is_passing=lambda field: field not in tree)


def new_root(spec: Any) -> Any:
    """The expression of ``$replaceRoot``.

    Raises:
        DocumentError: 40229 to 40231.
    """
    if type(spec) is not dict:
        raise DocumentError(40229, f"expected an object as specification for $replaceRoot stage, got {alias(spec)}")
    for key in spec:
        if key != "newRoot":
            raise DocumentError(40415, f"BSON field '$replaceRoot.{key}' is an unknown field.")
    if "newRoot" not in spec:
        raise DocumentError(40414, "BSON field '$replaceRoot.newRoot' is missing but a required field")
    return spec["newRoot"]


def compile_replacement(spec: Any, scope: Scope, name: str) -> Projection:
    """``$replaceRoot`` and ``$replaceWith``, given the new root's expression.

    Raises:
        DocumentError: while it runs: 40228, the new root is no document.
    """
    compiler = Compiler(scope)
    evaluate = compiler.compile(spec).evaluate
    frame = Frame({})

    def run(document: Document) -> Document:
        root = bounded(evaluate(frame.show(document)))
        if type(root) is not dict:
            raise DocumentError(
                40228,
                f"PlanExecutor error during aggregation :: caused by :: 'newRoot' expression in {name} must evaluate "
                "to an "
                f"object, but resulting value was of type: {alias(root)}",
            )
        return root

    return Projection(run, compiler.needs)
