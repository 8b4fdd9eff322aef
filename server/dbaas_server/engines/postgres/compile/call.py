"""Function calls as a source of rows: which overload is meant, and how its arguments are passed."""

from __future__ import annotations

from dataclasses import dataclass

from dbaas_provisioning.errors import Invalid, NotFound

from ....nouns import Call, Function, Parameter, TableRef
from .names import ident, qualified
from .scope import Context, Scope, closest

__all__ = ["Called", "call_source"]

_UNNAMED = ("json", "jsonb", "text", "bytea", "xml")


@dataclass(frozen=True, slots=True)
class Called:
    """A resolved call: what follows FROM, and the scope of a result row.

    A function whose result is no row has its value in ``alias.v``.
    """

    function: Function
    source: str
    scope: Scope


def call_source(context: Context, call: Call) -> Called:
    """Resolve a call.

    Raises:
        NotFound: ``unknown_function``.
        Invalid: ``ambiguous_function``, whose hint names the candidates.
    """
    function, single = _choose(context, call)
    alias = context.alias()
    before = ""
    if single:
        assert call.body is not None
        arguments = f"{context.args.render(call.body)}::{function.parameters[0].type}"
    elif call.body is not None:
        given = [parameter for parameter in function.parameters if parameter.name in call.body_names]
        record = context.alias("a")
        if given:
            fields = ", ".join(f"{ident(parameter.name)} {parameter.type}" for parameter in given)
            before = f"json_to_record({context.args.render(call.body)}::json) as {record}({fields}), "
        arguments = ", ".join(
            f"{'variadic ' if parameter.variadic else ''}{ident(parameter.name)} => {record}.{ident(parameter.name)}"
            for parameter in given
        )
    else:
        given = [parameter for parameter in function.parameters if _given(call, parameter)]
        arguments = ", ".join(_argument(context, call, parameter) for parameter in given)
    shape = alias if function.composite else f"{alias}(v)"
    source = f"{before}{'lateral ' if before else ''}{qualified(function.ref)}({arguments}) as {shape}"
    row = alias if function.returns_table is not None else None
    if function.returns_table is not None:
        context.meet(function.returns_table, named=False)
    return Called(function, source, Scope(alias, function.columns, function.ref.name, function.returns_table, row))


def _choose(context: Context, call: Call) -> tuple[Function, bool]:
    ref = TableRef(call.function.name, call.function.schema or context.snapshot.default_schema())
    overloads = context.snapshot.catalog.functions.get(ref, ())
    unnamed = [
        function for function in overloads
        if len(function.parameters) == 1 and not function.parameters[0].name and function.parameters[0].type in _UNNAMED
    ]  # fmt: skip
    if call.single:
        found = unnamed
    else:
        names = set(call.body_names) if call.body is not None else {name for name, _ in call.arguments}
        found = [function for function in overloads if _accepts(function, names)]
        if not found and call.body is not None:
            fallback = [function for function in unnamed if function.parameters[0].type in ("json", "jsonb")]
            if len(fallback) == 1:
                return fallback[0], True
            found = fallback
    if len(found) == 1:
        return found[0], call.single
    if found:
        signatures = ", ".join(_signature(function) for function in found)
        raise Invalid(
            "ambiguous_function",
            f"Could not choose the best candidate function between: {signatures}",
            hint="Rename parameters or the function itself, so that names tell the overloads apart.",
        )
    raise _unknown(context, call, ref, overloads)


def _accepts(function: Function, names: set[str]) -> bool:
    every = {parameter.name for parameter in function.parameters}
    required = {parameter.name for parameter in function.parameters if parameter.required}
    return "" not in every and required <= names <= every


def _unknown(context: Context, call: Call, ref: TableRef, overloads: tuple[Function, ...]) -> NotFound:
    names = sorted(call.body_names) if call.body is not None else sorted({name for name, _ in call.arguments})
    signature = (
        f"{ref.schema}.{ref.name}({', '.join(names)})" if names else f"{ref.schema}.{ref.name} without parameters"
    )
    functions = context.snapshot.catalog.functions
    callable_here = (
        known.name
        for known, found in functions.items()
        if known.schema == ref.schema
        and (context.role == "owner" or any(context.role in function.executable_by for function in found))
    )
    near = closest(ref.name, callable_here)
    nearest = overloads or (functions[TableRef(near, ref.schema)] if near is not None else ())
    hint = f"Perhaps you meant to call the function {_signature(nearest[0])}" if nearest else None
    return NotFound(
        "unknown_function",
        f"Could not find the function {signature} in the schema cache",
        details=f"Searched for the function {signature}, but no matches were found in the schema cache.",
        hint=hint,
    )


def _signature(function: Function) -> str:
    parameters = ", ".join(
        f"{parameter.name} => {parameter.type}".removeprefix(" => ") for parameter in function.parameters
    )
    return f"{function.ref.schema}.{function.ref.name}({parameters})"


def _given(call: Call, parameter: Parameter) -> bool:
    return any(name == parameter.name for name, _ in call.arguments)


def _argument(context: Context, call: Call, parameter: Parameter) -> str:
    values = [context.args.render(arg) for name, arg in call.arguments if name == parameter.name]
    if parameter.variadic:
        return f"variadic {ident(parameter.name)} => array[{', '.join(values)}]::{parameter.type}"
    # Of a repeated argument the last counts, as in a URL.
    return f"{ident(parameter.name)} => {values[-1]}::{parameter.type}"
