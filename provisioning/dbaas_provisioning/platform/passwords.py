"""Statements as they may be kept: without the passwords that they set."""

from __future__ import annotations

import re

from ..secrets import redact

__all__ = ["without_passwords"]

# Every part matches without trying again, and to a bound or to the end, so that no text takes long.
_WORD = r"\b(?:password|passwd|pwd)\b"
_ANY = re.compile(_WORD, re.IGNORECASE)
_GAP = r"(?:\s|--[^\n]{0,200}\n|/\*.{0,200}?\*/)*+"
_SINGLE = (
    r"(?:[eE]'(?:[^'\\]|\\.|'')*+(?:'|\\?\Z)"  # with escapes
    r"|(?:[uU]&|[nN])?'(?:[^']|'')*+(?:'|\Z)"
    r"|\$(?P<tag>[^\W\d]\w*|)\$.*?(?:\$(?P=tag)\$|\Z))"
    r"(?:\s*+'(?:[^']|'')*+(?:'|\Z))*"  # a literal goes on in the next line
)
_FLAGS = re.IGNORECASE | re.DOTALL
_SQL = re.compile(rf"(?P<name>{_WORD}\"?{_GAP}(?:(?:=>|=|:){_GAP})?){_SINGLE}", _FLAGS)
_SHELL = re.compile(rf"(?P<name>{_WORD}[\"']?{_GAP}[=:]{_GAP})\"(?:[^\"\\]|\\.)*+(?:\"|\\?\Z)", _FLAGS)
_CONNECTION = re.compile(rf"(?P<name>{_WORD}\s*+=\s*+)[^\s'\"();,:$%*]+", _FLAGS)
_ROLE = re.compile(rf"\b(?:create|alter){_GAP}\b(?:role|user|group)\b(?!{_GAP}\bmapping\b)", _FLAGS)
_BUILT = re.compile(r"\bexecute\b|\|\||\b(?:format|concat\w*)\b", _FLAGS)  # statements made of strings
_LEFT = re.compile(rf"\bpassword\b(?!{_GAP}(?:'\*\*\*'|null\b))", _FLAGS)


def without_passwords(text: str) -> str | None:
    """The text with asterisks in place of a literal that follows the word password, and without keys and tokens.

    None where a role is made or altered with a password that is nowhere to be seen as a literal: built by a function,
    in a string of its own. It must not be kept at all.
    """
    if _ANY.search(text):
        role = _ROLE.search(text) is not None
        if role and _BUILT.search(text):
            return None
        text = _SQL.sub(lambda match: match["name"] + "'***'", text)
        text = _SHELL.sub(lambda match: match["name"] + '"***"', text)
        text = _CONNECTION.sub(lambda match: match["name"] + "***", text)
        if role and _LEFT.search(text):
            return None
    return redact(text)
