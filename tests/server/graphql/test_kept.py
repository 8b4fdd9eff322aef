"""What is remembered stays within its bytes, whoever asks for it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dbaas_server.graphql.kept import Kept


def test_what_was_used_last_is_kept() -> None:
    kept: Kept[str] = Kept(30, 30)
    for key in "abc":
        kept.put("x", key, key.upper(), 10)
    assert kept.get("x", "a") == "A"
    kept.put("y", "d", "D", 10)
    assert [kept.get("x", "a"), kept.get("x", "b"), kept.get("x", "c"), kept.get("y", "d")] == ["A", None, "C", "D"]


def test_an_owner_forgets_its_own_beyond_its_share() -> None:
    kept: Kept[int] = Kept(100, 20)
    kept.put("quiet", 0, 0, 10)
    for number in range(50):
        kept.put("loud", number, number, 10)
    assert kept.get("quiet", 0) == 0
    assert [kept.get("loud", number) for number in (47, 48, 49)] == [None, 48, 49]
    kept.put("loud", "large", 1, 21)
    assert kept.get("loud", "large") is None
    kept.forget("loud")
    assert (kept.get("loud", 49), kept.size) == (None, 10)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.integers(0, 12), st.booleans())))
def test_no_bound_is_ever_passed(steps: list[tuple[str, int, int, bool]]) -> None:
    kept: Kept[int] = Kept(25, 10)
    mirror: dict[tuple[str, int], int] = {}
    for owner, key, size, put in steps:
        if put:
            kept.put(owner, key, size, size)
            if size <= 10:
                mirror[owner, key] = size
        else:
            kept.forget(owner)
        held = {(who, what): kept.get(who, what) for who in "abc" for what in range(6)}
        sizes = {place: size for place, size in held.items() if size is not None}
        assert kept.size == sum(sizes.values()) <= 25
        assert all(sum(size for (who, _), size in sizes.items() if who == one) <= 10 for one in "abc")
        assert all(mirror[place] == size for place, size in sizes.items())
