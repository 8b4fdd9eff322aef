"""From changes and callers to what each caller may see of each change."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg.pq.abc import PGresult

from dbaas_provisioning.errors import DbaasError, Unavailable

from ....changes import Change, ChangedColumn, ChangeKind, Mask, Unchanged, Values, Visible
from ....engine import QueryError
from ....nouns import ArgValue, Caller, Filter, TableRef, columns_named
from ..compile.names import ident, qualified
from ..parameters import encoded, values
from .guards import Ask, Guard, Guards, Rule, stamp_sql
from .pace import CHECK, FILTER, PATIENT, QUICK, Pace
from .rows import row_literal, rows_literal

__all__ = ["AskAs", "Eyes"]

log = logging.getLogger(__name__)

MOST_ROWS = 2_000  # in one statement
MOST_BYTES = 4 * 1024 * 1024
ATTEMPTS = 3  # when definitions change while they are used

AskAs = Callable[[Caller, str, bytes, Sequence[bytes | None], Pace], Awaitable[PGresult]]
"""Runs a statement as a caller, with a schema that leads the search path, in a transaction that can only read."""

Compile = Callable[[TableRef, Sequence[Filter], str], Awaitable[tuple[str, Sequence[int]]]]


class _OutdatedError(Exception):
    """A table's definition is not the one that is remembered."""


class _TooSlowError(Exception):
    """An expression took more than its time."""


@dataclass(frozen=True, slots=True)
class _Image:
    """A row as it is now or was, of the change at ``place``."""

    place: int
    old: bool
    literal: str


class Eyes:
    """Decides for one database.

    Args:
        ask: runs a statement as the owner, with ``search_path = pg_catalog``.
        ask_as: runs a statement as a caller.
        compile: filters over a table's rows as a condition, and the arguments that it takes.
    """

    def __init__(self, ask: Ask, ask_as: AskAs, compile: Compile) -> None:
        self.guards = Guards(ask)
        self._ask_as = ask_as
        self._compile = compile

    async def visible(self, changes: Sequence[Change], callers: Sequence[Caller], *, hurry: bool = False) -> Mask:
        """See :meth:`dbaas_server.engine.Session.visible`."""
        mask: Mask = [[None] * len(changes) for _ in callers]
        places: dict[int, list[int]] = {}
        for place, change in enumerate(changes):
            places.setdefault(change.table.identity, []).append(place)
        groups: dict[tuple[str, str, str | None], list[int]] = {}
        for number, caller in enumerate(callers):
            groups.setdefault((caller.role, caller.claims, caller.tenant_claim), []).append(number)
        for of_table in places.values():
            chosen = [changes[place] for place in of_table]
            answers = await self._table(chosen, [callers[numbers[0]] for numbers in groups.values()], hurry)
            for numbers, answer in zip(groups.values(), answers, strict=True):
                for number in numbers:
                    row = mask[number]
                    if row is None or answer is None:
                        mask[number] = None
                        continue
                    for place, seen in zip(of_table, answer, strict=True):
                        row[place] = seen
        return mask

    async def matching(
        self, changes: Sequence[Change], where: Sequence[Filter], args: Sequence[ArgValue], role: str
    ) -> list[bool] | None:
        """See :meth:`dbaas_server.engine.Session.matching`."""
        caller = Caller(UUID(int=0), role)
        for _ in range(ATTEMPTS):
            guard = await self.guards.of(changes[0].table) if changes else None
            if guard is None:
                return [False] * len(changes)
            try:
                return await self._matching(guard, changes, where, args, caller)
            except _OutdatedError:
                self.guards.forget(guard.identity)
            except _TooSlowError:
                return None
        raise _changing()

    async def check(self, table: TableRef, where: Sequence[Filter], args: Sequence[ArgValue], caller: Caller) -> None:
        """Evaluate filters over no row at all. Raises ``Invalid``, ``QueryError``."""
        condition, order = await self._compile(table, where, caller.role)
        text = f"select {condition} from unnest('{{}}'::{qualified(table)}[]) as {ident(table.name)}"
        await self._ask_as(caller, table.schema or "public", text.encode(), values(order, args), FILTER)

    async def _matching(
        self,
        guard: Guard,
        changes: Sequence[Change],
        where: Sequence[Filter],
        args: Sequence[ArgValue],
        caller: Caller,
    ) -> list[bool]:
        try:
            condition, order = await self._compile(guard.ref, where, caller.role)
            parameters = values(order, args)
        except DbaasError:  # it names what is not there (any more)
            return [False] * len(changes)
        rule = Rule(True, frozenset(), condition, columns_named(where))
        images = [
            image for image in _images(guard, rule, changes) if image.old is (changes[image.place].record is None)
        ]
        shown = await self._evaluate(guard, condition, images, caller, FILTER, parameters)
        return [(place, change.record is None) in shown for place, change in enumerate(changes)]

    async def _table(
        self, changes: Sequence[Change], callers: Sequence[Caller], hurry: bool
    ) -> list[list[Visible | None] | None]:
        """The same for changes of one table and callers that differ."""
        identity = changes[0].table.identity
        for _ in range(ATTEMPTS):
            guard = await self.guards.of(changes[0].table)
            if guard is None:
                return [[None] * len(changes) for _ in callers]
            try:
                await self._check(guard, callers)
                return await self._callers(guard, changes, callers, hurry)
            except _OutdatedError:
                self.guards.forget(identity)
        raise _changing()

    async def _check(self, guard: Guard, callers: Sequence[Caller]) -> None:
        """Where no statement will compare the stamp on its way, do it now. Nothing hides rows from service_role."""
        for caller in callers:
            rule = guard.rules.get(caller.role)
            if caller.role != "service_role" and (rule is None or not rule.condition):
                anybody = Caller(UUID(int=0), caller.role)  # claims may be no text that PostgreSQL can hold
                result = await self._ask_as(anybody, "public", stamp_sql(guard.identity).encode(), (), CHECK)
                if result.ntuples != 1 or result.get_value(0, 0) != guard.stamp:
                    raise _OutdatedError
                return

    async def _callers(
        self, guard: Guard, changes: Sequence[Change], callers: Sequence[Caller], hurry: bool
    ) -> list[list[Visible | None] | None]:
        answers: list[list[Visible | None] | None] = []
        conditional: list[int] = []
        for number, caller in enumerate(callers):
            rule = guard.rules.get(caller.role)
            if rule is None or rule.condition == "":
                answers.append([None] * len(changes))
            elif rule.condition is None:
                columns = _columns(guard, rule, changes)
                answers.append([Visible(columns[id(change.table)], *_images_of(change)) for change in changes])
            else:
                answers.append(None)
                conditional.append(number)

        # Many callers' questions travel in one stream; each is a transaction of its own.
        async def ask(place: int) -> list[Visible | None] | None:
            return await self._by_policy(guard, changes, callers[conditional[place]], hurry)

        if conditional:
            asked = [callers[number] for number in conditional]
            keys = [(caller.role, caller.claims, caller.tenant_claim) for caller in asked]
            for number, answer in zip(conditional, await guard.throng.ask(keys, ask, hurry=hurry), strict=True):
                answers[number] = answer
        return answers

    async def _by_policy(
        self, guard: Guard, changes: Sequence[Change], caller: Caller, hurry: bool
    ) -> list[Visible | None] | None:
        """What policies show to a caller; None when that took too long for who is in a hurry."""
        rule = guard.rules[caller.role]
        assert rule.condition
        columns = _columns(guard, rule, changes)
        images = _images(guard, rule, changes)
        try:
            shown = await self._evaluate(guard, rule.condition, images, caller, QUICK if hurry else PATIENT)
        except _TooSlowError:
            return None
        found: list[Visible | None] = []
        for place, change in enumerate(changes):
            record, old = (place, False) in shown, (place, True) in shown
            # An update is seen by who may see the row as it is now; what it was, by who could see that too.
            seen = record if change.record is not None else old
            found.append(Visible(columns[id(change.table)], record, old) if seen else None)
        return found

    async def _evaluate(
        self,
        guard: Guard,
        condition: str,
        images: Sequence[_Image],
        caller: Caller,
        pace: Pace,
        args: Sequence[bytes | None] = (),
    ) -> set[tuple[int, bool]]:
        """(place, old) of the images for which the condition holds."""
        shown: set[tuple[int, bool]] = set()
        text = guard.statement(condition, len(args) + 1)
        pending = _portions(images)
        while pending:
            portion = pending.pop()
            rows = rows_literal([image.literal for image in portion])
            try:
                schema = guard.ref.schema or "public"
                result = await self._ask_as(caller, schema, text, [*args, *encoded([rows])], pace)
            except QueryError as error:
                if error.code == _TIMEOUT and pace.timeout_ms is not None:
                    raise _TooSlowError from None
                if error.code in _GONE:
                    raise _OutdatedError from None
                if len(portion) > 1 and error.code != _TIMEOUT and not args:
                    # One row that the policy fails on hides itself, not its neighbours.
                    half = len(portion) // 2
                    pending += [portion[:half], portion[half:]]
                else:
                    # Never PostgreSQL's words: they quote values.
                    log.info("a policy of %s failed: %s", guard.identity, error.code)
                continue
            if result.ntuples != len(portion):
                raise _OutdatedError
            for place, image in enumerate(portion):
                if result.get_value(place, 0) != guard.stamp:
                    raise _OutdatedError
                if result.get_value(place, 1) == b"t":
                    shown.add((image.place, image.old))
        return shown


def _changing() -> Unavailable:
    """Nothing is hidden for good because it could not be looked at just now."""
    return Unavailable("definitions_changing", "The table's definition changes all the time.")


_TIMEOUT = "57014"
_GONE = frozenset({"42P01", "3F000", "42704", "42703", "42883"})
"""Something that the statement names does not exist (any more)."""


def _images_of(change: Change) -> tuple[bool, bool]:
    return change.record is not None, change.old is not None and change.kind is not ChangeKind.insert


def _same(guard: Guard, column: ChangedColumn) -> bool:
    """Whether the table's column of this name is still the one that the change was made to."""
    return column.number is not None and guard.numbers.get(column.name) == column.number


def _columns(guard: Guard, rule: Rule, changes: Sequence[Change]) -> dict[int, tuple[int, ...]]:
    """Per version of the table (one object each), the places of the columns that the role may read."""
    found: dict[int, tuple[int, ...]] = {}
    for change in changes:
        if id(change.table) not in found:
            found[id(change.table)] = tuple(
                place
                for place, column in enumerate(change.table.columns)
                if rule.every_column or (column.name in rule.columns and _same(guard, column))
            )
    return found


def _images(guard: Guard, rule: Rule, changes: Sequence[Change]) -> list[_Image]:
    """What is to be judged; rows of which the condition may need more than is known are left out."""
    found = []
    names_of: dict[int, list[str]] = {}
    for place, change in enumerate(changes):
        names = names_of.get(id(change.table))
        if names is None:
            columns = change.table.columns
            names = names_of[id(change.table)] = [column.name if _same(guard, column) else "" for column in columns]
        if change.record is not None:
            literal = _literal(guard, rule, names, change.record)
            if literal is not None:
                found.append(_Image(place, False, literal))
        if change.old is not None:
            known = change.old
            if change.old_is_key:
                names = [name if column.key else "" for name, column in zip(names, change.table.columns, strict=True)]
            literal = _literal(guard, rule, names, known)
            if literal is not None:
                found.append(_Image(place, True, literal))
    return found


def _literal(guard: Guard, rule: Rule, names: Sequence[str], values: Values) -> str | None:
    """A row for the table as it is now; None when a value that the condition needs is not known."""
    known = {
        name: value for name, value in zip(names, values, strict=True) if name and not isinstance(value, Unchanged)
    }
    if not (set(guard.columns) if rule.needs is None else rule.needs) <= known.keys():
        return None
    return row_literal(known.get(name) for name in guard.columns)


def _portions(images: Sequence[_Image]) -> list[list[_Image]]:
    portions: list[list[_Image]] = []
    size = 0
    for image in images:
        if not portions or len(portions[-1]) >= MOST_ROWS or size + len(image.literal) > MOST_BYTES:
            portions.append([])
            size = 0
        portions[-1].append(image)
        size += len(image.literal)
    return portions
