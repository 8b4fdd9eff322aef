"""Connections that stay: how many a tenant has, how much they do, and whether their rights still hold."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from dbaas_provisioning.errors import DbaasError, Invalid
from dbaas_provisioning.nouns import Plan
from dbaas_provisioning.platform import Platform

__all__ = ["Attendance", "Bucket", "Seat"]

log = logging.getLogger(__name__)

TOGETHER = 50  # seats looked at again at a time
COMPARISONS = 2_000
"""Of each change, for one connection."""

COMPARISONS_PER_CONNECTION = 10
"""Of each change for all of a tenant's connections, for each that its plan allows."""


class Bucket:
    """At most so many per second, and as many at once. Pure but for the clock it is given."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_second
        self._clock = clock
        self._left = per_second
        self._at = clock()

    def take(self, many: int = 1) -> bool:
        """Whether so many more are allowed now, all of them together."""
        now = self._clock()
        self._left = min(self._rate, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < many:
            return False
        self._left -= many
        return True


class _Tenancy:
    """One tenant's connections to this process."""

    def __init__(self, plan: Plan) -> None:
        self.seats: set[Seat] = set()
        self.weight = 0
        self.change(plan)

    def change(self, plan: Plan) -> None:
        """Another plan holds, for those who are there as well."""
        self.plan = plan
        self.joins = Bucket(plan.realtime_joins_per_second)
        self.messages = Bucket(plan.realtime_messages_per_second)


class Seat:
    """One connection."""

    def __init__(self, tenancy: _Tenancy, recheck: Callable[[], Awaitable[None]]) -> None:
        self._tenancy = tenancy
        self._weight = 0
        self.recheck = recheck

    def may_join(self) -> bool:
        """Whether the tenant may join one more channel now."""
        return self._tenancy.joins.take()

    def may_send(self) -> bool:
        """Whether the tenant may send one more message now."""
        return self._tenancy.messages.take()

    def subscribe(self, weight: int) -> None:
        """Have each change compared so many times more. Raises ``Invalid`` (``too_many_filters``)."""
        tenancy = self._tenancy
        of_tenant = COMPARISONS_PER_CONNECTION * tenancy.plan.realtime_connections
        if self._weight + weight > COMPARISONS or tenancy.weight + weight > of_tenant:
            raise Invalid(
                "too_many_filters",
                "The filters of these subscriptions compare too much.",
                hint=f"A connection has {COMPARISONS:,} comparisons; all of a tenant's have {of_tenant:,}.",
            )
        self._weight += weight
        tenancy.weight += weight

    def unsubscribe(self, weight: int) -> None:
        """What was subscribed to is over."""
        weight = min(weight, self._weight)
        self._weight -= weight
        self._tenancy.weight -= weight

    def leave(self) -> None:
        """The connection is gone. Safe to repeat."""
        self.unsubscribe(self._weight)
        self._tenancy.seats.discard(self)


class Attendance:
    """The seats of this process."""

    def __init__(self, platform: Platform) -> None:
        self._tenants: dict[str, _Tenancy] = {}
        self._checking: asyncio.Task[None] | None = None
        self._again = False
        platform.on_change(lambda kind, identity: self._changed())

    def enter(self, tenant: str, plan: Plan, recheck: Callable[[], Awaitable[None]]) -> Seat:
        """A connection of a tenant's.

        Args:
            recheck: looks at its rights again; called when keys, tokens or tenants changed.

        Raises:
            Invalid: ``too_many_requests``, when the tenant has as many as its plan allows.
        """
        self.check(tenant, plan)
        tenancy = self._tenancy(tenant, plan)
        seat = Seat(tenancy, recheck)
        tenancy.seats.add(seat)
        return seat

    def check(self, tenant: str, plan: Plan) -> None:
        """Refuse a connection that has no seat, before it is made. Raises ``Invalid`` (``too_many_requests``)."""
        if len(self._tenancy(tenant, plan).seats) >= plan.realtime_connections:
            raise Invalid(
                "too_many_requests",
                "ConnectionRateLimitReached: Too many connected users",
                hint=f"The plan {plan.name!r} allows {plan.realtime_connections:,} connections.",
            )

    def may_join(self, tenant: str, plan: Plan) -> bool:
        """Whether a tenant may begin one more stream now."""
        return self._tenancy(tenant, plan).joins.take()

    def may_send(self, tenant: str, plan: Plan, many: int) -> bool:
        """Whether a tenant may send so many more messages now, from outside of its connections."""
        return self._tenancy(tenant, plan).messages.take(many)

    def _tenancy(self, tenant: str, plan: Plan) -> _Tenancy:
        tenancy = self._tenants.get(tenant)
        if tenancy is None:
            tenancy = self._tenants[tenant] = _Tenancy(plan)
        elif tenancy.plan != plan:
            tenancy.change(plan)
        return tenancy

    def _changed(self) -> None:
        self._again = True
        if self._checking is None:
            self._checking = asyncio.get_running_loop().create_task(self._check())

    async def _check(self) -> None:
        """Look at everyone's rights again, and once more if something changed meanwhile."""
        try:
            while self._again:
                self._again = False
                seats = [seat for tenancy in self._tenants.values() for seat in tenancy.seats]
                for start in range(0, len(seats), TOGETHER):
                    together = seats[start : start + TOGETHER]
                    answers = await asyncio.gather(*(seat.recheck() for seat in together), return_exceptions=True)
                    for answer in answers:
                        if isinstance(answer, Exception) and not isinstance(answer, DbaasError):
                            log.error("rights could not be looked at again", exc_info=answer)
        finally:
            self._checking = None

    async def close(self) -> None:
        """Look at nobody any more."""
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.gather(self._checking, return_exceptions=True)
