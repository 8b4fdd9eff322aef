"""``%dbaas load``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from ..arguments import Arguments, Option
from ..context import Context
from ..errors import UsageError
from ..frames import is_frame
from ..load import Loaded, Options
from .command import DATABASE, Command

__all__ = ["COMMANDS"]

_EXISTING: dict[str, Literal["append", "replace", "keep"]] = {
    "append": "append",
    "replace": "replace",
    "if-not-exists": "keep",
}


def _load(context: Context, arguments: Arguments) -> Loaded:
    word, table = arguments.words
    existing = [name for name in _EXISTING if arguments.has(name)]
    if len(existing) > 1:
        raise UsageError(f"--{existing[0]} and --{existing[1]} exclude each other.")
    options = Options(
        existing=_EXISTING[existing[0]] if existing else "refuse",
        primary_key=tuple(name.strip() for name in (arguments.get("primary-key") or "").split(",") if name.strip()),
        schema=arguments.get("schema"),
        null=arguments.get("null"),
        delimiter=_delimiter(arguments.get("delimiter")),
        encoding=arguments.get("encoding") or "utf-8",
    )
    return context.chosen_database(arguments).load(_source(context, word), table, options=options, progress=True)


def _source(context: Context, word: str) -> Any:
    """A variable that holds a frame or names a file (also ``module.frame``); else a path."""
    head, *attributes = word.split(".")
    value = context.variables.get(head)
    for name in attributes if value is not None else ():
        value = getattr(value, name, None)
    if value is None or Path(word).expanduser().is_file():
        return word
    if is_frame(value) or isinstance(value, str | os.PathLike) or hasattr(value, "read"):
        return value
    raise UsageError(f"{word} is a {type(value).__name__}, and no file of that name exists.")


def _delimiter(word: str | None) -> str | None:
    if word is None:
        return None
    mark = "\t" if word in ("\\t", "tab") else word
    if len(mark) != 1:
        raise UsageError("--delimiter is one character, or tab.")
    return mark


COMMANDS = (
    Command(
        ("load",),
        ("FILE_OR_FRAME", "TABLE"),
        "Load a CSV or Parquet file or a DataFrame; makes the table when there is none.",
        _load,
        {
            "primary-key": Option("columns"),
            "replace": Option(),
            "append": Option(),
            "if-not-exists": Option(),
            "schema": Option("a schema"),
            "null": Option("a word"),
            "delimiter": Option("a character"),
            "encoding": Option("an encoding"),
            **DATABASE,
        },
        "%dbaas load flights.csv flights --primary-key id",
    ),
)
