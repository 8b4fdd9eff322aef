"""Statements as the audit log has them: what was done to which names, without a single value.

1. A scanner and no parser: what a literal is follows from the characters alone, in statements that make no sense, too.
2. Where two servers, or two settings of one, read different literals, the rest of the text is left out.
3. What is looked at and what is kept are bounded, however long the text is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ..secrets import redact

__all__ = ["LONGEST_KEPT", "LONGEST_READ", "without_literals"]

LONGEST_READ = 100_000  # characters of a text that are looked at
LONGEST_KEPT = 1_000  # characters that are kept of it
HOLE, MORE = "?", "…"

_LONGEST_REMEMBERED = 2_000
_FLAGS = re.DOTALL

# PostgreSQL's scan.l: every byte of a character beyond ASCII may be part of a name. No part tries again: no text takes
# long.
_NAME = r"[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*+"
_TAG = r"[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*+"
_SQL = re.compile(
    r"(?P<space>[ \t\n\r\f\v]++|--[^\n\r]*+)"
    r"|(?P<comment>/\*)"
    r"|(?P<escaped>[eE]'(?:[^'\\]|\\.|'')*+(?:'|\\?\Z))"
    r"|(?P<plain>(?:[uU]&|[bBxXnN])?+'(?:[^']|'')*+(?:'|\Z))"
    rf"|(?P<dollar>\$(?P<tag>(?:{_TAG})?+)\$.*?(?:\$(?P=tag)\$|\Z))"
    r"|(?P<quoted>(?:[uU]&)?+\"(?:[^\"]|\"\")*+(?:\"|\Z))"
    r"|(?P<parameter>\$[0-9]++)"
    r"|(?P<number>[0-9][A-Za-z0-9_.\x80-\U0010ffff]*+)"
    rf"|(?P<name>{_NAME})"
    r"|(?P<mark>.)",
    _FLAGS,
)
_SHELL = re.compile(
    r"(?P<space>\s++|//[^\n]*+|/\*.*?(?:\*/|\Z))"
    r"|(?P<literal>\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'|`(?:[^`\\$]|\\.|\$(?!\{))*+`"
    r"|/(?:[^/\\\[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n])*+\])++/[a-z]*+"
    r"|\.?[0-9][\w.]*+)"
    r"|(?P<open>[\"'`/\\])"
    r"|(?P<name>[^\W\d][\w$]*+|\$[\w$]*+)"
    r"|(?P<mark>.)",
    _FLAGS,
)
_DIGITS = re.compile(r"[0-9.]++")
_CHANGE_ROWS = frozenset({"update", "insert", "merge", "with", "explain", "prepare"})  # what such statements begin with
_COMMENTS = re.compile(r"/\*|\*/")
_USUAL = re.compile(r"[\w $.:\-]{1,63}")  # of names in quotes; another one may be a statement whose quotes went astray
_SETS_A_PASSWORD = re.compile(
    r"\b(?:create|alter)\b.*?\b(?:role|user|group|subscription|server|mapping)\b", re.IGNORECASE | _FLAGS
)
_UNQUOTED = re.compile(r"(?P<word>\bpassword\b\"?\s*+(?:=|:=)?\s*+)(?!\?|null\b)[^\s,;()]++", re.IGNORECASE)
_LIST = re.compile(r"\?(?: ?, ?[-+]? ?\?)++")
_ROWS = re.compile(r"\((?:\?|\?, …)\)(?: ?, ?\((?:\?|\?, …)\))++")


def without_literals(text: str, *, shell: bool = False) -> str:
    """A statement with ``?`` in place of each literal, without comments, in one line of a bounded length.

    Args:
        shell: it is of MongoDB's shell, and not SQL.
    """
    looked_at = text[:LONGEST_READ]
    if len(looked_at) <= _LONGEST_REMEMBERED:
        return _remembered(looked_at, shell)
    return _reduced(looked_at, shell)


@lru_cache(maxsize=1_000)
def _remembered(text: str, shell: bool) -> str:
    return _reduced(text, shell)


def _reduced(text: str, shell: bool) -> str:
    pieces: list[str] = []
    size = 0
    for piece in _shell_pieces(text) if shell else _sql_pieces(text):
        if piece == " " and (not pieces or pieces[-1] == " "):
            continue
        pieces.append(piece)
        size += len(piece)
        if size > LONGEST_READ // 5:  # enough for what is kept, after lists of values became short
            pieces.append(MORE)
            break
    line = _ROWS.sub(f"({HOLE}, {MORE}), {MORE}", _LIST.sub(f"{HOLE}, {MORE}", "".join(pieces).strip()))
    if not shell and _SETS_A_PASSWORD.search(line):
        line = _UNQUOTED.sub(lambda match: match["word"] + HOLE, line)
    line = redact(line)
    return line if len(line) <= LONGEST_KEPT else line[: LONGEST_KEPT - 1] + MORE


class _Sentence:
    """What is known of the statement a scan is in, of values that no quotes mark."""

    def __init__(self) -> None:
        self.first = ""  # word
        self.before = ""  # mark or word
        self.updates = False
        self.names_a_setting = False  # between SET and its value
        self.has_a_setting = False  # all that follows is its value
        self.is_of_data = False  # the client's lines of data follow, after the statement

    def read(self, kind: str | None, piece: str) -> None:
        word = piece.lower() if kind == "name" else piece
        if self.names_a_setting and (word in (":", "to") or (word == "=" and not self._changes_rows())):
            self.has_a_setting = True
        elif word == "set" and kind == "name":
            self.names_a_setting = self.before != "."
        elif (kind == "mark" and word != ".") or word == "on":
            self.names_a_setting = False
        self.updates |= word == "update"
        self.is_of_data |= self.before == "from" and word in ("stdin", "pstdin")
        if kind == "name":
            self.first = self.first or word
        self.before = word

    def _changes_rows(self) -> bool:
        return self.updates and self.first in _CHANGE_ROWS


def _sql_pieces(text: str) -> Iterator[str]:
    sentence, hidden = _Sentence(), False
    for kind, piece, kept in _sql_tokens(text):
        if sentence.is_of_data and (piece == ";" or kind == "comment" or "\n" in piece or "\r" in piece):
            yield from (";", " ", MORE) if piece == ";" else (" ", MORE)
            return
        if kind == "mark" and piece == ";":
            sentence, hidden = _Sentence(), False
        elif kind not in ("space", "comment"):
            if sentence.has_a_setting:
                if not hidden:
                    yield HOLE
                hidden = True
            else:
                sentence.read(kind, piece)
        if not hidden:
            yield kept
        if kind == "unsure":
            if hidden:
                yield f" {MORE}"
            return


def _sql_tokens(text: str) -> Iterator[tuple[str | None, str, str]]:
    """Sorts of tokens, their characters, and what is kept of them. After one that is ``unsure`` nothing follows."""
    at = 0
    while at < len(text):
        match = _SQL.match(text, at)
        assert match is not None
        kind, piece, at = match.lastgroup, match[0], match.end()
        if kind == "tag":
            kind = "dollar"
        if kind == "space":
            yield kind, piece, " "
        elif kind == "comment":
            at = _end_of_comment(text, at)
            yield kind, piece, " "
        elif (kind == "plain" and "\\'" in piece) or (
            kind == "number" and text.startswith("$", at) and not _DIGITS.fullmatch(piece)
        ):
            # Whether the literal ends there depends on standard_conforming_strings, and so does all that follows; of
            # 1a$$ on the version.
            yield "unsure", piece, f"{HOLE} {MORE}"
            return
        elif kind in ("escaped", "plain", "dollar", "number"):
            yield kind, piece, HOLE
        elif kind == "quoted":
            yield kind, piece, piece if _USUAL.fullmatch(piece.strip('"')) else f'"{HOLE}"'
        else:
            yield kind, piece, piece


def _end_of_comment(text: str, at: int) -> int:
    """Where a comment ends, with those inside of it, as PostgreSQL has them."""
    depth = 1
    for match in _COMMENTS.finditer(text, at):
        depth += 1 if match[0] == "/*" else -1
        if not depth:
            return match.end()
    return len(text)


def _shell_pieces(text: str) -> Iterator[str]:
    before = "("
    for match in _SHELL.finditer(text):
        kind, piece = match.lastgroup, match[0]
        if kind == "space":
            yield " "
            continue
        if kind == "open" or (kind == "literal" and piece[0] == "/" and before not in "(,:[{"):
            # Nobody knows where it ends; or it may be a division, and what seems a pattern's end begins a text.
            yield f"{HOLE} {MORE}"
            return
        yield HOLE if kind == "literal" else piece
        before = piece
