"""``$replaceRoot`` and ``$replaceWith``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...projection import compile_replacement, new_root
from ..stage import Building, Mapped, Step, stage

__all__: list[str] = []


@stage("$replaceRoot")
def _replace_root(spec: Any, building: Building) -> Sequence[Step]:
    projection = compile_replacement(new_root(spec), building.scope, "$replaceRoot")
    return [Mapped("$replaceRoot", projection.run, projection.needs, cuts=True)]


@stage("$replaceWith")
def _replace_with(spec: Any, building: Building) -> Sequence[Step]:
    projection = compile_replacement(spec, building.scope, "$replaceWith")
    return [Mapped("$replaceWith", projection.run, projection.needs, cuts=True)]
