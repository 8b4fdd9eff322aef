"""``$facet``: several pipelines over the same documents, side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import bson

from ...codec import CODEC, MAX_DOCUMENT_BYTES
from ...errors import DocumentError
from ...expressions.compiler import check_name
from ...values import alias
from ..run import Batch, Batches, Run
from ..stage import Building, Inner, Step, stage

__all__: list[str] = []

_END: Final = None
_REFUSED: Final = frozenset({"$facet", "$out", "$merge", "$collStats", "$indexStats", "$geoNear", "$planCacheStats"})


class Facet(Step):
    """Inners that each see all documents; one document with what each of them gives."""

    name = "$facet"
    cuts = True

    def __init__(self, pipelines: dict[str, Inner]) -> None:
        self._pipelines = pipelines
        fields = [pipeline.leading.fields for pipeline in pipelines.values()]
        self.needs = (
            None if any(part is None for part in fields) else frozenset().union(*(part or () for part in fields))
        )

    async def run(self, source: Batches, context: Run) -> Batches:
        """See :class:`Step`."""
        queues: dict[str, asyncio.Queue[Batch | None]] = {name: asyncio.Queue(1) for name in self._pipelines}
        found: dict[str, Batch] = {name: [] for name in self._pipelines}
        done: set[str] = set()
        size = 0

        async def feed(name: str) -> Batches:
            while (batch := await queues[name].get()) is not _END:
                yield batch

        async def follow(name: str, pipeline: Inner) -> None:
            nonlocal size
            try:
                async for batch in pipeline.run_whole(feed(name), context):
                    found[name] += batch
                    size += sum(len(bson.encode(document, codec_options=CODEC)) for document in batch)
                    if size > MAX_DOCUMENT_BYTES:
                        raise DocumentError(
                            4031700,
                            f"document constructed by $facet is {size} bytes, which exceeds the limit of "
                            f"{MAX_DOCUMENT_BYTES} bytes",
                        )
            finally:
                done.add(name)
                while not queues[name].empty():  # whoever waits to put something there goes on
                    queues[name].get_nowait()

        tasks = [asyncio.create_task(follow(name, pipeline)) for name, pipeline in self._pipelines.items()]
        try:
            async for batch in source:
                for name, queue in queues.items():
                    if name not in done:
                        await queue.put(batch)
                await context.breathe()
                if len(done) == len(tasks):
                    break
                if any(task.done() and task.exception() is not None for task in tasks):
                    break
            for name, queue in queues.items():
                if name not in done:
                    await queue.put(_END)
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        yield [found]


@stage("$facet")
def _facet(spec: Any, building: Building) -> Sequence[Step]:
    if type(spec) is not dict or not spec:
        raise DocumentError(40169, f"the $facet specification must be a non-empty object, but found: {alias(spec)}")
    pipelines = {}
    for name, stages in spec.items():
        check_name(name)
        if type(stages) is not list:
            raise DocumentError(40170, f"arguments to $facet must be arrays, {name} is type {alias(stages)}")
        for part in stages:
            if type(part) is dict and (refused := next(iter(part), "")) in _REFUSED:
                raise DocumentError(40600, f"{refused} is not allowed to be used within a $facet stage")
        pipelines[name] = building.pipeline(stages, building.scope, "$facet")
    return [Facet(pipelines)]
