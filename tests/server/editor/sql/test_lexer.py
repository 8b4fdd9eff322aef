"""Tokens: none is lost, and a colon, a dollar or a quote is what PostgreSQL says it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbaas_server.editor.sql.lexer import closed, tokens, unquoted

LETTERS = "ab1 _$'\"eEuU&xX/*-+.,;:=>()[]\\\n\t|!é𝄞"


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokens(text, spaces=False)]


@given(st.text(alphabet=LETTERS, max_size=60))
def test_tokens_put_together_are_the_text(text: str) -> None:
    read = tokens(text)
    assert "".join(token.text for token in read) == text
    assert all(text[token.start : token.end] == token.text and token.text for token in read)
    assert [token for token in read if token.kind != "space"] == tokens(text, spaces=False)


@given(st.text(alphabet=LETTERS, max_size=40), st.text(alphabet=LETTERS, max_size=10))
def test_what_is_around_a_piece_does_not_matter(text: str, around: str) -> None:
    piece = tokens(around + text + around, len(around), len(around) + len(text))
    assert [(t.kind, t.text, t.start - len(around)) for t in piece] == list(tokens(text))


@given(st.text(alphabet=LETTERS, max_size=60))
def test_only_the_last_token_can_have_no_end(text: str) -> None:
    assert all(closed(token) for token in tokens(text)[:-1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("E'a\\'b'", [("string", "E'a\\'b'")]),
        ("'a''b'", [("string", "'a''b'")]),
        ("$x$ $$ ' $x$", [("string", "$x$ $$ ' $x$")]),
        ("a$1", [("word", "a$1")]),
        ("$1", [("position", "$1")]),
        ("/* a /* b */ c */x", [("comment", "/* a /* b */ c */"), ("word", "x")]),
        ("a--b\nc", [("word", "a"), ("comment", "--b"), ("word", "c")]),
        ("a::b:=:c", [("word", "a"), ("mark", "::"), ("word", "b"), ("mark", ":="), ("param", ":c")]),
        ('U&"d\\0061"', [("quoted", 'U&"d\\0061"')]),
        ("1.5e3.5", [("number", "1.5e3"), ("number", ".5")]),
        ("t.*", [("word", "t"), ("dot", "."), ("op", "*")]),
        ("1..2", [("number", "1"), ("mark", ".."), ("number", "2")]),
        ("select'x'", [("word", "select"), ("string", "'x'")]),
    ],
)
def test_kinds(text: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize("text", ["'a", '"a', "/* a", "$$ a", "$x$ $$", "e'a\\", "e'\\'", "'''", '"""', "/* /* */"])
def test_what_does_not_end_takes_the_rest(text: str) -> None:
    (token,) = tokens(text)
    assert not closed(token)


def test_names_are_folded_unless_they_are_quoted() -> None:
    assert [unquoted(token) for token in tokens('Abc "A""b" "half', spaces=False)] == ["abc", 'A"b', "half"]
