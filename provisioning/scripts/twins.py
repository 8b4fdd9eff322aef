"""Makes the synchronous client from the asynchronous one, so that the two cannot drift.

``python provisioning/scripts/twins.py`` writes each ``NAME.py`` from its ``NAME_async.py``; with ``--check`` it only
says which of them are not what they would be made to. What differs:

1. ``async`` and ``await`` go; ``asyncio.to_thread(work, …)`` is ``work(…)``.
2. A name that begins with ``Async`` or ends with ``_async`` loses that, in code, text and comments.
3. What is spelled differently on both sides stands in ``_SPELLED``.
4. Imports that the synchronous side has no use for go.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from tokenize import TokenInfo

from places import program
from steps import root

__all__ = ["outdated"]

_FOLDER = root / "kernel_magics" / "dbaas"
_HEADER = "# Made from {source} by provisioning/scripts/twins.py. Change that file, then run `make format`.\n"

_SPELLED = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "aclose": "close",
    "aiter_bytes": "iter_bytes",
    "aiter_lines": "iter_lines",
    "anext": "next",
    "aread": "read",
    "asynccontextmanager": "contextmanager",
}
_PHRASES = (
    ("import asyncio\n", "import asyncio\nimport threading\n"),  # whichever is not used goes
    ("asyncio.Lock", "threading.Lock"),
    ("pymongo.asynchronous.", "pymongo."),
)
_NAME = re.compile(r"[A-Za-z_]\w*")
_THREAD = ("asyncio", ".", "to_thread", "(")
_APART = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)

Span = tuple[tuple[int, int], tuple[int, int], str]
"""Where a piece of text begins and ends, as (line, column), and what stands there instead."""


def main() -> int:
    """Write the twins, or compare them; exit status 1 when one is outdated."""
    parser = argparse.ArgumentParser(description="Make the synchronous client from the asynchronous one.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a twin is outdated")
    if parser.parse_args().check:
        late = outdated()
        for path in late:
            print(f"{path.relative_to(root)} is not what its asynchronous twin makes: run `make format`.")
        return 1 if late else 0
    for source, target in _pairs():
        target.write_text(_twin(source), encoding="utf-8")
    return 0


def outdated() -> list[Path]:
    """The synchronous modules that are missing, or differ from what would be made."""
    return [target for source, target in _pairs() if not target.is_file() or target.read_text("utf-8") != _twin(source)]


def _pairs() -> Iterator[tuple[Path, Path]]:
    for source in sorted(_FOLDER.rglob("*_async.py")):
        yield source, source.with_name(f"{source.stem.removesuffix('_async')}.py")


def _twin(source: Path) -> str:
    made = f"{_HEADER.format(source=source.name)}\n{_synchronous(source.read_text('utf-8'))}"
    name = source.with_name(f"{source.stem.removesuffix('_async')}.py")
    # Names are shorter now: imports stand in another order, and lines may be joined.
    sorted_ = _ruff(["check", "--select", "I,F401", "--fix-only", "--quiet"], made, name)
    return _ruff(["format", "--quiet"], sorted_, name)


def _ruff(arguments: Sequence[str], text: str, name: Path) -> str:
    command = [str(program("ruff")), *arguments, "--stdin-filename", str(name), "-"]
    return subprocess.run(command, cwd=root, input=text, capture_output=True, text=True, check=True).stdout


def _synchronous(text: str) -> str:
    for one, other in _PHRASES:
        text = text.replace(one, other)
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    return _edited(text, [*_without_threads(tokens), *_renamed(tokens)])


def _renamed(tokens: Sequence[TokenInfo]) -> Iterator[Span]:
    for token, following in pairwise(tokens):
        if token.type == tokenize.NAME and token.string in ("async", "await"):
            yield token.start, following.start, ""
        elif token.type not in _APART or token.type == tokenize.COMMENT:
            spelled = _NAME.sub(lambda found: _plain(found[0]), token.string)
            if spelled != token.string:
                yield token.start, token.end, spelled


def _plain(name: str) -> str:
    if name in _SPELLED:
        return _SPELLED[name]
    if re.match(r"Async[A-Z]", name):
        return name.removeprefix("Async")
    return name.removesuffix("_async")


def _without_threads(tokens: Sequence[TokenInfo]) -> Iterator[Span]:
    """``asyncio.to_thread(work, a)`` to ``work(a)``."""
    for at in range(len(tokens) - len(_THREAD)):
        if tuple(token.string for token in tokens[at : at + len(_THREAD)]) != _THREAD:
            continue
        work = at + len(_THREAD)
        yield tokens[at].start, tokens[work].start, ""
        end = work
        while tokens[end].type == tokenize.NAME or tokens[end].string == ".":
            end += 1
        if tokens[end].string == ",":
            yield tokens[end].start, tokens[end + 1].start, "("
        elif tokens[end].string == ")":
            yield tokens[end].start, tokens[end].start, "("
        else:
            raise SyntaxError(f"line {tokens[end].start[0]}: to_thread takes a name here, and then its arguments")


def _edited(text: str, spans: Sequence[Span]) -> str:
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for (first, begin), (last, end), instead in sorted(spans, reverse=True):
        text = text[: starts[first - 1] + begin] + instead + text[starts[last - 1] + end :]
    return text


if __name__ == "__main__":
    sys.exit(main())
