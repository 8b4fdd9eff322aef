"""Updates that are pipelines: ``$addFields``/``$set``, ``$project``, ``$unset``, ``$replaceRoot``/``$replaceWith``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from ..codec import Document
from ..errors import Code, DocumentError
from ..projection import compile_addition, compile_exclusion, compile_project, compile_replacement, new_root
from ..scope import Scope

__all__ = ["compile_steps"]

MAX_STAGES: Final = 1_000


_STAGES: Final[dict[str, Callable[[Any, Scope], Callable[[Document], Document]]]] = {
    "$addFields": compile_addition,
    "$set": lambda spec, scope: compile_addition(spec, scope, "$set"),
    "$project": compile_project,
    "$unset": lambda spec, scope: compile_exclusion(spec),
    "$replaceRoot": lambda spec, scope: compile_replacement(new_root(spec), scope, "$replaceRoot"),
    "$replaceWith": lambda spec, scope: compile_replacement(spec, scope, "$replaceWith"),
}


def compile_steps(stages: Sequence[Any], scope: Scope) -> list[Callable[[Document], Document]]:
    """The stages as functions of a document.

    Raises:
        DocumentError: ``InvalidOptions``, a stage that an update cannot have; a stage's own.
    """
    if len(stages) > MAX_STAGES:
        raise DocumentError(Code.FailedToParse, f"a pipeline has at most {MAX_STAGES} stages")
    steps = []
    for stage in stages:
        if type(stage) is not dict or len(stage) != 1:
            raise DocumentError(40323, "A pipeline stage specification object must contain exactly one field.")
        ((name, spec),) = stage.items()
        if name not in _STAGES:
            if name[:1] != "$":
                raise DocumentError(40324, f"Unrecognized pipeline stage name: '{name}'")
            raise DocumentError(Code.InvalidOptions, f"{name} is not allowed to be used within an update")
        steps.append(_STAGES[name](spec, scope))
    return steps
