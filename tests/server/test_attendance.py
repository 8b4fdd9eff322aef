"""Limits of connections that stay."""

from __future__ import annotations

from dbaas_server.attendance import Bucket


def test_a_bucket_allows_its_rate_and_no_burst_above_it():
    now = [0.0]
    bucket = Bucket(10, clock=lambda: now[0])
    assert [bucket.take() for _ in range(12)] == [True] * 10 + [False] * 2
    now[0] = 0.25
    assert [bucket.take() for _ in range(4)] == [True] * 2 + [False] * 2
    now[0] = 100.0
    assert sum(bucket.take() for _ in range(50)) == 10
