"""Which committed transactions a snapshot hides, against whole numbers without an end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dbaas_server.engines.postgres.changes.snapshot import hidden

BITS = 0xFFFF_FFFF
running = st.sets(st.integers(0, 1_000), max_size=5)


@given(first=st.integers(3, 2**40), running=running, asked=st.sets(st.integers(-1_000, 2_000), max_size=20))
def test_what_runs_and_what_began_later_is_hidden_whatever_the_numbers_came_round_to(
    first: int, running: set[int], asked: set[int]
):
    runs, last = {first + number for number in running}, first + 1_001
    snapshot = f"{min(runs, default=last)}:{last}:{','.join(map(str, sorted(runs)))}"
    xids = {first + number for number in asked if first + number > 2}
    expected = {xid & BITS for xid in xids if xid in runs or xid >= last}
    assert hidden(snapshot, {xid & BITS for xid in xids}) == expected
