"""Who is asking, and what they may do.

1. A request brings one credential that counts: who Jupyter says it is, a person's token, an API key, or a token that a
   tenant's application signed. A cookie never opens the data doors.
2. Persons have rights on tenants and open the control doors; keys and signed tokens open a tenant's data.
3. What was checked is remembered until it expires or ``platform_meta`` says that something changed, in every process.
"""

from __future__ import annotations

from .authenticator import Authenticator
from .credentials import bearer_token, carries_credential
from .hub import Hub, HubSettings
from .persons import Asker
from .refusals import Hidden, NotAllowed, Refusal

__all__ = [
    "Asker", "Authenticator", "Hidden", "Hub", "HubSettings", "NotAllowed", "Refusal", "bearer_token",
    "carries_credential",
]  # fmt: skip
