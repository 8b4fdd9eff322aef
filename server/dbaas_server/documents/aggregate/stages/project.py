"""``$project``, ``$addFields`` (``$set``), ``$unset``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...projection import Projection, compile_addition, compile_exclusion, compile_project
from ..stage import Building, Mapped, Step, stage

__all__: list[str] = []


def _step(name: str, projection: Projection) -> Sequence[Step]:
    return [Mapped(name, projection.run, projection.needs, cuts=projection.includes, passing=projection.is_passing)]


@stage("$project")
def _project(spec: Any, building: Building) -> Sequence[Step]:
    return _step("$project", compile_project(spec, building.scope))


@stage("$addFields")
def _add_fields(spec: Any, building: Building) -> Sequence[Step]:
    return _step("$addFields", compile_addition(spec, building.scope))


@stage("$set")
def _set(spec: Any, building: Building) -> Sequence[Step]:
    return _step("$set", compile_addition(spec, building.scope, "$set"))


@stage("$unset")
def _unset(spec: Any, building: Building) -> Sequence[Step]:
    return _step("$unset", compile_exclusion(spec))
