"""Rates of counters."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from dbaas_server import rates
from dbaas_server.rates import Rates

EARLY, LATE = (datetime(2030, 1, 1, tzinfo=UTC),), (datetime(2030, 1, 2, tzinfo=UTC),)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_two_samples_make_a_rate_and_one_makes_none() -> None:
    clock, shop, other = Clock(), uuid4(), uuid4()
    seen = Rates(clock)
    assert seen.per_second(shop, 100, EARLY) is None
    clock.now = 2
    assert seen.per_second(other, 500, EARLY) is None
    assert seen.per_second(shop, 120, EARLY) == 10
    clock.now = 4
    assert seen.per_second(shop, 120, EARLY) == 0


def test_who_asks_again_at_once_is_told_the_same() -> None:
    clock, shop = Clock(), uuid4()
    seen = Rates(clock)
    seen.per_second(shop, 0, EARLY)
    clock.now = 0.5
    assert seen.per_second(shop, 50, EARLY) is None
    clock.now = 2
    assert seen.per_second(shop, 100, EARLY) == 50
    clock.now = 2.5
    assert seen.per_second(shop, 900, EARLY) == 50


@pytest.mark.parametrize(("count", "since"), [(5, EARLY), (500, LATE)])
def test_a_count_that_began_anew_has_no_rate_yet(count: int, since: tuple) -> None:
    clock, shop = Clock(), uuid4()
    seen = Rates(clock)
    seen.per_second(shop, 100, EARLY)
    clock.now = 10
    assert seen.per_second(shop, count, since) is None
    clock.now = 20
    assert seen.per_second(shop, count + 10, since) == 1


def test_an_old_sample_says_nothing_of_now() -> None:
    clock, shop = Clock(), uuid4()
    seen = Rates(clock)
    seen.per_second(shop, 0, EARLY)
    clock.now = rates.LONGEST_SECONDS + 1
    assert seen.per_second(shop, 1000, EARLY) is None


def test_samples_are_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST", 3)
    clock, shop = Clock(), uuid4()
    seen = Rates(clock)
    seen.per_second(shop, 0, EARLY)
    for _ in range(3):
        seen.per_second(uuid4(), 0, EARLY)
    clock.now = 2
    assert seen.per_second(shop, 100, EARLY) is None
    assert len(seen._samples) == 3
