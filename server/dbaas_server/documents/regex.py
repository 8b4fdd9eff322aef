"""Regular expressions that come to an end.

1. MongoDB's are PCRE. What RE2 takes goes to RE2, whose time is linear in the text; the rest (look-around, references
   back, possessive quantifiers) to a backtracking engine that has little time for all texts of one document
   (:func:`.steps.matching`).
2. Patterns without any operator, and those that only say how a text starts, need no engine at all.
3. ``$`` also holds before a last newline, as in PCRE; RE2's does not, so a pattern with one elsewhere than at its end
   goes to the other engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import re2
import regex as backtracking
from bson import Regex

from .errors import Code, DocumentError
from .scope import Scope
from .steps import look, matching
from .values import regex_flags

__all__ = ["literal_prefix", "pattern_of", "searcher"]

_MOST_CHARACTERS: Final = 32_764  # PCRE's own bound for a pattern
_MOST_BACKTRACKING: Final = 4_000  # compiling for the second engine takes longer the longer it is
_LONG: Final = 4_096  # characters, from which on one text alone takes a while
_MOST_PROGRAM: Final = 2_000  # instructions; beyond, a set may lack the memory and would find nothing
_INVALID: Final = 51091
_META: Final = frozenset("\\^$.|?*+()[]{}")
_VERBS: Final = re.compile(r"\(\*(?:UTF8|UTF|UCP)\)")
_INLINE_FLAGS: Final = re.compile(r"\(\?[a-zA-Z-]*[mx]")


def pattern_of(value: Any, options: Any = None) -> Regex[str]:
    """A pattern and its options, checked.

    Args:
        value: a string, or a regular expression with options of its own.
        options: letters; None: none are given.

    Raises:
        DocumentError: ``BadValue`` for a NUL; 51108 for an unknown option; 51075 for options in both places; 51091
            for a pattern that is none.
    """
    letters = "" if options is None else options
    if isinstance(value, Regex):
        own = regex_flags(value)
        if own and letters:
            raise DocumentError(51075, "options set in both $regex and $options")
        letters = letters or own
        value = value.pattern if isinstance(value.pattern, str) else value.pattern.decode(errors="replace")
    if "\0" in value:
        raise DocumentError(Code.BadValue, "Regular expression cannot contain an embedded null byte")
    if "\0" in letters:
        raise DocumentError(Code.BadValue, "Regular expression options string cannot contain an embedded null byte")
    for letter in letters:
        if letter not in "imsxu":
            raise DocumentError(51108, f"invalid flag in regex options: {letter}")
    checked = Regex(str(value), "".join(sorted(set(letters))))
    _compiled(str(value), regex_flags(checked).replace("u", ""))
    return checked


def searcher(pattern: Regex[str], scope: Scope) -> Callable[[str], bool]:
    """Whether a text has what a pattern describes.

    Args:
        pattern: from :func:`pattern_of`.
        scope: whose deadline holds for each text too.

    Returns:
        A function that raises ``DocumentError`` (51156, ``OperationFailed`` or ``MaxTimeMSExpired``) where it takes
        too long.
    """
    found, may_backtrack = _compiled(pattern.pattern, regex_flags(pattern).replace("u", ""))
    if not may_backtrack:
        return found

    def search(text: str) -> bool:
        scope.look_at_the_clock()
        try:
            return matching(lambda seconds: found(text, timeout=seconds))  # type: ignore[call-arg]
        except DocumentError:
            scope.look_at_the_clock()
            raise

    return search


def literal_prefix(pattern: Regex[str]) -> str:
    """What every text starts with that a pattern holds for; empty where it does not tell."""
    text = pattern.pattern
    if regex_flags(pattern).strip("su") or not text.startswith("^") or "|" in text:
        return ""
    literal: list[str] = []
    place = 1
    while place < len(text):
        character = text[place]
        if character == "\\" and place + 1 < len(text) and not text[place + 1].isalnum():
            place += 1
            character = text[place]
        elif character in _META:
            if character in "?*{":
                del literal[-1:]
            break
        literal.append(character)
        place += 1
    return "".join(literal)


@lru_cache(maxsize=512)
def _compiled(text: str, flags: str) -> tuple[Callable[[str], bool], bool]:
    """What tells whether a text matches, and whether it has to be given a ``timeout``."""
    look()
    if len(text) > _MOST_CHARACTERS:
        raise DocumentError(_INVALID, "Regular expression is invalid: regular expression is too large")
    simple = _without_engine(text, flags)
    if simple is not None:
        return simple, False
    verbs = "".join(_VERBS.findall(text[:40])) if text.startswith("(*") else ""
    linear = None if verbs or "x" in flags else _linear(text, flags)
    if linear is not None:
        return linear, False
    return _backtracking(text.removeprefix(verbs), flags, "UCP" in verbs), True


def _without_engine(text: str, flags: str) -> Callable[[str], bool] | None:
    if flags.strip("s"):
        return None
    anchored = text.startswith("^")
    literal = text[1:] if anchored else text
    if not _META.isdisjoint(literal):
        return None
    if anchored:
        return lambda candidate: candidate.startswith(literal)
    return lambda candidate: literal in candidate


def _linear(text: str, flags: str) -> Callable[[str], bool] | None:
    dollars = [place for place in _outside_classes(text) if text[place] == "$"]
    if dollars and "m" not in flags:
        if dollars != [len(text) - 1] or _INLINE_FLAGS.search(text):
            return None
        text = text[:-1] + r"\n?\z"
    options = re2.Options()
    options.log_errors = False
    text = f"(?{flags}){text}" if flags else text
    try:
        pattern = re2.compile(text, options)
    except re2.error:
        return None
    if pattern.programsize > _MOST_PROGRAM:

        def searched(candidate: str) -> bool:
            look()
            return pattern.search(candidate) is not None

        return searched
    # A set of one tells no more than whether it is there, and takes a third of the time.
    only = re2.Set.SearchSet(options)
    only.Add(text)
    only.Compile()
    match = only.Match

    def found(candidate: str) -> bool:
        if len(candidate) > _LONG:
            look()
        return bool(match(candidate))

    return found


def _backtracking(text: str, flags: str, unicode_classes: bool) -> Callable[..., bool]:
    number = backtracking.VERSION0
    for letter in flags:
        number |= getattr(backtracking, letter.upper())
    if not unicode_classes and ("i" not in flags or text.isascii()):
        number |= backtracking.ASCII
    if len(text) > _MOST_BACKTRACKING:
        raise DocumentError(_INVALID, "Regular expression is invalid: it is too long for what is in it")
    try:
        pattern = backtracking.compile(_translated(text), number)
    except (backtracking.error, RecursionError, OverflowError, ValueError, KeyError, IndexError) as error:
        raise DocumentError(_INVALID, f"Regular expression is invalid: {error}") from None
    return lambda candidate, timeout: pattern.search(candidate, timeout=timeout) is not None


_ESCAPES: Final = re.compile(r"\\(?:Q(.*?)(?:\\E|\Z)|x\{([0-9a-fA-F]{1,6})\}|c([@-_a-z])|(.))", re.DOTALL)


def _translated(text: str) -> str:
    """PCRE's escapes that the backtracking engine has not, in its own words."""

    def replacement(match: re.Match[str]) -> str:
        quoted, code, control, other = match.groups()
        if quoted is not None:
            return str(backtracking.escape(quoted))
        if code is not None:
            return f"\\U{int(code, 16):08x}"
        if control is not None:
            return f"\\x{ord(control.upper()) ^ 64:02x}"
        return {"Z": r"(?=\n?\z)", "e": r"\x1b", "E": ""}.get(other, match[0])

    return _ESCAPES.sub(replacement, text)


def _outside_classes(text: str) -> list[int]:
    """Where the characters are that are neither escaped nor within brackets."""
    places: list[int] = []
    place = 0
    while place < len(text):
        character = text[place]
        if character == "\\":
            place += 2
            continue
        if character == "[":
            place += 2 if text[place + 1 : place + 2] == "^" else 1
            if text[place : place + 1] == "]":  # the first one is a member
                place += 1
            while place < len(text) and text[place] != "]":
                if text.startswith("[:", place):
                    end = text.find(":]", place)
                    place = end + 2 if end > 0 else place + 1
                else:
                    place += 2 if text[place] == "\\" else 1
        else:
            places.append(place)
        place += 1
    return places
