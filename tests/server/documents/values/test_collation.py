"""Collations: what is equal, what comes first, what is refused."""

from __future__ import annotations

import pytest

from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.values import SIMPLE, Collation, compare, equal, hash_key, parse_collation, sort_key


@pytest.mark.parametrize(
    ("strength", "same", "different"),
    [
        (1, [("a", "A"), ("é", "E"), ("Straße", "STRASSE")], [("a", "b"), ("a", "a ")]),
        (2, [("a", "A"), ("É", "é")], [("e", "é"), ("n", "ñ")]),
        (3, [("é", "e\u0301")], [("a", "A"), ("e", "é")]),
    ],
)
def test_strength_says_what_counts(strength, same, different):
    collation = Collation("en", strength=strength)
    for a, b in same:
        assert equal({"x": [a]}, {"x": [b]}, collation)
        assert hash_key(a, collation) == hash_key(b, collation)
    for a, b in different:
        assert not equal(a, b, collation)


def test_letters_decide_before_accents_and_accents_before_case():
    words = ["_x", "1", "a", "A", "á", "Á", "ab", "b", "B", "côte", "coté", "d", "Ω"]
    collation = Collation("en")
    words.sort(key=lambda word: sort_key(word, collation))
    assert words == ["_x", "1", "a", "A", "á", "Á", "ab", "b", "B", "coté", "côte", "d", "Ω"]
    upper = Collation("en", case_first="upper")
    assert sorted(["a", "A"], key=lambda word: sort_key(word, upper)) == ["A", "a"]
    french = Collation("fr", backwards=True)
    assert compare("côte", "coté", french) < 0


def test_digits_may_be_numbers():
    collation = Collation("en", numeric_ordering=True)
    versions = ["a10", "a9", "a010b", "a2"]
    assert sorted(versions, key=lambda text: sort_key(text, collation)) == ["a2", "a9", "a10", "a010b"]
    assert compare("9" * 300, "1" + "0" * 300, collation) != 0


def test_punctuation_may_not_count():
    assert equal("black-bird", "black bird", Collation("en", strength=3, alternate="shifted"))
    assert not equal("black-bird", "blackbird", Collation("en", alternate="shifted", max_variable="space"))
    assert not equal("black-bird", "blackbird", Collation("en", strength=4, alternate="shifted"))


def test_a_collation_is_read_from_its_document_and_shown_again():
    collation = parse_collation({"locale": "en_US", "strength": 2.0, "numericOrdering": True})
    assert collation == Collation("en_US", strength=2, numeric_ordering=True)
    assert parse_collation(collation.as_document()) == collation
    assert parse_collation({}) == parse_collation({"locale": "simple"}) == SIMPLE


@pytest.mark.parametrize(
    ("spec", "number"),
    [
        (5, 14),
        ({"strength": 1}, 40414),
        ({"locale": "en", "strenght": 1}, 40415),
        ({"locale": "en", "strength": 6}, 2),
        ({"locale": "en", "strength": "1"}, 14),
        ({"locale": "en", "caseLevel": 1}, 14),
        ({"locale": "en", "caseFirst": "small"}, 2),
        ({"locale": "xx"}, 2),
        ({"locale": "English"}, 2),
        ({"locale": 5}, 14),
        ({"locale": "simple", "strength": 1}, 9),
        ({"locale": "en", "strength": 1, "backwards": True}, 2),
        ({"locale": "en", "strength": 2, "caseFirst": "upper"}, 2),
    ],
)
def test_what_is_no_collation_is_refused(spec, number):
    with pytest.raises(DocumentError) as caught:
        parse_collation(spec)
    assert caught.value.number == number
