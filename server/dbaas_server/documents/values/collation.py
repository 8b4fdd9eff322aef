"""How strings are compared: by their bytes, or as people of a locale would.

The levels are those of the Unicode collation algorithm (letters, then accents, then case), with ICU's order of ASCII
punctuation, digits and letters; letters beyond ASCII sort by their code point once accents are taken off, so languages
that tailor the order of their alphabet get the root order. MongoDB's manual, "Collation Document".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final, Literal

from ..errors import Code, DocumentError

__all__ = ["SIMPLE", "Collation", "parse_collation"]

_VARIABLE: Final = " _-,;:!?.'\"()[]{}@*/\\&#%"
_SYMBOLS: Final = "`^+<=>|~$"
_OTHER_SYMBOL: Final = "/"  # before the digits; not a primary of its own, since "/" itself has another
_DIGIT_RUN: Final = re.compile(r"[0-9]+|[^0-9]+")
_LONGEST_RUN: Final = 254  # digits that are one number; ICU splits longer ones too

_PRIMARY: Final[Mapping[str, str]] = {
    symbol: chr(2 + place) for place, symbol in enumerate(_VARIABLE + _SYMBOLS)
} | dict.fromkeys("\t\n\v\f\r", chr(2))


@dataclass(frozen=True)
class Collation:
    """A way to compare strings.

    Attributes:
        locale: ``simple`` compares UTF-8 bytes and nothing else here matters.
        strength: 1 letters, 2 and accents, 3 and case, 4 and punctuation where ``alternate`` shifted it away, 5 and
            code points.
        case_level: case decides after the letters (strength 1) or the accents (strength 2).
        case_first: ``upper`` sorts A before a; ``lower`` and ``off``, a before A.
        numeric_ordering: runs of digits are compared as numbers.
        alternate: ``shifted``: what is in ``max_variable`` does not count.
        max_variable: ``punct``: punctuation and spaces; ``space``: spaces.
        backwards: accents are compared from the end of the string.
        normalization: kept to be shown again; strings are always normalised.
    """

    locale: str = "simple"
    strength: int = 3
    case_level: bool = False
    case_first: Literal["upper", "lower", "off"] = "off"
    numeric_ordering: bool = False
    alternate: Literal["non-ignorable", "shifted"] = "non-ignorable"
    max_variable: Literal["punct", "space"] = "punct"
    backwards: bool = False
    normalization: bool = False

    @cached_property
    def text(self) -> Callable[[str], str] | None:
        """:meth:`key`, kept for strings seen before; None for ``simple``, where a string is its own key."""
        if self.is_simple:
            return None
        return lru_cache(maxsize=4_096)(self._key)

    @property
    def is_simple(self) -> bool:
        """Whether strings are compared by their bytes."""
        return self.locale == "simple"

    def key(self, text: str) -> str:
        """What compares as the collation compares the text; equal texts have equal keys."""
        return text if self.text is None else self.text(text)

    def as_document(self) -> dict[str, Any]:
        """The collation as MongoDB shows it."""
        if self.is_simple:
            return {"locale": "simple"}
        return {
            "locale": self.locale,
            "caseLevel": self.case_level,
            "caseFirst": self.case_first,
            "strength": self.strength,
            "numericOrdering": self.numeric_ordering,
            "alternate": self.alternate,
            "maxVariable": self.max_variable,
            "normalization": self.normalization,
            "backwards": self.backwards,
            "version": "57.1",
        }

    def _key(self, text: str) -> str:
        primary: list[str] = []
        accents: list[str] = []
        cases: list[str] = []
        shifted: list[str] = []
        lower, upper = ("2", "1") if self.case_first == "upper" else ("1", "2")
        for base, marks in _units(unicodedata.normalize("NFD", text)):
            if self._is_shifted(base):
                shifted.append(base)
                continue
            folded = base.casefold()
            primary.append("".join(map(_letter, folded)))
            accents.append("\x01" + marks)
            cases.append(upper if base != base.lower() else lower)
        letters = self._numbers(primary) if self.numeric_ordering else "".join(primary)
        levels = [letters]
        if self.strength >= 2:
            levels.append("".join(reversed(accents) if self.backwards else accents))
        if self.strength >= 3 or self.case_level:
            levels.append("".join(cases))
        if self.strength >= 4:
            levels.append("".join(shifted))
        if self.strength >= 5:
            levels.append(unicodedata.normalize("NFD", text))
        return "\x00".join(levels)

    def _is_shifted(self, base: str) -> bool:
        if self.alternate != "shifted":
            return False
        return base.isspace() or (self.max_variable == "punct" and unicodedata.category(base)[0] == "P")

    @staticmethod
    def _numbers(primary: list[str]) -> str:
        parts: list[str] = []
        for run in _DIGIT_RUN.findall("".join(primary)):
            if not "0" <= run[0] <= "9":
                parts.append(run)
                continue
            for start in range(0, len(run), _LONGEST_RUN):
                digits = run[start : start + _LONGEST_RUN].lstrip("0") or "0"
                parts.append("0" + chr(0x30 + len(digits)) + digits)
        return "".join(parts)


SIMPLE: Final = Collation()


def _units(text: str) -> Iterator[tuple[str, str]]:
    """Base characters, each with the accents on it; control characters count for nothing."""
    base, marks = "", ""
    for character in text:
        if unicodedata.combining(character):
            marks += character
            continue
        if base:
            yield base, marks
        category = unicodedata.category(character)
        base, marks = ("" if category in {"Cc", "Cf"} and not character.isspace() else character), ""
    if base:
        yield base, marks


def _letter(character: str) -> str:
    known = _PRIMARY.get(character)
    if known is not None:
        return known
    if unicodedata.category(character)[0] in "LN":
        return character
    return _OTHER_SYMBOL + character


_FIELDS: Final[Mapping[str, tuple[str, type | tuple[type, ...], tuple[Any, ...]]]] = {
    "locale": ("locale", str, ()),
    "strength": ("strength", (int, float), (1, 2, 3, 4, 5)),
    "caseLevel": ("case_level", bool, ()),
    "caseFirst": ("case_first", str, ("upper", "lower", "off")),
    "numericOrdering": ("numeric_ordering", bool, ()),
    "alternate": ("alternate", str, ("non-ignorable", "shifted")),
    "maxVariable": ("max_variable", str, ("punct", "space")),
    "backwards": ("backwards", bool, ()),
    "normalization": ("normalization", bool, ()),
}

_LANGUAGES: Final = (  # each between spaces
    " "
    "af am ar as az be bg bn bo bs ca chr cs cy da de dsb dz ee el en eo es et fa fi fil fo fr ga gl gu ha haw "
    "he hi hr hsb hu hy id ig is it ja ka kk kl km kn ko kok ku ky lb lkt ln lo lt lv mk ml mn mr ms mt my nb "
    "ne nl nn om or pa pl ps pt ro ru se si sk sl smn sq sr sv sw ta te th tk to tr ug uk ur uz vi wae wo xh "
    "yi yo zh zu"
    " "
)
_LOCALE: Final = re.compile(r"([a-z]{2,3})(?:_[A-Z][a-z]{3})?(?:_[A-Z]{2})?(?:@collation=[a-z]+)?")


def parse_collation(spec: Any, field: str = "collation") -> Collation:
    """The collation that a command names; an empty document is ``simple``.

    Args:
        spec: the value of the command's ``collation``.
        field: what the command calls it.

    Raises:
        DocumentError: ``TypeMismatch``; 40414 without ``locale``; 40415 for an unknown option; ``BadValue``;
            ``FailedToParse`` for ``simple`` with options.
    """
    if not isinstance(spec, dict):
        raise DocumentError(Code.TypeMismatch, f"BSON field '{field}' is the wrong type, expected type 'object'")
    if not spec:
        return SIMPLE
    options: dict[str, Any] = {}
    for name, value in spec.items():
        if name == "version":  # shown with an index's collation, and sent back with it
            continue
        if name not in _FIELDS:
            raise DocumentError(40415, f"BSON field '{field}.{name}' is an unknown field.")
        attribute, kind, allowed = _FIELDS[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise DocumentError(Code.TypeMismatch, f"BSON field '{field}.{name}' is the wrong type")
        if allowed and value not in allowed:
            raise DocumentError(
                Code.BadValue, f"Enumeration value '{value}' for field '{field}.{name}' is not a valid value."
            )
        options[attribute] = allowed[allowed.index(value)] if allowed else value
    if "locale" not in options:
        raise DocumentError(40414, f"BSON field '{field}.locale' is missing but a required field")
    if options["locale"] == "simple":
        if len(spec) > 1:
            raise DocumentError(Code.FailedToParse, "If 'locale' is 'simple', no other fields should be present")
        return SIMPLE
    return _checked(Collation(**options))


def _checked(collation: Collation) -> Collation:
    shape = _LOCALE.fullmatch(collation.locale)
    if shape is None or f" {shape[1]} " not in _LANGUAGES:
        raise DocumentError(Code.BadValue, f"Field 'locale' is invalid in: {{ locale: \"{collation.locale}\" }}")
    if collation.backwards and collation.strength == 1:
        raise DocumentError(Code.BadValue, "'backwards' is invalid with 'strength' of 1")
    if collation.case_first != "off" and not collation.case_level and collation.strength < 3:
        raise DocumentError(
            Code.BadValue, "'caseFirst' is invalid unless 'caseLevel' is on or 'strength' is greater than 2"
        )
    return collation
