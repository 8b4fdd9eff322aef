"""``:name`` parameters: where they stand, and the same statement with the engine's own ``$n``.

Values never become part of the text. What a colon means is the lexer's to say (:mod:`~dbaas_server.editor.sql.lexer`):
nothing inside strings, names, comments, casts and slices is a parameter.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dbaas_provisioning.errors import Invalid

from .lexer import Token, tokens

__all__ = ["names", "numbered"]


def names(read: Iterable[Token]) -> list[str]:
    """The names of the parameters among tokens, in the order of their first use."""
    return list(dict.fromkeys(token.text[1:] for token in read if token.kind == "param"))


def numbered(text: str, params: Mapping[str, Any] | Sequence[Any] | None) -> tuple[str, list[Any]]:
    """A statement with ``$n`` for every ``:name``, and the values in that order. One name is one parameter.

    Args:
        params: an object's values serve ``:name``; a list's values serve ``$1``, ``$2`` …, and the text stays as it is.

    Raises:
        Invalid: ``missing_parameter``: the text has a name that has no value; ``unknown_parameter``: a value has a
            name that the text has not; ``mixed_parameters``: the text has both ``:name`` and ``$1``.
    """
    read = tokens(text)
    wanted = names(read)
    given = params if isinstance(params, Mapping) else {}
    for name in wanted:
        if name not in given:
            raise Invalid(
                "missing_parameter",
                f"The statement has a parameter :{name}, and no value was sent for it.",
                hint=_did_you_mean(name, given) or f'Send it by its name: {{"params": {{"{name}": …}}}}.',
            )
    for name in given:
        if name not in wanted:
            raise Invalid(
                "unknown_parameter",
                f"A value was sent for “{name[:60]}”, and the statement has no parameter of that name.",
                hint=f"It has {', '.join(':' + each for each in wanted)}." if wanted else "It has none.",
            )
    if not wanted:
        return text, [] if params is None or isinstance(params, Mapping) else list(params)
    own = next((token.text for token in read if token.kind == "position"), None)
    if own is not None:
        raise Invalid("mixed_parameters", f"The statement mixes {own} and :{wanted[0]}.", hint="Use one of the two.")
    place = {f":{name}": f"${number}" for number, name in enumerate(wanted, 1)}
    rewritten = "".join(place[token.text] if token.kind == "param" else token.text for token in read)
    return rewritten, [given[name] for name in wanted]


def _did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    close = difflib.get_close_matches(name, list(candidates)[:1000], n=1)
    return f"Did you mean :{name}? A value was sent for “{close[0][:60]}”." if close else None
