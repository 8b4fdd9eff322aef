"""How a test connects past the platform."""

from __future__ import annotations

import psycopg

from dbaas_provisioning.nouns import Login
from dbaas_provisioning.platform import Access

__all__ = ["conninfo"]


def conninfo(access: Access, login: Login = Login.owner) -> str:
    credential = access.logins[login]
    return psycopg.conninfo.make_conninfo(
        **access.endpoint.parameters,
        dbname=access.database.physical_name,
        user=credential.username,
        password=credential.secret,
    )
