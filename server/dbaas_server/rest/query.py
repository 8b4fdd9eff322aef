"""A raw query string as decoded pairs, or as refused: length, count, percent-encoding, UTF-8, NUL."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from dbaas_provisioning.errors import Invalid

__all__ = ["MAX_PARAMETERS", "MAX_QUERY", "decode", "pairs"]

MAX_QUERY = 16_384
"""Characters of a query string, before decoding."""

MAX_PARAMETERS = 256


def decode(text: str) -> str:
    """Undo percent-encoding. Bytes outside ASCII that came unencoded are read as UTF-8, as browsers send them.

    Raises:
        Invalid: ``PGRST100`` for what is not UTF-8, and for NUL, which no engine stores in a text.
    """
    if "%" not in text and text.isascii():
        if "\0" in text:
            raise _not_text()
        return text
    try:
        raw = unquote_to_bytes(text if text.isascii() else text.encode("latin-1"))
    except UnicodeEncodeError:  # an adapter that decoded the target as UTF-8 already
        raw = unquote_to_bytes(text.encode("utf-8", "surrogateescape"))
    try:
        decoded = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _not_text() from None
    if "\0" in decoded:
        raise _not_text()
    return decoded


def _not_text() -> Invalid:
    return Invalid("PGRST100", "The URL holds bytes that are not UTF-8 text.", hint="Percent-encode values as UTF-8.")


def pairs(query: str) -> list[tuple[str, str]]:
    """Split and decode a query string; ``+`` is a blank. Empty pairs are dropped, a missing ``=`` is an empty value.

    Raises:
        Invalid: ``uri_too_long``, ``PGRST100``.
    """
    if len(query) > MAX_QUERY:
        raise Invalid(
            "uri_too_long",
            f"The query string is longer than {MAX_QUERY:,} characters.",
            hint="Send long lists in a function call's body (POST /rpc/…).",
        )
    parts = [part for part in query.split("&") if part]
    if len(parts) > MAX_PARAMETERS:
        raise Invalid("uri_too_long", f"The query string has more than {MAX_PARAMETERS} parameters.")
    found = []
    for part in parts:
        name, _, value = part.partition("=")
        found.append((decode(name.replace("+", " ")), decode(value.replace("+", " "))))
    return found
