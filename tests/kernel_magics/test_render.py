"""What comes out of a database is shown, never run."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas.render import CELL_LIMIT, escape, html_table, text_table, visible
from dbaas.views import Card, Listing, Note, masked

ALLOWED = {"table", "thead", "tbody", "tr", "th", "td", "bdi", "span", "i", "div", "b", "code"}
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt;",
    "' onmouseover='x",
    '"><svg>',
    "$x^2$",
    "\x1b[31mred",
    "\u202egnp.exe",
    "\ud800",
]
nasty = st.text() | st.sampled_from(HOSTILE)
cells = (
    nasty | st.none() | st.integers() | st.floats() | st.booleans() | st.lists(nasty) | st.dictionaries(nasty, nasty)
)


class Reader(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def assert_inert(page: str) -> None:
    seen = Reader(page)
    assert seen.tags <= ALLOWED
    assert seen.attributes <= {"style", "class", "title"}
    page.encode()  # a lone surrogate would break the kernel's message
    assert not [c for c in page if unicodedata.category(c) == "Cc" and c != "\n"]
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", page)


@given(st.lists(nasty, min_size=1, max_size=4).flatmap(lambda heads: st.tuples(
    st.just(heads), st.lists(st.lists(cells, min_size=len(heads), max_size=len(heads)), max_size=4))))  # fmt: skip
def test_a_table_holds_only_its_own_markup(table: tuple[list[str], list[list[Any]]]) -> None:
    headers, rows = table
    assert_inert(html_table(headers, rows, headers))
    text = text_table(headers, rows)
    text.encode()
    assert len(text.split("\n")) == len(rows) + 2
    assert not [c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c != "\n"]


@given(nasty, nasty)
def test_cards_and_notes_hold_only_their_own_markup(one: str, other: str) -> None:
    for view in (Card(one, [(other, one)], other), Note(one, [other]), Listing([one], [[other]], [], Note(""))):
        assert_inert(view._repr_html_())
        repr(view).encode()


@given(st.text(st.characters(blacklist_categories=["Cc", "Cs", "Cf", "Zl", "Zp", "Co"])))
def test_ordinary_text_is_shown_as_it_is(text: str) -> None:
    assert "".join(Reader(f"<div>{escape(text)}</div>").texts) == text
    assert visible(text) == text


def test_a_long_cell_is_cut_and_says_how_long_it_is() -> None:
    page = html_table(["blob"], [["x" * 1_048_576]])
    assert len(page) < CELL_LIMIT + 1_000
    assert "… (1,048,576 characters)" in page


def test_null_the_word_null_and_nothing_look_different() -> None:
    page = html_table(["a"], [[None], ["null"], [""]])
    assert page.count(">null</i>") == 1 and page.count("<bdi>null</bdi>") == 1 and "<bdi></bdi>" in page


def test_right_to_left_text_stays_in_its_cell() -> None:
    assert "<bdi>שלום</bdi>" in html_table(["a"], [["שלום"]])


def test_wide_characters_keep_columns_aligned() -> None:
    lines = text_table(["name", "n"], [["日本", 1], ["ab", 22]]).split("\n")
    assert lines[2] == "日本   1" and lines[3] == "ab    22"


@pytest.mark.parametrize(
    "text", ["postgresql://owner:s3cret@127.0.0.1:5432/shop", "postgresql://u:s3cret%40@h/d?sslmode=require"]
)
def test_a_masked_connection_string_has_no_password(text: str) -> None:
    assert "s3cret" not in masked(text) and masked(text).startswith("postgresql://")
