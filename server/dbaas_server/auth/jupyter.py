"""Who Jupyter says is asking."""

from __future__ import annotations

import os
from typing import Any

from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider

from dbaas_provisioning.persons import local_person

__all__ = ["person_in_jupyter"]


def person_in_jupyter(provider: IdentityProvider, user: Any) -> str | None:
    """The person behind a user of a Jupyter server; None for nobody.

    Jupyter's own providers know a secret and nobody's name. They make one up for each browser, though whoever has the
    secret is who runs this server, and so is the person whom a JupyterHub started it for: their kernels are the same
    person. A server with users of its own tells them apart.

    Args:
        provider: the server's.
        user: whom it let in.
    """
    if user is None:
        return None
    if type(provider) in (IdentityProvider, PasswordIdentityProvider):
        return local_person()
    name = getattr(user, "username", None)
    if not name:
        return None
    return local_person() if name == os.environ.get("JUPYTERHUB_USER") else f"jupyter:{name}"
