"""How MongoDB's clients are told where a document database is. Pure."""

from __future__ import annotations

from urllib.parse import quote

from .nouns import Credential, Door

__all__ = ["mongodb_url"]


def mongodb_url(door: Door, login: Credential | None, database: str | None) -> str:
    """A ``mongodb://`` URL for drivers, mongosh and Compass.

    Users are those of the whole door, hence ``authSource=admin``. Source: MongoDB's "Connection String URI Format".

    Args:
        login: None to say where and not who.
        database: the one to begin in; None for a user of several.
    """
    who = f"{quote(login.username, safe='')}:{quote(login.secret, safe='')}@" if login else ""
    where = f"[{door.host}]" if ":" in door.host else door.host
    options = "authSource=admin" + ("&tls=true" if door.tls else "")
    return f"mongodb://{who}{where}:{door.port}/{quote(database or '', safe='')}?{options}"
