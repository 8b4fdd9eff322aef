"""What each audience is told of some changes.

A binding that the sieve says no to needs nobody's judgement. Of what is left, the engine says what each caller may see;
a binding counts only where the caller may see every column that it names, and a filter that only the engine can decide
is evaluated on nothing else. Such filters are anybody's patterns: they are never evaluated where others wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from dbaas_provisioning.errors import Invalid

from ...changes import Change, Mask, Visible
from ...nouns import Caller
from .asking import Asking
from .audience import Audience, Told
from .payload import Kept, Payload, Renderer
from .sieve import Condition

__all__ = ["Judged", "Judging", "too_slow"]

TOGETHER = 64  # groups of callers judged at a time
GONE_THROUGH = 2_000  # changes, times bindings, of audiences gone through between two turns of the event loop
COMPARED = 10_000  # comparisons between two turns of the event loop
FILTER_SECONDS = 1.0
"""What one audience's filters may take of the engine's time, of some changes of one table."""

_Places = tuple[tuple[int, tuple[int, ...]], ...]
"""Changes (by place), each with the bindings (by place) that may want it."""

_Answers = dict[tuple[str, "Condition | None"], tuple[int, ...]]


@dataclass(slots=True)
class Judged:
    """What became of some changes.

    Attributes:
        told: for each audience, the changes by their places.
        aside: audiences that cannot be judged here.
        refused: audiences that ask for too much.
    """

    told: dict[Audience, list[tuple[int, Told]]] = field(default_factory=dict)
    aside: set[Audience] = field(default_factory=set)
    refused: set[Audience] = field(default_factory=set)


class Judging:
    """Judges for one hub.

    Args:
        filters: filters that only the engine can decide are evaluated here.
        hurry: so many others wait that what takes long is not waited for.
    """

    def __init__(self, asking: Asking, *, filters: bool, hurry: bool) -> None:
        self._asking = asking
        self._filters = filters
        self._hurry = hurry

    async def visible(self, changes: Sequence[Change], callers: Sequence[Caller]) -> Mask:
        """See :meth:`dbaas_server.engine.Session.visible`."""
        return await self._asking.patiently(lambda session: session.visible(changes, callers, hurry=self._hurry))

    async def of_table(
        self,
        audiences: Sequence[Audience],
        changes: Sequence[Change],
        places: Sequence[int],
        kept: Kept,
        judged: Judged,
    ) -> None:
        """What each audience is told of changes of one version of one table.

        Args:
            places: of these changes among all that are being told.
            kept: how much of what is rendered may be kept.
        """
        renderer = await self._asking.renderer()
        groups = await self._groups(audiences, changes, renderer, judged)
        pending = list(groups.items())
        rendering = _Rendering(renderer, changes, kept)
        gone_through = 0
        for start in range(0, len(pending), TOGETHER):
            together = pending[start : start + TOGETHER]
            asked = [
                self.visible([changes[place] for place, _ in found], [audience.caller for audience in members])
                for found, members in together
            ]
            masks = await asyncio.gather(*asked) if len(asked) > 1 else [await asked[0]]
            for (found, members), mask in zip(together, masks, strict=True):
                for audience, row in zip(members, mask, strict=True):
                    gone_through += len(found) * len(audience.bindings)
                    if gone_through > GONE_THROUGH:
                        gone_through = 0
                        await asyncio.sleep(0)
                    if row is None:
                        judged.aside.add(audience)
                        continue
                    wanted = found
                    if audience.filtered:
                        narrowed = await self._narrowed(audience, changes, found, row, renderer)
                        if narrowed is None:
                            judged.refused.add(audience)
                            continue
                        wanted = narrowed
                    mine = judged.told.setdefault(audience, [])
                    plain = len(audience.bindings) == 1 and audience.bindings[0].select is None
                    for (place, bindings), seen in zip(wanted, row, strict=True):
                        if seen is None or not bindings:
                            continue
                        if plain:
                            mine.append((places[place], Told(bindings, rendering.payload(place, seen, None))))
                            continue
                        for payload, numbers in rendering.of(audience, place, bindings, seen):
                            mine.append((places[place], Told(numbers, payload)))

    async def _groups(
        self, audiences: Sequence[Audience], changes: Sequence[Change], renderer: Renderer, judged: Judged
    ) -> dict[_Places, list[Audience]]:
        """Audiences by what they may want."""
        table = changes[0].table
        answers: _Answers = {}
        groups: dict[_Places, list[Audience]] = {}
        compared = 0
        for audience in audiences:
            found: dict[int, list[int]] = {}
            for number in audience.on(table.ref):
                binding = audience.bindings[number]
                condition = audience.condition(number, table, renderer.type_of) if binding.where else None
                key = (binding.event, condition)
                fitting = answers.get(key)
                if fitting is None:
                    fitting = answers[key] = tuple(
                        place
                        for place, change in enumerate(changes)
                        if binding.wants(change) and (condition is None or condition.may_pass(change))
                    )
                    compared += len(binding.where) * len(changes)
                    if compared > COMPARED:
                        compared = 0
                        await asyncio.sleep(0)
                if fitting and condition is not None and condition.passes is None and not self._filters:
                    judged.aside.add(audience)
                for place in fitting:
                    found.setdefault(place, []).append(number)
            if found and audience not in judged.aside:
                wanted = tuple((place, tuple(found[place])) for place in sorted(found))
                groups.setdefault(wanted, []).append(audience)
        return groups

    async def _narrowed(
        self,
        audience: Audience,
        changes: Sequence[Change],
        found: _Places,
        row: Sequence[Visible | None],
        renderer: Renderer,
    ) -> _Places | None:
        """What is left once filters looked at what the caller sees, and at nothing else; None: they take too long."""
        table = changes[0].table
        left: dict[int, list[int]] = {}
        by_engine: dict[int, list[int]] = {}
        conditions: dict[int, Condition] = {}
        for (place, bindings), seen in zip(found, row, strict=True):
            mine = left[place] = []
            if seen is None:
                continue
            for number in bindings:
                if not audience.bindings[number].where:
                    mine.append(number)
                    continue
                condition = conditions.get(number)
                if condition is None:
                    condition = conditions[number] = audience.condition(number, table, renderer.type_of)
                if not condition.needs.issubset(seen.columns):
                    continue
                if condition.passes is not None:
                    mine.append(number)
                else:
                    by_engine.setdefault(number, []).append(place)
        loop = asyncio.get_running_loop()
        until = loop.time() + FILTER_SECONDS
        for number, places in by_engine.items():
            if loop.time() > until:
                return None
            answer = await self._matching(audience, number, [changes[place] for place in places])
            if answer is None:
                return None
            for place, passes in zip(places, answer, strict=True):
                if passes:
                    left[place].append(number)
        return tuple((place, tuple(sorted(left[place]))) for place, _ in found)

    async def _matching(self, audience: Audience, number: int, changes: Sequence[Change]) -> list[bool] | None:
        binding, role = audience.bindings[number], audience.caller.role
        return await self._asking.patiently(
            lambda session: session.matching(changes, binding.where, binding.args, role)
        )


class _Rendering:
    """Payloads of some changes, one for all who are told the same."""

    def __init__(self, renderer: Renderer, changes: Sequence[Change], kept: Kept) -> None:
        self._renderer = renderer
        self._changes = changes
        self._kept = kept
        self._rendered: dict[tuple[int, Visible, tuple[int, ...] | None], Payload] = {}
        self._chosen: dict[tuple[frozenset[str], tuple[int, ...]], tuple[int, ...]] = {}

    def of(
        self, audience: Audience, place: int, bindings: tuple[int, ...], seen: Visible
    ) -> list[tuple[Payload, tuple[int, ...]]]:
        """What these bindings are told of a change; those that want the same columns are told together."""
        found: dict[tuple[int, ...] | None, list[int]] = {}
        for number in bindings:
            found.setdefault(self._columns(audience, number, seen), []).append(number)
        return [(self.payload(place, seen, columns), tuple(numbers)) for columns, numbers in found.items()]

    def _columns(self, audience: Audience, number: int, seen: Visible) -> tuple[int, ...] | None:
        """Places of the columns that a binding wants, of those that may be seen; None for all."""
        select = audience.bindings[number].select
        if select is None:
            return None
        key = (select, seen.columns)
        found = self._chosen.get(key)
        if found is None:
            columns = self._changes[0].table.columns
            found = self._chosen[key] = tuple(place for place in seen.columns if columns[place].name in select)
        return found

    def payload(self, place: int, seen: Visible, columns: tuple[int, ...] | None) -> Payload:
        """A change with these of its columns; None for all that may be seen."""
        key = (place, seen, columns)
        payload = self._rendered.get(key)
        if payload is None:
            chosen = seen.columns if columns is None else columns
            payload = self._rendered[key] = self._renderer.render(self._changes[place], seen, chosen, self._kept)
        return payload


def too_slow() -> Invalid:
    """What those are told whose filters take too long."""
    return Invalid(
        "filter_too_slow",
        "The filters of this subscription take too long.",
        hint="Use simpler patterns, or compare with eq, in, gt and the like; then resume from this position.",
    )
