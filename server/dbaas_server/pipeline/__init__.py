"""From JSON to stages: one aggregation syntax for every door and every engine.

1. Parsing is pure, and knows neither an engine nor a table. What a name means, and which type it has, the engine says.
2. The words and the shapes of their arguments are MongoDB's. Where MongoDB takes a shorthand (``{$abs: x}`` for
   ``{$abs: [x]}``, ``{a: 1}`` in ``$project``), so does this.
3. Every value becomes an argument; names, operators and the JSON kind of a value are the shape. In ``$match`` a string
   is a string; elsewhere ``"$a.b"`` is a field, ``$$ROOT`` the row and ``$$NOW`` the time, unless in ``$literal``.
4. Whatever the value, the outcome is stages or one :class:`~dbaas_provisioning.errors.Invalid` with code
   ``invalid_pipeline``, whose ``details`` is the place, such as ``pipeline[1].$group.total.$sum``.
5. Stages, depth and size are bounded, so that a hostile pipeline costs no more than reading it.
"""

from __future__ import annotations

from ..nouns import ArgValue
from ..stages import Stage
from .reader import MAX_DEPTH, MAX_NODES, MAX_STAGES, Place, Reader
from .stage import STAGES, stage

__all__ = ["MAX_DEPTH", "MAX_NODES", "MAX_STAGES", "STAGES", "parse_pipeline"]


def parse_pipeline(value: object, args: list[ArgValue]) -> tuple[Stage, ...]:
    """Read a pipeline.

    Args:
        value: decoded JSON: a list of stages.
        args: where values go; those that are there already keep their places. Half filled when this raises.

    Raises:
        Invalid: ``invalid_pipeline``.
    """
    reader, start = Reader(args), Place(None, "pipeline")
    if not isinstance(value, list):
        raise start.refuse("A pipeline is a list of stages.", hint='Write it like [{"$match": {"a": 1}}].')
    if len(value) > MAX_STAGES:
        raise start.refuse(f"A pipeline has at most {MAX_STAGES} stages; this one has {len(value):,}.")
    return tuple(stage(reader, item, start.item(index)) for index, item in enumerate(value))
