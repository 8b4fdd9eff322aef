"""What memory has no room for goes to files, and comes out the same."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bson_values import scalars
from dbaas_server.documents.aggregate import compile_pipeline
from dbaas_server.documents.aggregate.accumulators import ACCUMULATORS
from dbaas_server.documents.aggregate.spill import SpillFile
from dbaas_server.documents.codec import decode, encode
from dbaas_server.documents.errors import Code, DocumentError
from dbaas_server.documents.scope import Scope
from dbaas_server.documents.update.change import identical
from dbaas_server.documents.values import compare
from document_pipelines import aggregate, batches, run_of

SMALL = 40_000
DOCUMENTS: list[dict[str, Any]] = [
    {"_id": n, "k": (n * 7_919) % 9_001, "f": ((n * 31) % 977) / 7, "s": f"name {n % 3_001}", "a": [n % 5, n % 11]}
    for n in range(12_000)
]


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[SpillFile]:
    """The files that were opened."""
    opened: list[SpillFile] = []
    start = SpillFile.__init__

    def init(self: SpillFile, folder: Path | None) -> None:
        start(self, folder)
        opened.append(self)

    monkeypatch.setattr(SpillFile, "__init__", init)
    return opened


@pytest.mark.parametrize(
    "sort", [{"k": 1}, {"k": -1, "_id": -1}, {"s": 1, "f": -1}, {"a": -1, "_id": 1}, {"nothing": 1}], ids=str
)
async def test_a_sort_that_spills_is_a_sort(sort: Any, files: list[SpillFile], tmp_path: Path) -> None:
    stages = [{"$sort": sort}]
    expected = await aggregate(stages, DOCUMENTS, whole=True)
    assert not files
    found = await aggregate(stages, DOCUMENTS, whole=True, bound=1_000_000, folder=tmp_path)
    assert len(files) > 1
    assert found == expected
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("bound", [100_000_000, 8_000_000])
async def test_a_sort_by_arrays_lets_others_run(bound: int, tmp_path: Path) -> None:
    elements = [(n * 7_919) % 9_001 for n in range(30)]
    documents = [{"_id": n, "a": [element + n for element in elements]} for n in range(9_000)]
    found = await aggregate([{"$sort": {"a": -1, "_id": 1}}], documents, whole=True, bound=bound, folder=tmp_path)
    assert [one["_id"] for one in found] == list(reversed(range(9_000)))


async def test_a_sort_with_a_limit_keeps_no_more(files: list[SpillFile]) -> None:
    stages: list[Any] = [{"$sort": {"k": -1, "_id": 1}}, {"$skip": 5}, {"$limit": 20}]
    found = await aggregate(stages, DOCUMENTS, whole=True, bound=8_000_000)
    assert found == sorted(DOCUMENTS, key=lambda one: (-one["k"], one["_id"]))[5:25]
    assert not files


async def test_a_group_that_spills_is_a_group(files: list[SpillFile], tmp_path: Path) -> None:
    simple = ("$sum", "$avg", "$min", "$max", "$first", "$last", "$push", "$addToSet", "$stdDevPop", "$stdDevSamp")
    fields: dict[str, Any] = {name[1:]: {name: "$f"} for name in simple}
    fields |= {name[1:]: {name: {"input": "$_id", "n": 2}} for name in ("$firstN", "$lastN", "$minN", "$maxN")}
    fields |= {name[1:]: {name: {"sortBy": {"f": 1}, "output": "$_id"}} for name in ("$top", "$bottom")}
    fields |= {name[1:]: {name: {"sortBy": {"f": 1}, "output": "$_id", "n": 2}} for name in ("$topN", "$bottomN")}
    fields |= {"count": {"$count": {}}, "mergeObjects": {"$mergeObjects": {"x": "$_id"}}}
    fields["median"] = {"$median": {"input": "$f", "method": "approximate"}}
    fields["percentile"] = {"$percentile": {"input": "$f", "p": [0.3], "method": "approximate"}}
    assert set(fields) == {name[1:] for name in ACCUMULATORS}
    stages = [{"$group": {"_id": "$s", **fields}}, {"$sort": {"_id": 1}}]
    documents = DOCUMENTS
    expected = await aggregate(stages, documents, whole=True)
    assert not files
    found = await aggregate(stages, documents, whole=True, bound=SMALL, folder=tmp_path)
    assert len(files) >= 16
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        for name in other:
            assert one[name] == (pytest.approx(other[name]) if name.startswith("stdDev") else other[name])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("stage", [{"$sort": {"k": 1}}, {"$group": {"_id": "$_id", "p": {"$push": "$s"}}}], ids=str)
async def test_without_leave_to_use_the_disk_a_stage_is_refused(stage: Any, files: list[SpillFile]) -> None:
    documents = DOCUMENTS * 2
    with pytest.raises(DocumentError) as caught:
        await aggregate([stage], documents, whole=True, bound=SMALL, allow_disk_use=False)
    assert caught.value.number == Code.QueryExceededMemoryLimitNoDiskUseAllowed
    assert not files


async def test_files_are_closed_whatever_the_end(files: list[SpillFile]) -> None:
    scope = Scope()
    pipeline = compile_pipeline([{"$sort": {"k": 1}}], scope)
    running: Any = pipeline.run_whole(batches(DOCUMENTS), run_of(scope, bound=1_000_000))
    await anext(running)
    assert files
    assert not all(file._file.closed for file in files)
    await running.aclose()
    assert all(file._file.closed for file in files)
    failing = [{"$sort": {"k": 1}}, {"$project": {"x": {"$divide": [1, {"$subtract": ["$k", "$k"]}]}}}]
    with pytest.raises(DocumentError):
        await aggregate(failing, DOCUMENTS, whole=True, bound=1_000_000)
    assert all(file._file.closed for file in files)


async def test_a_deadline_ends_it() -> None:
    with pytest.raises(DocumentError) as caught:
        await aggregate([{"$sort": {"k": 1}}, {"$unwind": "$a"}], DOCUMENTS * 3, whole=True, scope=Scope(deadline=0.0))
    assert caught.value.number == Code.MaxTimeMSExpired


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.dictionaries(st.sampled_from("ab"), scalars | st.lists(scalars, max_size=2), max_size=2), max_size=12),
    st.sampled_from([1, -1]),
)
async def test_values_of_any_type_are_sorted_and_grouped_as_they_compare(documents: Any, way: int) -> None:
    documents = [decode(encode({"_id": place, **document})) for place, document in enumerate(documents)]
    found = await aggregate([{"$sort": {"a": way, "_id": 1}}], documents, whole=True)
    plain = [one.get("a") for one in found if type(one.get("a")) is not list]
    for left, right in pairwise(plain):
        assert compare(left, right) * way <= 0
    again = await aggregate([{"$sort": {"a": way, "_id": 1}}], documents, whole=True, bound=1)
    assert identical(found, again)
    groups = await aggregate([{"$group": {"_id": "$a", "n": {"$sum": 1}}}], documents, whole=True)
    assert sum(group["n"] for group in groups) == len(documents)
    for place, group in enumerate(groups):
        assert all(compare(group["_id"], other["_id"]) for other in groups[:place])
