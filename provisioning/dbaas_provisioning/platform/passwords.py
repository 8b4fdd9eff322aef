"""Statements as they may be kept: without the passwords that they set."""

from __future__ import annotations

import re

from ..secrets import redact

__all__ = ["without_passwords"]

# Every part matches without trying again, and to a bound or to the end, so that no text takes long.
_WORD = r"\b\w*(?:password|passwd|pwd|secret|token)\b"  # sslpassword and oauth_client_secret among them
_KEYWORD = r"\b\w*(?:password|passwd|pwd|secret)\b"  # of a connection; tables are joined by tokens
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
_CONNECTION = re.compile(rf"(?P<name>{_KEYWORD}\s*+=\s*+)[^\s'\"();,:$%*]+", _FLAGS)
# A value in quotes within a literal: there they are doubled, or have a backslash in front.
_QUOTED = re.compile(
    rf"(?P<name>{_KEYWORD}\s*+=\s*+)"
    r"(?:''(?:[^'\\]|\\''|\\.)*+(?:''|'?\Z)|\\'(?:[^'\\]|\\[^'])*+(?:\\?'|\\?\Z))",
    _FLAGS,
)
_PIECE = re.compile(
    r"--[^\n]*+|/\*.*?(?:\*/|\Z)|\"(?:[^\"\\]|\\.)*+(?:\"|\\?\Z)"
    r"|(?P<literal>[eE]'(?:[^'\\]|\\.|'')*+(?:'|\\?\Z)|'(?:[^']|'')*+(?:'|\Z)"
    r"|\$(?P<tag>[^\W\d]\w*+|)\$.*?(?:\$(?P=tag)\$|\Z))",
    _FLAGS,
)
_ROLE = re.compile(rf"\b(?:create|alter){_GAP}\b(?:role|user|group)\b(?!{_GAP}\bmapping\b)", _FLAGS)
_BUILT = re.compile(r"\bexecute\b|\|\||\b(?:format|concat\w*)\b", _FLAGS)  # statements made of strings
_LEFT = re.compile(rf"\bpassword\b(?!{_GAP}(?:'\*\*\*'|null\b))", _FLAGS)
_REMOTE = re.compile(rf"\b(?:create|alter){_GAP}\b(?:subscription|server|user{_GAP}mapping)\b", _FLAGS)
_UNHIDDEN = re.compile(rf"{_KEYWORD}\"?(?!{_GAP}(?:=\s*+)?(?:'?\*\*\*|null\b))", _FLAGS)


def without_passwords(text: str) -> str | None:
    """The text with asterisks in place of a literal that follows a word like password, and without keys and tokens.

    None where a role, a subscription or a server is made or altered with a password that is nowhere to be seen as a
    literal: built by a function, in a string of its own. It must not be kept at all.
    """
    if _ANY.search(text):
        role = _ROLE.search(text) is not None
        if role and _BUILT.search(text):
            return None
        text = _PIECE.sub(_without_quoted, text)
        text = _SQL.sub(lambda match: match["name"] + "'***'", text)
        text = _SHELL.sub(lambda match: match["name"] + '"***"', text)
        text = _CONNECTION.sub(lambda match: match["name"] + "***", text)
        if (role and _LEFT.search(text)) or (_REMOTE.search(text) and _UNHIDDEN.search(text)):
            return None
    return redact(text)


def _without_quoted(piece: re.Match[str]) -> str:
    return _QUOTED.sub(lambda match: match["name"] + "***", piece[0]) if piece["literal"] else piece[0]
