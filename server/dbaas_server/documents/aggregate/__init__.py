"""Aggregation: stages over batches of documents.

1. A pipeline is checked whole and compiled once. What a store or an index can do is handed out (:class:`Leading`): the
   first ``$match``, ``$sort``, ``$skip``, ``$limit`` and the fields that are looked at.
2. Stages stream: batches in, batches out, nothing kept but what a stage needs to keep.
3. What a stage has to keep is bounded. Past the bound it goes to a file without a name, gone with its process.
4. One stage is one module in :mod:`.stages`, one accumulator family one in :mod:`.accumulators`; each enters itself.
5. A batch is worked on column by column where its values are of one type; a value at a time otherwise.
6. A document that came in is never changed.
"""

from __future__ import annotations

from .pipeline import MAX_STAGES, compile_pipeline
from .plan import Pipeline
from .run import Batch, Batches, Leading, Run
from .sorting import Sorter
from .stage import STAGES, Step

__all__ = [
    "MAX_STAGES",
    "STAGES",
    "Batch",
    "Batches",
    "Leading",
    "Pipeline",
    "Run",
    "Sorter",
    "Step",
    "compile_pipeline",
]
