"""What a PostgreSQL database is, costs and lets people choose."""

from __future__ import annotations

from ...engine import Choice, Cost, Offer, Option

__all__ = ["EXPOSE", "OFFER"]

MB = 1024 * 1024

# Measured on 2026-11-23 with PostgreSQL 18 (the wheel) and 15 (Debian 12), each on a new cluster: the processes'
# proportional set sizes 2 s after the first database was made and its catalog read (18: 34 MB, 15: 30 MB); `du` of the
# data directory (both 40 MB, 61 MB once a second segment of WAL was begun); `pg_database_size` (7.4 and 7.5 MB).
COST = Cost(server_memory=35 * MB, server_disk=41 * MB, database_disk=8 * MB)

EXPOSE = Option(
    "expose",
    "Reachable over the API",
    "What holders of a publishable key reach: tables with row policies, as those say, or every table in public.",
    (Choice("policies", "Tables with row policies"), Choice("all", "Every table in public")),
)

OFFER = Offer(
    title="PostgreSQL",
    description="SQL with transactions and row policies; REST, GraphQL and realtime changes over it.",
    server="PostgreSQL server",
    cost=COST,
    steps=("Making its logins and an empty database", "Setting up schemas, roles and the feed of changes"),
    options=(EXPOSE,),
)
