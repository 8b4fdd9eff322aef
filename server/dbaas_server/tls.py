"""TLS of the servers, and where one may listen without."""

from __future__ import annotations

import ssl

from dbaas_provisioning.errors import Invalid

__all__ = ["check_address", "server_context"]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def check_address(host: str, certificate: str | None, *, hint: str) -> None:
    """Refuse to serve anything but loopback without TLS. Raises ``Invalid`` (``tls_needed``)."""
    if host not in _LOOPBACK and certificate is None:
        raise Invalid("tls_needed", f"Without TLS this serves loopback only, not {host}.", hint=hint)


def server_context(certificate: str | None, key: str | None) -> ssl.SSLContext | None:
    """The TLS context of a server, when there is a certificate. Raises ``Invalid`` (``invalid_certificate``).

    Args:
        certificate: PEM file, perhaps with the chain.
        key: PEM file; None where the certificate's has it.
    """
    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise Invalid("invalid_certificate", "The TLS certificate cannot be used.", details=str(error)) from None
    return context
