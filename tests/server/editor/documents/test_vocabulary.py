"""The words that are proposed are those that the engine and the language know."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from dbaas_server.documents import aggregate, expressions, update
from dbaas_server.documents.aggregate import accumulators, stages
from dbaas_server.documents.aggregate.accumulators.registry import ACCUMULATORS
from dbaas_server.documents.aggregate.stage import STAGES
from dbaas_server.documents.errors import DocumentError
from dbaas_server.documents.expressions.registry import OPERATORS
from dbaas_server.documents.match.parse import parse_filter
from dbaas_server.documents.scope import Scope
from dbaas_server.documents.update.change import OPERATORS as CHANGES
from dbaas_server.editor.documents.grammar import ARGUMENTS
from dbaas_server.editor.documents.vocabulary import words
from dbaas_shell import COLLECTION, CURSOR, DATABASE
from dbaas_shell.literals import MAKERS

for package in (aggregate, accumulators, expressions, stages, update):
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("stage", set(STAGES)), ("accumulator", set(ACCUMULATORS)), ("expression", set(OPERATORS) - {"$const"}),
        ("update", set(CHANGES)), ("call", set(COLLECTION)), ("cursor", set(CURSOR)),
        ("database", {*DATABASE, "getCollection"}),
    ],
)  # fmt: skip
def test_all_words_are_proposed_and_no_others(kind: str, known: set[str]) -> None:
    assert set(words(kind)) == known


@pytest.mark.parametrize("kind", ["condition", "top"])
def test_a_filters_operators_are_known(kind: str) -> None:
    for name in words(kind):
        try:
            parse_filter({name: {"$x": 1}} if kind == "top" else {"a": {name: 1}}, Scope())
        except DocumentError as refused:
            assert not str(refused).startswith("unknown"), name


def test_values_are_made_by_what_the_language_knows() -> None:
    assert set(words("value")) <= set(MAKERS)
    assert set(ARGUMENTS) <= {*COLLECTION, *CURSOR, *DATABASE, "getCollection"}
