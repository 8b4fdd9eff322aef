"""``Accept`` to a way of rendering, ``Content-Type`` to a way of reading."""

from __future__ import annotations

from dataclasses import dataclass

from dbaas_provisioning.errors import Invalid

from ..nouns import Format

__all__ = ["Media", "content_type", "negotiate"]

_JSON = "application/json"
_OBJECT = "application/vnd.pgrst.object"
_ARRAY = "application/vnd.pgrst.array"
_PLAN = "application/vnd.pgrst.plan"
_PLAN_OPTIONS = frozenset({"analyze", "verbose", "settings", "buffers", "wal"})


@dataclass(frozen=True, slots=True)
class Media:
    """How an answer is rendered.

    Attributes:
        content_type: the header of the answer.
        plan: the engine's plan is asked for: ``json`` or ``text``.
        analyze: the plan is of a real run.
    """

    content_type: str
    format: Format = Format.json
    single: bool = False
    plan: str | None = None
    analyze: bool = False


_DEFAULT = Media("application/json; charset=utf-8")


def negotiate(accept: str) -> Media:
    """The first media type of ``Accept`` that can be given, by quality and then by order.

    Raises:
        Invalid: ``PGRST107`` when there is none.
    """
    if not accept or accept in ("*/*", _JSON):
        return _DEFAULT
    ranked: list[tuple[float, str, dict[str, str]]] = []
    for part in accept.split(","):
        name, *parameters = part.split(";")
        options: dict[str, str] = {}
        for parameter in parameters:
            key, _, value = parameter.strip().partition("=")
            options[key.strip().lower()] = value.strip().strip('"')
        ranked.append((_quality(options.pop("q", "1")), name.strip().lower(), options))
    ranked.sort(key=lambda entry: -entry[0])
    for quality, name, options in ranked:
        media = _media(name, options) if quality > 0 else None
        if media is not None:
            return media
    raise Invalid("PGRST107", f"None of these media types are available: {accept[:200]}")


def _quality(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0.0 <= quality <= 1.0 else 0.0


def _media(name: str, options: dict[str, str]) -> Media | None:
    stripped = options.get("nulls") == "stripped"
    rows = Format.json_stripped if stripped else Format.json
    suffix = ";nulls=stripped" if stripped else ""
    if name in (_JSON, "*/*", "application/*"):
        return _DEFAULT
    if name in (_OBJECT, _OBJECT + "+json"):
        return Media(f"{_OBJECT}+json{suffix}; charset=utf-8", rows, single=True)
    if name in (_ARRAY, _ARRAY + "+json"):
        return Media(f"{_ARRAY}+json{suffix}; charset=utf-8" if stripped else _DEFAULT.content_type, rows)
    if name == "text/csv":
        return Media("text/csv; charset=utf-8", Format.csv)
    if name == "application/geo+json":
        return Media("application/geo+json; charset=utf-8", Format.geojson)
    if name in (_PLAN, _PLAN + "+text", _PLAN + "+json"):
        return _plan("json" if name.endswith("+json") else "text", options)
    return None


def _plan(kind: str, options: dict[str, str]) -> Media | None:
    wanted = frozenset(filter(None, options.get("options", "").split("|")))
    if not wanted <= _PLAN_OPTIONS:
        return None
    explained = _media(options.get("for", _JSON).split(";")[0], {})
    if explained is None or explained.plan is not None:
        return None
    return Media(
        f"{_PLAN}+{kind}; charset=utf-8", explained.format, explained.single, plan=kind, analyze="analyze" in wanted
    )


def content_type(header: str) -> str:
    """What a body is: ``json``, ``csv``, ``form``, ``text`` or ``bytes``. Without a header it is JSON.

    Raises:
        Invalid: ``unsupported_media_type``.
    """
    name = header.split(";")[0].strip().lower()
    kinds = {
        "": "json", _JSON: "json", "text/csv": "csv", "application/x-www-form-urlencoded": "form",
        "text/plain": "text", "text/xml": "text", "application/octet-stream": "bytes",
    }  # fmt: skip
    kind = kinds.get(name)
    if kind is None and name.startswith("application/") and name.endswith("+json"):
        kind = "json"
    if kind is None:
        raise Invalid("unsupported_media_type", f"Content-Type not acceptable: {name[:100]}")
    return kind
