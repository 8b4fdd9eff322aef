"""Who wants what: subscriptions, indexed by table."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from dbaas_provisioning.errors import DbaasError

from ...changes import Change, ChangedTable, ValueType
from ...nouns import ArgValue, Caller, Compare, Filter, Logic, Position, TableRef
from .. import Resync
from .payload import Payload
from .sieve import Condition, Conditions

__all__ = ["Audience", "Binding", "Index", "Member", "Sink", "Style", "Told"]

_KNOWN_CONDITIONS = 1_000


@dataclass(frozen=True, slots=True)
class Binding:
    """One thing that a subscriber wants.

    Attributes:
        event: ``INSERT``, ``UPDATE``, ``DELETE``, ``TRUNCATE`` or ``*``.
        schema: ``*`` for all.
        table: ``*`` for all.
        where: filters joined by "and"; ``args`` are the values that they name.
        select: the columns wanted; None for all.
    """

    event: str
    schema: str
    table: str
    where: tuple[Filter, ...] = ()
    args: tuple[ArgValue, ...] = ()
    select: frozenset[str] | None = None

    @property
    def weight(self) -> int:
        """How many comparisons its filters make of a change."""
        return sum(map(_weight, self.where))

    def wants(self, change: Change) -> bool:
        """Whether the event fits; the table and the filter are looked at elsewhere."""
        return self.event == "*" or self.event == change.kind.value.upper()


class Told(NamedTuple):
    """A change for an audience, and which of its bindings (by place) it is for."""

    bindings: tuple[int, ...]
    payload: Payload


class Style(Protocol):
    """How an audience is told, equal for those who can be told with the same bytes."""

    def __hash__(self) -> int: ...

    def frame(self, told: Told) -> bytes:
        """The bytes for a change, ready for the socket, or for a sink that puts them into frames of its own."""
        ...


class Sink(Protocol):
    """One subscriber's end."""

    @property
    def backlog(self) -> int:
        """Bytes sent that were not taken yet."""
        ...

    def send(self, data: bytes, /) -> bool | None:
        """Take the frames of one or more changes. Does not wait. Where it returns True nothing is left untaken."""
        ...

    def gap(self, error: Resync, position: Position, /) -> None:
        """Changes were lost; what follows is complete from ``position`` on."""
        ...

    def overrun(self, position: Position | None, /) -> None:
        """It fell too far behind and gets nothing more; up to ``position`` everything was sent."""
        ...

    def ended(self, error: DbaasError, position: Position | None, /) -> None:
        """It gets nothing more, for this reason; up to ``position`` everything was sent."""
        ...


class Member:
    """One subscription of one subscriber.

    Attributes:
        after: what is not behind this position is not for it; None when everything that comes is.
        sent: up to here everything was sent.
        send: the sink's, looked up once.
        depth: of the hub that it is in.
        waits: something may be left untaken.
        gone: it left, or was let go.
    """

    __slots__ = ("after", "audience", "bindings", "caller", "depth", "gone", "send", "sent", "sink", "style", "waits")

    def __init__(self, bindings: tuple[Binding, ...], caller: Caller, style: Style, sink: Sink) -> None:
        self.bindings = bindings
        self.caller = caller
        self.style = style
        self.sink = sink
        self.send = sink.send
        self.waits = True
        self.depth = 0
        self.after: Position | None = None
        self.sent: Position | None = None
        self.audience: Audience | None = None
        self.gone = False


class Audience:
    """Members that are told the same.

    Args:
        conditions: shared with other audiences.
        forget: called with the audience when its last member is gone.

    Attributes:
        members: in the order in which they came.
        filtered: some binding has a filter.
    """

    def __init__(
        self,
        bindings: tuple[Binding, ...],
        caller: Caller,
        style: Style,
        conditions: Conditions,
        forget: Callable[[Audience], None],
    ) -> None:
        self.forget = forget
        self.bindings = bindings
        self.filtered = any(binding.where for binding in bindings)
        self._conditions = conditions
        self.caller = caller
        self.style = style
        self.members: dict[Member, None] = {}
        self._known: dict[tuple[int, int], Condition] = {}

    def on(self, table: TableRef) -> list[int]:
        """Places of the bindings that are about a table."""
        return [
            place
            for place, binding in enumerate(self.bindings)
            if binding.schema in ("*", table.schema) and binding.table in ("*", table.name)
        ]

    def condition(self, place: int, table: ChangedTable, type_of: Callable[[str], ValueType]) -> Condition:
        """A binding's filter on a table."""
        known = self._known.get((place, id(table)))
        if known is None:
            binding = self.bindings[place]
            if len(self._known) >= _KNOWN_CONDITIONS:
                self._known.clear()
            known = self._known[place, id(table)] = self._conditions.of(binding.where, binding.args, table, type_of)
        return known


class Index:
    """Audiences by what they want."""

    def __init__(self, conditions: Conditions | None = None) -> None:
        self.conditions = conditions or Conditions()
        self._audiences: dict[Hashable, Audience] = {}
        self._by_table: dict[tuple[str | None, str], dict[Audience, None]] = {}

    def __len__(self) -> int:
        return sum(len(audience.members) for audience in self._audiences.values())

    def add(self, member: Member) -> None:
        """Put a member among those who are told the same."""
        caller = member.caller
        key = (member.bindings, caller.role, caller.claims, caller.tenant_claim, member.style)
        audience = self._audiences.get(key)
        if audience is None:
            audience = self._audiences[key] = Audience(
                member.bindings, caller, member.style, self.conditions, self._forget
            )
            for binding in member.bindings:
                self._by_table.setdefault((binding.schema, binding.table), {})[audience] = None
        audience.members[member] = None
        member.audience = audience

    def remove(self, member: Member) -> None:
        """Take a member out of the index that it is in; safe to repeat."""
        audience, member.audience = member.audience, None
        if audience is None:
            return
        audience.members.pop(member, None)
        if not audience.members:
            audience.forget(audience)

    def _forget(self, audience: Audience) -> None:
        caller = audience.caller
        key = (audience.bindings, caller.role, caller.claims, caller.tenant_claim, audience.style)
        if self._audiences.pop(key, None) is None:
            return
        for binding in audience.bindings:
            of_table = self._by_table.get((binding.schema, binding.table), {})
            of_table.pop(audience, None)
            if not of_table:
                self._by_table.pop((binding.schema, binding.table), None)

    def about(self, table: TableRef) -> list[Audience]:
        """Audiences that want something of a table."""
        keys = ((table.schema, table.name), (table.schema, "*"), ("*", table.name), ("*", "*"))
        found: dict[Audience, None] = {}
        for key in keys:
            found.update(self._by_table.get(key, {}))
        return list(found)

    def on(self, table: TableRef) -> Iterator[Member]:
        """Everyone who wants something of a table."""
        for audience in self.about(table):
            yield from audience.members

    def by_name(self, table: TableRef) -> Iterator[Member]:
        """Those who want something of this table, and say so by its name."""
        for member in self.on(table):
            if any(one.table == table.name and one.schema in ("*", table.schema) for one in member.bindings):
                yield member

    def members(self) -> Iterator[Member]:
        """Everyone."""
        for audience in list(self._audiences.values()):
            yield from list(audience.members)


def _weight(item: Filter) -> int:
    if isinstance(item, Logic):
        return sum(map(_weight, item.items))
    operand = item.operand if isinstance(item, Compare) else None
    return max(1, len(operand)) if isinstance(operand, tuple) else 1


def tables_of(changes: Sequence[Change]) -> dict[int, list[int]]:
    """Places of changes by version of their table (one object each), in order."""
    found: dict[int, list[int]] = {}
    for place, change in enumerate(changes):
        found.setdefault(id(change.table), []).append(place)
    return found
