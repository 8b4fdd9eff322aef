"""Who people are: the word of whoever vouches for them, and a name.

================================  ==================================================================================
``local:<uid>``                   whoever runs code as that user of the platform's machine; an operator
``jupyter:<name>``                whom a Jupyter server with users of its own let in
``hub:<hub>:<name>``              a user of a JupyterHub
``oidc:<issuer>#<subject>``       who signed in with an OpenID provider, which is named by its URL
================================  ==================================================================================
"""

from __future__ import annotations

import os
import re

from .errors import Invalid

__all__ = ["LONGEST_PERSON", "check_person", "is_local", "is_person", "local_person"]

LONGEST_PERSON = 600  # characters: an issuer's URL, and a subject of up to 255 (OpenID Connect Core 1.0 section 2)
_SHAPE = re.compile(r"local:\d+|jupyter:.+|hub:[^:]+:.+|oidc:https?://[^#]+#.+")


def local_person() -> str:
    """Whoever runs this process."""
    return f"local:{os.geteuid()}"


def is_local(person: str) -> bool:
    """Whether this is somebody who runs code on the platform's machine as the platform's user."""
    return person.startswith("local:")


def is_person(text: str) -> bool:
    """Whether it names somebody, with who vouches for them."""
    return len(text) <= LONGEST_PERSON and text.isprintable() and _SHAPE.fullmatch(text) is not None


def check_person(person: str) -> str:
    """The same text. Raises ``Invalid`` (``invalid_person``) when it names nobody."""
    if not is_person(person):
        raise Invalid(
            "invalid_person",
            "That names nobody.",
            hint="Write jupyter:NAME, hub:HUB:NAME or oidc:ISSUER#SUBJECT.",
        )
    return person
