"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

__all__ = ["Caller"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for data, after authentication.

    Attributes:
        tenant: the tenant's id.
        role: ``anon``, ``authenticated``, ``service_role``, or ``owner`` (arbitrary SQL as the tenant's own login).
        claims: the verified token's claims as JSON text, as row policies read them; ``{}`` for a plain key.
        actor: for logs and the audit: a person, a key's prefix, a subject.
        tenant_claim: the ``tenant_id`` claim where there is one; becomes ``app.current_tenant``.
        documents_only: may run stored GraphQL documents and nothing else.
        key: the API key that was sent; None for people and their tokens.
        member: acts with a right of their own, as a person or an operator's key does: that is in the audit log.
    """

    tenant: UUID
    role: str
    claims: str = "{}"
    actor: str = ""
    tenant_claim: str | None = None
    documents_only: bool = False
    key: UUID | None = None
    member: bool = False
