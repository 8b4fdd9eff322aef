"""``$bitAnd $bitOr $bitXor $bitNot`` on int32 and int64."""

from __future__ import annotations

import operator as operators
from collections.abc import Callable
from functools import reduce
from typing import Any

from bson import Int64

from ..errors import Code, DocumentError
from ..values import alias
from .numeric import LONG, integer, is_nullish, rank
from .registry import function

__all__: list[str] = []


def _bitwise(name: str, start: int, combine: Callable[[int, int], int]) -> None:
    def run(*values: Any) -> Any:
        if any(is_nullish(value) for value in values):
            return None
        for value in values:
            if rank(value) not in (1, 2):
                raise DocumentError(
                    Code.TypeMismatch, f"{name} only supports int and long operands, found {alias(value)}"
                )
        widest = max(map(rank, values), default=1)
        return integer(reduce(combine, map(int, values), start), widest)

    function(name, 0, -1)(run)


_bitwise("$bitAnd", -1, operators.and_)
_bitwise("$bitOr", 0, operators.or_)
_bitwise("$bitXor", 0, operators.xor)


@function("$bitNot", 1)
def _not(value: Any) -> Any:
    if is_nullish(value):
        return None
    if rank(value) not in (1, 2):
        raise DocumentError(Code.TypeMismatch, f"$bitNot only supports int and long, not: {alias(value)}")
    return Int64(~int(value)) if rank(value) == LONG else ~value
