"""Tokens that a tenant's own application signed for its users."""

from __future__ import annotations

import jwt

from dbaas_provisioning.errors import Forbidden, Unauthorized

from ..nouns import Caller
from ..sessions import Known
from .credentials import claims_text

__all__ = ["JWT_ROLES", "verify"]

JWT_ROLES = frozenset({"anon", "authenticated"})
_CLOCK_SKEW_SECONDS = 5


def verify(token: str, known: Known) -> tuple[Caller, float]:
    """Who comes with a token that is signed with the tenant's secret, and until when (seconds since 1970) it holds.

    HS256 and nothing else, RFC 8725 section 3.1. Raises ``Unauthorized`` (PGRST301, PGRST303), ``Forbidden``
    (``role_refused``).
    """
    try:
        if jwt.get_unverified_header(token).get("kid", known.jwt.kid) != known.jwt.kid:
            raise Unauthorized("PGRST301", "The token was signed with a key that is no longer valid.")
        claims = jwt.decode(
            token,
            known.jwt.secret,
            algorithms=["HS256"],
            leeway=_CLOCK_SKEW_SECONDS,
            options={"require": ["exp"], "verify_aud": False, "verify_iss": False, "verify_sub": False},
        )
    except jwt.ExpiredSignatureError:
        raise Unauthorized("PGRST303", "JWT expired", hint="Sign in again, or refresh the token.") from None
    except jwt.MissingRequiredClaimError as error:
        raise Unauthorized("PGRST303", f"The token has no `{error.claim}` claim.") from None
    except (jwt.ImmatureSignatureError, jwt.InvalidIssuedAtError):
        raise Unauthorized("PGRST303", "The token is not valid yet.") from None
    except jwt.PyJWTError as error:
        raise Unauthorized("PGRST301", "The token is not valid.", details=str(error)) from None
    role = claims.get("role", "anon")
    if not isinstance(role, str) or role not in JWT_ROLES:
        raise Forbidden(
            "role_refused",
            "A token may only ask for the roles anon and authenticated.",
            hint="Use a secret key for service_role.",
        )
    tenant_claim = claims.get("tenant_id")
    caller = Caller(
        known.tenant.id,
        role,
        claims_text({**claims, "role": role}),
        str(claims.get("sub", role)),
        str(tenant_claim) if tenant_claim is not None else None,
    )
    return caller, float(claims["exp"]) + _CLOCK_SKEW_SECONDS
