"""From a list of stages to a :class:`Pipeline`, put into a better order on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..errors import Code, DocumentError
from ..match import And
from ..scope import Scope
from ..values import alias
from . import stages as _stages
from .plan import Pipeline
from .run import Leading
from .stage import STAGES, Building, Registry, Step
from .stages.limit import Limit, Skip
from .stages.match import Match
from .stages.sort import Sort

__all__ = ["MAX_NESTING", "MAX_STAGES", "compile_pipeline"]

MAX_STAGES: Final = 1_000
MAX_NESTING: Final = 20

assert _stages.FAMILIES


def compile_pipeline(stages: Any, scope: Scope, registry: Registry = STAGES) -> Pipeline:
    """Compile a pipeline.

    Args:
        stages: as the command gives it.
        registry: the stages that there are.

    Raises:
        DocumentError: 40324 an unknown stage; what a stage raises.
    """

    def compile(stages: Any, scope: Scope, within: tuple[str, ...]) -> Pipeline:
        if type(stages) is not list:
            raise DocumentError(Code.TypeMismatch, "'pipeline' option must be specified as an array")
        if len(stages) > MAX_STAGES:
            raise DocumentError(7749501, f"Pipeline length must be no longer than {MAX_STAGES} stages")
        if len(within) > MAX_NESTING:
            raise DocumentError(232, f"Maximum number of nested sub-pipelines exceeded. Limit is {MAX_NESTING}")
        building = Building(scope, compile, within)
        steps: list[Step] = []
        for spec in stages:
            if type(spec) is not dict:
                raise DocumentError(
                    Code.TypeMismatch, f"Each element of the 'pipeline' array must be an object, not {alias(spec)}"
                )
            if len(spec) != 1:
                raise DocumentError(40323, "A pipeline stage specification object must contain exactly one field.")
            ((name, operand),) = spec.items()
            if name not in registry:
                raise DocumentError(40324, f"Unrecognized pipeline stage name: '{name}'")
            steps += registry[name](operand, building)
        return _arranged(steps)

    return compile(stages, scope, ())


def _arranged(steps: Sequence[Step]) -> Pipeline:
    ordered = _matches_first(list(steps))
    _bound_sorts(ordered)
    match: list[Match] = []
    place = 0
    while place < len(ordered) and isinstance(first := ordered[place], Match):
        match.append(first)
        place += 1
    sort = None
    if place < len(ordered) and isinstance(here := ordered[place], Sort):
        sort = here
        place += 1
    skip, limit = 0, None
    while place < len(ordered) and isinstance(counted := ordered[place], Skip | Limit):
        skip, limit = _counted(counted, skip, limit)
        place += 1
    rest = tuple(ordered[place:])
    nodes = [step.node for step in match]
    leading = Leading(
        match=None if not nodes else nodes[0] if len(nodes) == 1 else And(tuple(nodes)),
        sort=None if sort is None else sort.order.spec,
        skip=skip,
        limit=limit,
        fields=_needed(ordered),
    )
    return Pipeline(leading, rest, tuple(ordered))


def _counted(step: Skip | Limit, skip: int, limit: int | None) -> tuple[int, int | None]:
    if isinstance(step, Skip):
        return skip + step.count, None if limit is None else max(0, limit - step.count)
    return skip, step.count if limit is None else min(limit, step.count)


def _matches_first(steps: list[Step]) -> list[Step]:
    """Filters before what does not change the fields that they look at."""
    ordered: list[Step] = []
    for step in steps:
        place = len(ordered)
        if isinstance(step, Match) and step.needs is not None:
            while place and all(ordered[place - 1].is_passing(field) for field in step.needs):
                place -= 1
        ordered.insert(place, step)
    return ordered


def _bound_sorts(steps: Sequence[Step]) -> None:
    """A sort keeps no more than what is counted off behind it."""
    for place, step in enumerate(steps):
        if not isinstance(step, Sort):
            continue
        skip, limit = 0, None
        for later in steps[place + 1 :]:
            if isinstance(later, Skip | Limit):
                skip, limit = _counted(later, skip, limit)
            else:
                break
        step.limit = None if limit is None else skip + limit


def _needed(steps: Sequence[Step]) -> frozenset[str] | None:
    needed: frozenset[str] = frozenset()
    for step in steps:
        if step.needs is None:
            return None
        needed |= step.needs
        if step.cuts:
            return needed
    return None
