"""A plan as ``explain`` shows it: a tree of stages, with the names that MongoDB gives them.

MongoDB's manual, "Explain Results".
"""

from __future__ import annotations

from collections.abc import Iterator

from bson import Int64

from ...codec import Document
from ...projection import Projection
from ..metadata import Index
from .hints import BY_ID
from .intervals import ALL
from .plan import Nothing, Plan, Scan, Union
from .question import Question
from .scanning import Examined

__all__ = ["count_stages", "find_stages", "stages_of", "with_numbers"]


def stages_of(plan: Plan | None, question: Question, filter: Document) -> Document:
    """Reading, sorting and counting off.

    Args:
        plan: None where there is no collection.
        filter: as it was given.
    """
    if plan is None or isinstance(plan.source, Nothing):
        return {"stage": "EOF"}
    tree = _source(plan, question, filter)
    order, most = question.order, question.most
    is_sorting = order is not None and not plan.in_order
    if order is not None and is_sorting:
        bounded = {} if most is None else {"limitAmount": Int64(most)}
        tree = {"stage": "SORT", "sortPattern": order.spec, **bounded, "type": "default", "inputStage": tree}
    if question.skip:
        tree = {"stage": "SKIP", "skipAmount": Int64(question.skip), "inputStage": tree}
    if question.limit is not None and not (is_sorting and not question.skip):
        tree = {"stage": "LIMIT", "limitAmount": Int64(question.limit), "inputStage": tree}
    return tree


def find_stages(
    plan: Plan | None, question: Question, filter: Document, projection: Projection | None, shown: Document | None
) -> Document:
    """:func:`stages_of`, and what is shown of the documents.

    Args:
        shown: the projection, as it was given.
    """
    tree = stages_of(plan, question, filter)
    if projection is None or shown is None or tree["stage"] == "EOF":
        return tree
    name = "PROJECTION_SIMPLE" if _is_simple(shown) else "PROJECTION_DEFAULT"
    return {"stage": name, "transformBy": shown, "inputStage": tree}


def count_stages(plan: Plan | None, question: Question, filter: Document) -> Document:
    """Of a count, which may go by the number of entries alone."""
    if plan is None or not plan.countable or not isinstance(plan.source, Scan):
        return {"stage": "COUNT", "inputStage": stages_of(plan, question, filter)}
    scan = plan.source
    if scan.index is None and not scan.by_id:
        return {"stage": "COUNT", "inputStage": {"stage": "RECORD_STORE_FAST_COUNT"}}
    return {"stage": "COUNT", "inputStage": {**_index_scan(scan, question), "stage": "COUNT_SCAN"}}


def with_numbers(tree: Document, examined: Examined, returned: int) -> Document:
    """The same tree with what each stage did."""
    numbers: Document = {"nReturned": returned}
    match tree["stage"]:
        case "IXSCAN" | "COUNT_SCAN":
            numbers = {"nReturned": examined.keys, "keysExamined": examined.keys}
        case "FETCH":
            numbers = {"nReturned": examined.matched, "docsExamined": examined.documents}
        case "COLLSCAN":
            numbers = {"nReturned": examined.matched, "docsExamined": examined.documents}
        case "IDHACK":
            numbers = {"nReturned": returned, "keysExamined": examined.keys, "docsExamined": examined.documents}
    inner = {
        name: with_numbers(value, examined, examined.matched if tree["stage"] == "SORT" else returned)
        for name, value in tree.items()
        if name == "inputStage"
    }
    return {
        "stage": tree["stage"],
        **numbers,
        **{name: value for name, value in tree.items() if name != "stage"},
        **inner,
    }


# --- reading --------------------------------------------------------------------------------------------------------


def _source(plan: Plan, question: Question, filter: Document) -> Document:
    residual = {} if plan.residual is None else {"filter": filter}
    match plan.source:
        case Union(branches):
            scans = [_index_scan(branch, question) for branch in branches]
            return {"stage": "FETCH", **residual, "inputStage": {"stage": "OR", "inputStages": scans}}
        case Scan() as scan:
            if scan.index is None and not scan.by_id:
                return {"stage": "COLLSCAN", **residual, "direction": _direction(scan)}
            if scan.by_id and scan.keys is not None and len(scan.keys) == 1 and plan.residual is None:
                return {"stage": "IDHACK"}
            return {"stage": "FETCH", **residual, "inputStage": _index_scan(scan, question)}
    raise AssertionError(plan.source)


def _index_scan(scan: Scan, question: Question) -> Document:
    index = scan.index or BY_ID
    return {
        "stage": "IXSCAN",
        "keyPattern": index.spec["key"],
        "indexName": index.name,
        "isMultiKey": bool(index.multikey),
        "multiKeyPaths": {name: [name] if name in index.multikey else [] for name in index.fields},
        "isUnique": index.is_unique,
        "isSparse": index.is_sparse,
        "isPartial": index.partial is not None,
        "indexVersion": index.spec["v"],
        "direction": _direction(scan),
        "indexBounds": _between(question) or dict(_bounds(index, scan)),
    }


def _between(question: Question) -> Document:
    """What ``min`` and ``max`` say."""
    low = {"startKey": question.low, "startKeyInclusive": True} if question.low else {}
    high = {"endKey": question.high, "endKeyInclusive": False} if question.high else {}
    return {**low, **high}


def _bounds(index: Index, scan: Scan) -> Iterator[tuple[str, list[str]]]:
    for place, (name, descends) in enumerate(zip(index.fields, index.descending, strict=True)):
        intervals = scan.bounds[place] if place < len(scan.bounds) else (ALL,)
        if descends != scan.reverse:
            yield name, [one.downwards() for one in reversed(intervals)]
        else:
            yield name, [str(one) for one in intervals]


def _direction(scan: Scan) -> str:
    return "backward" if scan.reverse else "forward"


def _is_simple(projection: Document) -> bool:
    return all(
        isinstance(value, bool | int | float) and "." not in name for name, value in projection.items()
    )  # fmt: skip
