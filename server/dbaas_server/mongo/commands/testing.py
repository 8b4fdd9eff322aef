"""Commands for test suites; off, as on a mongod without ``enableTestCommands``."""

from __future__ import annotations

from ...documents.codec import Document
from ...documents.errors import Code, DocumentError
from ..registry import Call, Needs, command

__all__: list[str] = []


@command("configureFailPoint", "mode data", needs=Needs.admin)
async def configure_fail_point(call: Call) -> Document:
    """Let commands fail."""
    if not call.server.settings.test_commands:
        raise DocumentError(Code.CommandNotFound, f"no such command: '{call.name}'")
    fields = call.fields
    name = fields.required_text("configureFailPoint")
    call.server.failpoints.configure(name, fields.value("mode"), fields.document("data") or {})
    return {}
