"""What a stage is, and which there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

from ..codec import Document
from ..scope import Scope
from .run import Batches, Leading, Run

__all__ = ["STAGES", "Building", "Inner", "Maker", "Mapped", "Registry", "Step", "stage"]


class Step:
    """A stage, compiled.

    Attributes:
        name: such as ``$match``.
        needs: the top-level fields that it looks at; None: all.
        cuts: what it puts out is made of nothing but ``needs``.
    """

    name: str
    needs: frozenset[str] | None = None
    cuts: bool = False

    def run(self, source: Batches, context: Run) -> Batches:
        """Batches out of batches; neither is ever empty. Closing what this returns leaves ``source`` open."""
        raise NotImplementedError

    def is_passing(self, field: str) -> bool:
        """Whether documents have the same in a top-level field after it as before, and are as many."""
        return False


class Mapped(Step):
    """A stage that makes one document of each.

    Args:
        function: documents to documents.
        passing: whether a top-level field stays what it is.
    """

    def __init__(
        self,
        name: str,
        function: Callable[[Document], Document],
        needs: frozenset[str] | None,
        *,
        cuts: bool,
        passing: Callable[[str], bool] = lambda field: False,
    ) -> None:
        self.name = name
        self.needs = needs
        self.cuts = cuts
        self._function = function
        self._passing = passing

    async def run(self, source: Batches, context: Run) -> Batches:
        """See :class:`Step`."""
        function = self._function
        async for batch in source:
            await context.breathe()
            yield await context.of_each(batch, function)

    def is_passing(self, field: str) -> bool:
        """See :class:`Step`."""
        return self._passing(field)


class Inner(Protocol):
    """A pipeline within a stage; see :class:`~.plan.Pipeline`."""

    @property
    def leading(self) -> Leading:
        """What whoever reads the collection does."""
        ...

    def run(self, source: Batches, context: Run) -> Batches:
        """Its documents, ``leading`` done."""
        ...

    def run_whole(self, source: Batches, context: Run) -> Batches:
        """Its documents, nothing done yet."""
        ...


class Building:
    """What a stage is built with.

    Attributes:
        scope: the command's.
        within: the stages around, outermost first.
    """

    __slots__ = ("_compile", "scope", "within")

    def __init__(
        self,
        scope: Scope,
        compile: Callable[[Sequence[Any], Scope, tuple[str, ...]], Inner],
        within: tuple[str, ...],
    ) -> None:
        self.scope = scope
        self._compile = compile
        self.within = within

    def pipeline(self, stages: Any, scope: Scope, inside: str) -> Inner:
        """A pipeline within a stage."""
        return self._compile(stages, scope, (*self.within, inside))


Maker: TypeAlias = Callable[[Any, Building], Sequence[Step]]
"""(specification, building) → steps; a stage that stands for others makes several."""

Registry: TypeAlias = Mapping[str, Maker]

STAGES: Final[dict[str, Maker]] = {}


def stage(name: str) -> Callable[[Maker], Maker]:
    """Enter a stage."""

    def enter(maker: Maker) -> Maker:
        STAGES[name] = maker
        return maker

    return enter
