"""Keeping sessions to what their plans allow, from outside: what a session sets for itself does not count.

Only logins that tenants' statements come over are looked at. Who works for the platform with a login of its own, for a
dump or a restore, is never hit.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from dbaas_provisioning.engine import Sitting
from dbaas_provisioning.nouns import Login, Plan
from dbaas_provisioning.platform import Observation, Watched

from .looks import Looks

__all__ = ["Action", "Verdicts", "Watchdog"]

log = logging.getLogger("dbaas.upkeep")

GRACE_SECONDS = 1.0  # beyond a statement's time, which the server itself watches as long as nobody set it away
AGAIN_SECONDS = 2.0  # after which a statement that was cancelled and goes on takes its session with it


class Action(Enum):
    """What is done about a session."""

    cancel = "cancel"
    terminate = "terminate"


@dataclass(slots=True)
class _Statement:
    """One statement, as it was seen so far."""

    began: float
    worked: float = 0.0
    copied: int = 0
    cancelled_at: float | None = None


class Verdicts:
    """What is to be done about the sessions of one cluster, look after look. Pure but for the times it is given.

    A statement's time is that in which its server was at work at our looks: who only waits for a slow client to take
    rows, or for the next piece of a file, costs nobody anything. A COPY that gets on begins anew with each look.
    """

    def __init__(self) -> None:
        self._statements: dict[int, _Statement] = {}
        self._looked_at: float | None = None

    def of(self, sittings: Sequence[Sitting], plan: Plan, now: float) -> list[tuple[Sitting, Action, str]]:
        """The sessions to act on, each with the reason.

        Args:
            now: seconds, of a clock that only goes forward.
        """
        since = 0.0 if self._looked_at is None else now - self._looked_at
        self._looked_at = now
        mine = [one for one in sittings if one.login is not None and not one.follows]
        self._statements = {one.pid: self._seen(one, since) for one in mine if one.state == "active"}
        found = [*self._too_long(mine, plan, now), *_idle(mine, plan), *_too_many(mine, plan)]
        return list({sitting.pid: (sitting, action, reason) for sitting, action, reason in found}.values())

    def _seen(self, one: Sitting, since: float) -> _Statement:
        known = self._statements.get(one.pid)
        if known is None or known.began != one.statement_at:
            known = _Statement(one.statement_at)
        if one.copied > known.copied:
            known.worked, known.copied = 0.0, one.copied
        elif not one.waits_for_client:
            known.worked += min(since, one.running)
        return known

    def _too_long(self, mine: Iterable[Sitting], plan: Plan, now: float) -> Iterator[tuple[Sitting, Action, str]]:
        limit = plan.statement_timeout_ms / 1000
        if not limit:
            return
        for one in mine:
            statement = self._statements.get(one.pid)
            if statement is None or statement.worked <= limit + GRACE_SECONDS:
                continue
            if statement.cancelled_at is None:
                statement.cancelled_at = now
                yield one, Action.cancel, "its statement takes longer than the plan allows"
            elif now - statement.cancelled_at >= AGAIN_SECONDS:
                yield one, Action.terminate, "its statement does not end when it is cancelled"


def _idle(mine: Iterable[Sitting], plan: Plan) -> Iterator[tuple[Sitting, Action, str]]:
    for one in mine:
        if one.state.startswith("idle in transaction") and one.unchanged > plan.idle_transaction_seconds:
            yield one, Action.terminate, "its transaction stands idle for longer than the plan allows"


def _too_many(mine: Iterable[Sitting], plan: Plan) -> Iterator[tuple[Sitting, Action, str]]:
    """The newest connections of owners beyond the plan's number: of all databases of the cluster together."""
    owners = sorted((one for one in mine if one.login is Login.owner), key=lambda one: (one.connected_at, one.pid))
    for one in owners[plan.max_connections :]:
        yield one, Action.terminate, "the plan allows fewer connections"


class Watchdog:
    """The job: looks at every running cluster that speaks SQL to tenants, wherever it runs, and acts.

    On a server that tenants share each is judged alone, and by what its plan allows; who else is there is nobody's
    business.
    """

    def __init__(self, observation: Observation) -> None:
        self._observation = observation
        self._verdicts: dict[tuple[UUID, UUID], Verdicts] = {}
        self._looks = Looks(self._look)

    async def run(self) -> None:
        """One look at all of them."""
        watched = [one for one in await self._observation.everywhere() if one.engine.can.sql]
        self._verdicts = {one.key: self._verdicts.get(one.key) or Verdicts() for one in watched}
        await self._looks.at(watched)

    async def _look(self, watched: Watched) -> None:
        verdicts = self._verdicts[watched.key]
        sittings = await watched.watch.sessions()
        for sitting, action, reason in verdicts.of(sittings, watched.plan, time.monotonic()):
            act = watched.watch.cancel if action is Action.cancel else watched.watch.terminate
            await act(sitting.pid)
            log.info(
                "watchdog: %s a session of %s/%s (%s): %s", action.value, watched.tenant.subdomain,
                sitting.database, sitting.username, reason,
            )  # fmt: skip
