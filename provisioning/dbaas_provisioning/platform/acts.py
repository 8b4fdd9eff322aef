"""What members do with data, and what they try without the right to: noted at once, written a moment later.

1. A note costs microseconds and never waits: one task writes what came in the last moment, in one transaction.
2. No value is kept: statements come without their literals, and never with their parameters.
3. A flood is bounded here and in ``platform_meta``: attempts that are alike within a minute are one entry with a count.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ..errors import DbaasError
from ..meta.audit import Attempt, AuditStore, DataAct, fold_of
from .audit import keepable
from .literals import LONGEST_READ, without_literals

__all__ = ["Acts", "Statement"]

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.5  # between two writes: what a killed process loses at most
BATCH = 500
MOST_WAITING = 5_000  # acts, while platform_meta does not answer
MOST_LETTERS = 8_000_000  # of their statements
MOST_ATTEMPTS = 1_000  # that differ
MOST_OF_AN_ACTOR = 60  # attempts that differ, in a minute
MOST_OF_A_MINUTE = 20_000  # attempts that differ, of everybody
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody ran, as they wrote it.

    Attributes:
        shell: it is of MongoDB's shell, and not SQL.
    """

    text: str
    shell: bool = False


@dataclass(slots=True)
class _Count:
    acts: int = 0
    attempts: int = 0


class Acts:
    """Takes notes and has them written. :meth:`close` waits for that."""

    def __init__(self, store: AuditStore) -> None:
        self._store = store
        self._acts: list[tuple[DataAct, Statement | None]] = []
        self._letters = 0
        self._attempts: dict[bytes, Attempt] = {}
        self._minute = 0
        self._seen: set[bytes] = set()  # of this minute
        self._of_actors: Counter[str] = Counter()  # of those seen
        self._lost = 0
        self._noted = _Count()
        self._done = _Count()  # of those noted: kept, or lost
        self._hurry = asyncio.Event()
        self._batch_done = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    def note(self, act: DataAct, statement: Statement | None = None) -> None:
        """Have an act kept, with what is left of its statement without literals."""
        if len(self._acts) >= MOST_WAITING:
            self._lost += 1
            return
        if statement is not None:
            if len(statement.text) > LONGEST_READ:
                statement = replace(statement, text=statement.text[:LONGEST_READ])
            if self._letters + len(statement.text) > MOST_LETTERS:
                statement = replace(statement, text="")
            self._letters += len(statement.text)
        self._acts.append((act, statement))
        self._noted.acts += 1
        self._see_to_it()

    def refused(self, actor: str, action: str, tenant: str | None, target: str | None, code: str) -> None:
        """Have an attempt kept, or counted with those of this minute that are like it."""
        now = datetime.now(UTC)
        minute = int(now.timestamp()) // 60
        if minute != self._minute:
            self._minute = minute
            self._seen.clear()
            self._of_actors.clear()
        fold = fold_of(actor, action, tenant, target, code, now)
        if fold not in self._seen and self._is_one_too_many(actor, fold):
            # Whoever tries one name after the other is told of as one who does.
            action, tenant, target = OTHERS, None, None
            fold = fold_of(actor, action, tenant, target, code, now)
        known = self._attempts.get(fold)
        if known is None and len(self._attempts) >= MOST_ATTEMPTS:
            self._lost += 1
            return
        self._attempts[fold] = (
            replace(known, times=known.times + 1)
            if known is not None
            else Attempt(fold, now, keepable(actor), action, tenant and keepable(tenant), target and keepable(target),
                         code, 1)
        )  # fmt: skip
        self._noted.attempts += 1
        self._see_to_it()

    def _is_one_too_many(self, actor: str, fold: bytes) -> bool:
        """Whether an actor's attempt, of a sort that was not seen this minute, is not told of by itself."""
        if len(self._seen) >= MOST_OF_A_MINUTE or self._of_actors[actor] >= MOST_OF_AN_ACTOR:
            return True
        self._seen.add(fold)
        self._of_actors[actor] += 1
        return False

    async def settled(self) -> None:
        """Return when what was noted until now is kept, or cannot be. It does not wait for what others note then."""
        acts, attempts = self._noted.acts, self._noted.attempts
        while self._is_writing() and (self._done.acts < acts or self._done.attempts < attempts):
            self._hurry.set()
            await self._batch_done.wait()

    async def close(self) -> None:
        """As :meth:`settled`, and for what is noted meanwhile."""
        await self.settled()
        if self._writing is not None and self._is_writing():
            self._hurry.set()
            await asyncio.shield(self._writing)

    def _is_writing(self) -> bool:
        return self._writing is not None and not self._writing.done()

    def _see_to_it(self) -> None:
        if not self._is_writing():
            self._hurry, self._batch_done = asyncio.Event(), asyncio.Event()
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        try:
            while self._acts or self._attempts:
                if len(self._acts) < BATCH:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._hurry.wait(), PAUSE_SECONDS)
                self._hurry.clear()  # who waits for more than this batch asks again
                await self._write_batch()
                self._tell()
        finally:
            self._tell()

    def _tell(self) -> None:
        """Wake those who wait for a batch."""
        self._batch_done.set()
        self._batch_done = asyncio.Event()

    async def _write_batch(self) -> None:
        batch, self._acts = self._acts[:BATCH], self._acts[BATCH:]
        attempts, self._attempts = list(self._attempts.values()), {}
        attempts_noted = self._noted.attempts
        self._letters = sum(len(statement.text) for _, statement in self._acts if statement is not None)
        lost, self._lost = self._lost, 0
        try:
            await self._store.insert(await asyncio.to_thread(_kept, batch), attempts)
        except DbaasError as error:
            lost += len(batch) + len(attempts)
            log.error("The audit log could not be written: %s", error.message)
        except Exception:
            lost += len(batch) + len(attempts)
            log.exception("the audit log could not be written")
        self._done.acts += len(batch)
        self._done.attempts = attempts_noted
        if lost:
            log.error("Not in the audit log: %d acts and attempts of members", lost)


def _kept(batch: list[tuple[DataAct, Statement | None]]) -> list[DataAct]:
    """The acts as they are kept. Looking for literals takes long in a long text."""
    return [
        DataAct(
            act.at,
            keepable(act.actor),
            act.action,
            act.tenant,
            act.target and keepable(act.target),
            act.outcome,
            _details(act.details, statement),
        )
        for act, statement in batch
    ]


def _details(told: Mapping[str, str], statement: Statement | None) -> dict[str, str]:
    texts = dict(told)
    if statement is not None:
        texts = {"statement": without_literals(statement.text, shell=statement.shell) or "…", **texts}
    return {name: keepable(text) for name, text in texts.items()}
