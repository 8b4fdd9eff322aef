"""Short names for writing shapes in tests."""

from __future__ import annotations

import json
from typing import Any

from dbaas_server.nouns import (
    Aggregate,
    Arg,
    Call,
    Compare,
    Embed,
    Field,
    Format,
    JsonStep,
    Logic,
    Order,
    Path,
    Read,
    Rows,
    Star,
    TableRef,
)  # fmt: skip

__all__ = ["call", "cmp", "col", "embed", "path", "rows", "table"]


def path(text: str) -> Path:
    """``data->a->>0`` as a path; a column's name may hold anything but arrows."""
    parts = text.replace("->>", "\0t").replace("->", "\0j").split("\0")
    steps = tuple(JsonStep(int(part[1:]) if part[1:].isdigit() else part[1:], part[0] == "t") for part in parts[1:])
    return Path(parts[0], steps)


def col(text: str, alias: str | None = None, **more: Any) -> Field:
    return Field(path(text), alias, **more)


def cmp(left: str, operator: str, operand: Any, **more: Any) -> Compare:
    return Compare(path(left), operator, Arg(operand) if isinstance(operand, int) else operand, **more)


def table(name: str, *items: Any, **more: Any) -> Read:
    made = tuple(
        col(item) if isinstance(item, str) and item != "*" else Star() if item == "*" else item for item in items
    )
    return Read(TableRef(name), items=made or (Star(),), **more)


def embed(name: str, *items: Any, alias: str | None = None, hint: str | None = None, inner: bool = False,
          spread: bool = False, **more: Any) -> Embed:  # fmt: skip
    return Embed(name, table(name, *items, **more), alias=alias, hint=hint, inner=inner, spread=spread)


def call(name: str, *items: Any, arguments: Any = (), body: int | None = None, names: tuple[str, ...] = (),
         unnamed: bool = False, read_only: bool = True, **more: Any) -> Read:  # fmt: skip
    source = Call(
        TableRef(name),
        arguments=tuple((key, Arg(index)) for key, index in arguments),
        body=None if body is None else Arg(body),
        body_names=names,
        single=unnamed,
        read_only=read_only,
    )
    read = table("x", *items, **more)
    return Read(source, **{name: getattr(read, name) for name in Read.__dataclass_fields__ if name != "source"})


def rows(answer: Rows) -> Any:
    return json.loads(answer.body)


_ = (Aggregate, Format, Logic, Order)  # re-exported for tests that build shapes by hand
