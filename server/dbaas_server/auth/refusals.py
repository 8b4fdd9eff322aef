"""What somebody who is known may not do, told with who it was."""

from __future__ import annotations

from dbaas_provisioning.errors import Forbidden, NotFound

__all__ = ["Hidden", "NotAllowed", "Refusal"]


class Hidden(NotFound):
    """A tenant on which somebody has no right, or which does not exist. ``actor`` is who asked for it."""

    def __init__(self, actor: str, tenant: str) -> None:
        super().__init__("tenant_not_found", f"There is no tenant {tenant!r}.")
        self.actor = actor


class NotAllowed(Forbidden):
    """More than somebody may do. ``actor`` is who asked for it."""

    def __init__(self, actor: str, code: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(code, message, hint=hint)
        self.actor = actor


Refusal = Hidden | NotAllowed
