"""What is done about sessions, look after look. Pure: no server, no clock."""

from __future__ import annotations

from dataclasses import replace

from dbaas_provisioning.engine import Sitting
from dbaas_provisioning.nouns import Plan
from dbaas_server.upkeep.watchdog import Action, Verdicts

PLAN = Plan("p", 3, 1, 2_000, 10, None, 10, 10, 1, 1, 1, 1, 1024)
IDLE = Sitting(1, "shop", "o_aaaaaaaaaaaa", "idle", False, "psql", 100.0, 0.0, 0.0, 50.0, True, 0)
AT_WORK = replace(IDLE, state="active", waits_for_client=False)


def looks(*sittings: Sitting, plan: Plan = PLAN, apart: float = 1.0) -> list[list[tuple[int, Action]]]:
    """What is done at each look of one session."""
    verdicts = Verdicts()
    found = []
    for number, one in enumerate(sittings):
        now = number * apart
        running = replace(one, running=now + 1)
        found.append([(sitting.pid, action) for sitting, action, _ in verdicts.of([running], plan, now)])
    return found


def test_a_statement_is_cancelled_after_its_time_and_its_session_ended_when_that_does_not_help() -> None:
    done = looks(*[AT_WORK] * 8)
    assert done[:4] == [[], [], [], []]
    assert done[4] == [(1, Action.cancel)]
    assert done[5] == []
    assert done[6] == [(1, Action.terminate)]


def test_each_statement_has_its_own_time() -> None:
    assert looks(*(replace(AT_WORK, statement_at=float(number)) for number in range(20))) == [[]] * 20


def test_a_plan_without_a_time_leaves_statements_alone() -> None:
    assert looks(*[AT_WORK] * 20, plan=replace(PLAN, statement_timeout_ms=0)) == [[]] * 20


def test_waiting_for_a_slow_client_is_no_work() -> None:
    assert looks(*[replace(AT_WORK, waits_for_client=True)] * 20) == [[]] * 20


def test_a_copy_that_gets_on_goes_on_and_one_that_does_not_ends() -> None:
    assert looks(*(replace(AT_WORK, copied=number * 1000 + 1) for number in range(20))) == [[]] * 20
    assert [(1, Action.cancel)] in looks(*[replace(AT_WORK, copied=5)] * 20)


def test_a_transaction_that_stands_idle_is_ended() -> None:
    waiting = replace(IDLE, state="idle in transaction", unchanged=10.5)
    assert looks(waiting, replace(waiting, state="idle in transaction (aborted)")) == [[(1, Action.terminate)]] * 2
    assert looks(replace(waiting, unchanged=9.0), replace(IDLE, unchanged=99.0)) == [[], []]


def test_the_newest_connections_beyond_the_plan_are_ended() -> None:
    everybody = [
        replace(IDLE, pid=pid, connected_at=float(-pid), username=name)
        for pid, name in enumerate(["o_aaaaaaaaaaaa"] * 4 + ["o_bbbbbbbbbbbb"] + ["a_aaaaaaaaaaaa"] * 9)
    ]
    ended = {(one.pid, action) for one, action, _ in Verdicts().of(everybody, PLAN, 0.0)}
    assert ended == {(0, Action.terminate), (1, Action.terminate)}


def test_working_logins_followers_and_administrators_are_left_alone() -> None:
    busy = replace(AT_WORK, state="idle in transaction", unchanged=1e6)
    for other in (
        replace(busy, username="w_aaaaaaaaaaaa"),
        replace(busy, username="dbaas"),
        replace(busy, username="o_short"),
        replace(busy, follows=True),
    ):
        assert looks(*[other] * 20) == [[]] * 20
