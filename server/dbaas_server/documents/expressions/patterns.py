"""``$regexMatch $regexFind $regexFindAll``."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import regex
from bson import Regex

from ..errors import DocumentError
from ..steps import look, matching, spend
from ..values import alias, regex_flags
from .compiler import Compiler
from .numeric import is_nullish
from .registry import Function, Node, apply, operator

__all__: list[str] = []

_FLAGS: Final = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL, "x": regex.VERBOSE, "u": regex.UNICODE}
_MOST_CHARACTERS: Final = 4_000  # compiling takes longer the longer it is


def _pattern(name: str, value: Any, options: Any) -> Any:
    """The compiled pattern; None: null.

    Raises:
        DocumentError: 51105 to 51111.
    """
    if options is not _NOT_GIVEN and not is_nullish(options) and type(options) is not str:
        raise DocumentError(51106, f"{name} needs 'options' to be of type string")
    if is_nullish(value):
        return None
    if not isinstance(value, str | Regex):
        raise DocumentError(51105, f"{name} needs 'regex' to be of type string or regex")
    letters = options if type(options) is str else ""
    if isinstance(value, Regex):
        own = regex_flags(value)
        if own and letters:
            raise DocumentError(51107, f"{name}: found regex option(s) specified in both 'regex' and 'option' fields")
        letters = letters or own
        value = value.pattern if isinstance(value.pattern, str) else value.pattern.decode("utf-8", "replace")
    if "\0" in value or "\0" in letters:
        raise DocumentError(51109, f"{name}: regular expression cannot contain an embedded null byte")
    for letter in letters:
        if letter not in _FLAGS:
            raise DocumentError(51108, f"{name} invalid flag in regex options: {letters}")
    return _compiled(value, "".join(sorted(set(letters))))


@lru_cache(maxsize=256)
def _compiled(text: str, letters: str) -> Any:
    look()
    if len(text) > _MOST_CHARACTERS:
        raise DocumentError(51111, "Invalid Regex: regular expression is too large")
    flags = 0
    for letter in letters:
        flags |= _FLAGS[letter]
    try:
        return regex.compile(text, flags)
    except (regex.error, OverflowError, RecursionError, ValueError) as error:
        raise DocumentError(51111, f"Invalid Regex: {error}") from None


_NOT_GIVEN: Final = object()


def _searcher(name: str, body: Function, empty: Any) -> None:
    def run(value: Any, pattern: Any, options: Any) -> Any:
        compiled = _pattern(name, pattern, options)
        if is_nullish(value) or compiled is None:
            return [] if empty is list else empty
        if type(value) is not str:
            raise DocumentError(51104, f"{name} needs 'input' to be of type string, not {alias(value)}")
        return matching(lambda seconds: body(compiled, value, seconds))

    def build(operand: Any, compiler: Compiler) -> Node:
        if type(operand) is not dict:
            raise DocumentError(51103, f"{name} expects an object of named arguments but found: {alias(operand)}")
        for key in operand:
            if key not in ("input", "regex", "options"):
                raise DocumentError(31024, f"{name} found an unknown argument: {key}")
        for number, key in ((31022, "input"), (31023, "regex")):
            if key not in operand:
                raise DocumentError(number, f"{name} requires '{key}' parameter")
        options = compiler.compile(operand["options"]) if "options" in operand else Node.constant(_NOT_GIVEN)
        pattern = compiler.compile(operand["regex"])
        if pattern.is_constant and options.is_constant:
            _pattern(name, pattern.value, options.value)
        return apply(run, [compiler.compile(operand["input"]), pattern, options])

    operator(name)(build)


def _shown(found: Any) -> dict[str, Any]:
    return {"match": found[0], "idx": found.start(), "captures": list(found.groups())}


def _match(pattern: Any, value: str, seconds: float) -> bool:
    return pattern.search(value, timeout=seconds) is not None


def _find(pattern: Any, value: str, seconds: float) -> Any:
    found = pattern.search(value, timeout=seconds)
    return None if found is None else _shown(found)


def _find_all(pattern: Any, value: str, seconds: float) -> list[Any]:
    shown = []
    for found in pattern.finditer(value, timeout=seconds):
        spend()
        shown.append(_shown(found))
    return shown


_searcher("$regexMatch", _match, False)
_searcher("$regexFind", _find, None)
_searcher("$regexFindAll", _find_all, list)
