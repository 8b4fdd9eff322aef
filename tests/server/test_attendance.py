"""Limits of connections that stay."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from dbaas_provisioning.errors import Invalid
from dbaas_provisioning.nouns import Plan
from dbaas_provisioning.platform import Platform
from dbaas_server.attendance import COMPARISONS, COMPARISONS_PER_CONNECTION, Attendance, Bucket


def test_a_bucket_allows_its_rate_and_no_burst_above_it():
    now = [0.0]
    bucket = Bucket(10, clock=lambda: now[0])
    assert [bucket.take() for _ in range(12)] == [True] * 10 + [False] * 2
    now[0] = 0.25
    assert [bucket.take() for _ in range(4)] == [True] * 2 + [False] * 2
    now[0] = 100.0
    assert sum(bucket.take() for _ in range(50)) == 10


async def nothing() -> None:
    return None


def attendance_of() -> Attendance:
    return Attendance(cast(Platform, SimpleNamespace(on_change=lambda listener: None)))


def plan_of(*, connections: int = 2, joins: int = 5) -> Plan:
    return cast(
        Plan,
        SimpleNamespace(
            name="p", realtime_connections=connections, realtime_joins_per_second=joins, realtime_messages_per_second=5
        ),
    )


async def test_filters_weigh_on_their_connection_and_their_tenant_until_they_are_over():
    attendance = attendance_of()
    seats = [attendance.enter("t", plan_of(connections=300), nothing) for _ in range(2)]
    seats[0].subscribe(COMPARISONS)
    with pytest.raises(Invalid, match="compare too much"):
        seats[0].subscribe(1)
    seats[1].subscribe(300 * COMPARISONS_PER_CONNECTION - COMPARISONS)
    with pytest.raises(Invalid):
        seats[1].subscribe(1)
    seats[0].leave()
    seats[0].leave()
    seats[1].subscribe(1)
    seats[1].unsubscribe(10 * COMPARISONS)
    attendance.enter("t", plan_of(connections=300), nothing).subscribe(COMPARISONS)


async def test_another_plan_holds_for_all_seats_together():
    attendance = attendance_of()
    old = attendance.enter("t", plan_of(joins=5), nothing)
    new = attendance.enter("t", plan_of(joins=8), nothing)
    assert [old.may_join() for _ in range(4)] + [new.may_join() for _ in range(4)] == [True] * 8
    assert not old.may_join() or not new.may_join()


async def test_streams_without_channels_begin_at_the_rate_of_joins():
    attendance = attendance_of()
    seat = attendance.enter("t", plan_of(joins=5), nothing)
    assert [attendance.may_join("t", plan_of(joins=5)) for _ in range(4)] == [True] * 4
    assert [seat.may_join() for _ in range(3)].count(True) <= 2
