"""Presence: whoever applies every difference has the same state as who asks for it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dbaas_server.rooms import Diff, Presences

nodes = st.sampled_from(["one", "two"])
refs = st.sampled_from("abcdef")
keys = st.sampled_from(["ann", "bob"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), nodes, refs, keys, st.none() | refs),
        st.tuples(st.just("take"), nodes, refs),
        st.tuples(st.just("replace"), nodes, st.dictionaries(refs, keys, max_size=3)),
    ),
    max_size=30,
)


def apply(state: dict[str, list[dict[str, Any]]], diff: Diff) -> None:
    """As clients do it: joins first, by ref, then leaves."""
    for key, metas in diff.joins.items():
        known = [meta for meta in state.get(key, []) if meta["phx_ref"] not in {one["phx_ref"] for one in metas}]
        state[key] = known + metas
    for key, metas in diff.leaves.items():
        gone = {one["phx_ref"] for one in metas}
        state[key] = [meta for meta in state.get(key, []) if meta["phx_ref"] not in gone]
        if not state[key]:
            del state[key]


@given(steps)
def test_differences_lead_to_the_state(steps):
    presences, seen = Presences(), {}
    number = 0
    for step in steps:
        match step:
            case ("put", node, ref, key, before):
                # A ref is made up for each time somebody tracks: it never comes twice.
                number += 1
                tracked = presences.of(node)
                instead = next((one for one in tracked if before is not None and one.startswith(before)), None)
                if instead is not None:
                    key = tracked[instead][0]
                unique = f"{ref}{number}"
                diff = presences.put(node, unique, key, {"phx_ref": unique}, instead)
            case ("take", node, ref):
                found = next((one for one in presences.of(node) if one.startswith(ref)), ref)
                diff = presences.take(node, found)
            case ("replace", node, wanted):
                number += 1
                kept = presences.of(node)
                fresh = {f"{ref}{number}": (key, {"phx_ref": f"{ref}{number}"}) for ref, key in wanted.items()}
                some = dict(list(kept.items())[:1])
                diff = presences.replace(node, {**some, **fresh})
        apply(seen, diff)
        expected = {key: {meta["phx_ref"] for meta in one["metas"]} for key, one in presences.state().items()}
        assert {key: {meta["phx_ref"] for meta in metas} for key, metas in seen.items()} == expected


def test_a_process_that_is_gone_takes_its_members_along():
    presences = Presences()
    presences.put("one", "a", "ann", {"phx_ref": "a"})
    presences.put("two", "b", "bob", {"phx_ref": "b"})
    assert presences.replace("two", {}).as_json() == {"joins": {}, "leaves": {"bob": {"metas": [{"phx_ref": "b"}]}}}
    assert presences.nodes() == ["one"]
    assert not presences.take("two", "b")
