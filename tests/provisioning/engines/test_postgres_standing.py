"""How it stands between the platform and a full database. Pure: no server, no clock."""

from __future__ import annotations

from dbaas_provisioning.engines.postgres.standing import Standing

MB = 1024**2


def test_it_is_read_as_it_was_written() -> None:
    for standing in (Standing(0), Standing(123, 4, 1_700_000_000)):
        assert Standing.read(str(standing)) == standing
    assert Standing.read("") is Standing.read("somebody's own comment, 1 2 3") is None


def test_the_first_time_is_forgiven_and_then_people_stay_out_for_longer_and_longer() -> None:
    standing, waits = Standing(100 * MB), []
    for _ in range(12):
        standing = standing.again(101 * MB, 1000)
        waits.append(standing.until - 1000 if standing.until else 0)
    assert waits == [0, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600, 3600]
    assert (standing.size, standing.lifted) == (101 * MB, 12)


def test_what_reading_and_removing_leave_behind_is_no_growth() -> None:
    assert not Standing(10 * MB).grown(26 * MB)
    assert Standing(10 * MB).grown(26 * MB + 1)
    assert not Standing(3200 * MB).grown(3300 * MB)
    assert Standing(3200 * MB).grown(3300 * MB + 1)
