"""Documents as a page and as text: escaped, bounded."""

from __future__ import annotations

from typing import Any

from bson import ObjectId
from hypothesis import given

from bson_values import values
from dbaas.documents.tree import as_tree, text_of

HEX = "65a1b2c3d4e5f60718293a4b"


@given(values)
def test_everything_is_shown_escaped_and_bounded(found: Any) -> None:
    page, text = as_tree({"v": found}), text_of({"v": found})
    assert page.count("<details") == page.count("</details>")
    assert "\x1b" not in text and len(page) < 5_000_000


def test_markup_in_names_and_values_stays_text() -> None:
    page = as_tree({"<b>": "<script>alert(1)</script>", "deep": [{"<i>": "</details>\u202e"}]})
    assert "<script" not in page and "<b>" not in page and "<i>" not in page and "\u202e" not in page
    assert page.count("</details>") == 3


def test_large_documents_make_small_pages() -> None:
    document = {f"f{n}": [{"x": "y" * 10_000}] * 1_000 for n in range(1_000)}
    page, text = as_tree(document), text_of(document)
    assert "more" in page and len(page) < 2_000_000
    assert "more" in text


def test_short_documents_are_one_line() -> None:
    shown = text_of({"_id": ObjectId(HEX), "a b": [1, 2.5, "x"]})
    assert shown == f'{{ _id: ObjectId(\'{HEX}\'), "a b": [ 1, 2.5, "x" ] }}'
