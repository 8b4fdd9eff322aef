"""The words of the language: stages, operators, calls, with what each takes and does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

__all__ = ["Word", "words"]


@dataclass(frozen=True, slots=True)
class Word:
    """One word; ``takes`` is what follows it, ``does`` a sentence."""

    name: str
    takes: str
    does: str


@cache
def words(kind: str) -> Mapping[str, Word]:
    """The words of a kind, the ones that people use most first.

    Kinds: ``stage source top condition update clause accumulator expression call cursor database value variable``.
    """
    found = {}
    for line in resources.files(__package__).joinpath("vocabulary.txt").read_text("utf-8").splitlines():
        of, name, takes, does = line.split("\t")
        if of == kind:
            found[name] = Word(name, takes, does)
    return MappingProxyType(found)
