"""Regular expressions: PCRE's words, and an end to all of them."""

from __future__ import annotations

import time

import pytest
from bson import Regex
from hypothesis import given, settings
from hypothesis import strategies as st

from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.regex import literal_prefix, pattern_of, searcher
from dbaas_server.documents.scope import Scope


def found(pattern, text, options=None, scope=None):
    return searcher(pattern_of(pattern, options), scope or Scope())(text)


@pytest.mark.parametrize(
    ("pattern", "options", "yes", "no"),
    [
        ("abc", None, ["xabcx"], ["ABC", ""]),
        ("^abc", None, ["abcd"], ["xabc", "x\nabc"]),
        ("^abc", "m", ["x\nabc"], ["xabc"]),
        ("abc$", None, ["abc", "abc\n"], ["abc\nx", "abcx"]),
        ("a[b]c", None, ["x\0abc", "abc\0"], ["ab\0c"]),
        ("(a|b|c){1,500}x{2}", None, ["abcxx"], ["abcx"]),
        ("abc$", "m", ["abc\nx", "abc"], ["abcx"]),
        ("a$|b", None, ["a\n", "b"], ["ac"]),
        ("a.c", None, ["abc", "aéc"], ["a\nc"]),
        ("a.c", "s", ["a\nc"], []),
        ("a b  # c", "x", ["ab"], ["a b"]),
        ("ÉCOLE", "i", ["école"], ["ecole"]),
        (r"^\d+$", None, ["12"], ["1a", "٣"]),
        (r"\bcat\b", None, ["a cat"], ["cats"]),
        ("foo(?!bar)", None, ["foobaz"], ["foobar"]),
        ("(?<=a)b", None, ["ab"], ["b"]),
        (r"(a|b)\1", None, ["aa", "bb"], ["ab"]),
        ("a++b", None, ["aab"], ["a"]),
        (r"a\Z", None, ["a\n", "a"], ["a\nb"]),
        (r"\Qa.b\E", None, ["a.b"], ["axb"]),
        (r"(?=\Qa.b\E)", None, ["a.b"], ["axb"]),
        (r"(?=x)\x{78}\cI", None, ["x\t"], ["x"]),
        ("[]$]", None, ["$", "]"], ["a"]),
        ("[[:digit:]]$", None, ["a1"], ["a"]),
        ("(*UCP)^\\w$", None, ["é"], ["-"]),
        ("\U0001f600+$", None, ["\U0001f600"], ["x"]),
    ],
)  # fmt: skip
def test_what_is_found(pattern, options, yes, no):
    for text in yes:
        assert found(pattern, text, options), text
    for text in no:
        assert not found(pattern, text, options), text


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){20}x", "((a{0,99}){0,99}){0,99}b"])
def test_a_pattern_that_is_linear_elsewhere_takes_its_time_from_nobody(pattern):
    started = time.process_time()
    assert not found(pattern, "a" * 5_000 + "!")
    assert time.process_time() - started < 20


def test_a_catastrophic_pattern_is_stopped():
    started = time.process_time()
    with pytest.raises(DocumentError, match="takes too long") as caught:
        found(r"^(a|a)+(?!a)\1b$", "a" * 200 + "!")
    assert caught.value.number == 51156
    assert time.process_time() - started < 20


def test_a_deadline_stops_a_pattern_as_it_stops_everything():
    with pytest.raises(DocumentError) as caught:
        found(r"(?=a)a", "a", scope=Scope(deadline=time.monotonic() - 1))
    assert caught.value.number == 50


@pytest.mark.parametrize("pattern", ["(", "[a", "*a", "a{2,1}", "(?<n", "\\", "(" * 20_000, "x" * 40_000])
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(DocumentError) as caught:
        pattern_of(pattern)
    assert caught.value.number == 51091


PATTERNS = st.text("ab^$.|?*+()[]{}\\dwQEZx1,-:=!<>PiUC\n", max_size=12)


@settings(max_examples=300, deadline=None)
@given(
    PATTERNS,
    st.text("ab\n", max_size=8),
    st.sampled_from(["", "i", "m", "s", "x"]),
)
def test_any_text_is_a_pattern_or_refused(pattern, text, options):
    try:
        assert type(found(pattern, text, options)) is bool
    except DocumentError as error:
        assert error.number in {51091, 51156, 2}


@pytest.mark.parametrize(
    ("pattern", "prefix"),
    [
        ("^abc", "abc"),
        ("^ab?c", "a"),
        ("^abc*", "ab"),
        ("^abc+", "abc"),
        ("^ab{2}", "a"),
        ("^a\\.b", "a.b"),
        ("^a\\d", "a"),
        ("^a.b", "a"),
        ("^a|b", ""),
        ("abc", ""),
        ("^", ""),
        (Regex("^abc", "i"), ""),
        (Regex("^abc", "m"), ""),
        (Regex("^abc", "s"), "abc"),
        (Regex("^a c", "x"), ""),
    ],
)
def test_a_pattern_tells_what_a_text_starts_with(pattern, prefix):
    assert literal_prefix(pattern_of(pattern)) == prefix


@settings(deadline=None)
@given(st.text("ab.*+?{}()[]|\\d^$", max_size=6), st.text("ab.d", max_size=6))
def test_every_text_found_has_the_prefix(pattern, text):
    try:
        checked = pattern_of("^" + pattern)
        if searcher(checked, Scope())(text):
            assert text.startswith(literal_prefix(checked))
    except DocumentError:
        pass
