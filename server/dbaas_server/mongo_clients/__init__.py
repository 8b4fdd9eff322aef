"""A client of the platform's own MongoDB door: for those who look at documents over HTTP.

1. Documents have one door, and so one reading of MongoDB's semantics, of logins and of limits. Who comes over HTTP goes
   through it as well, as the user of the one database that was asked for and no other.
2. A client is opened when it is needed, shared by all, closed when nobody needs it; their number is bounded.
3. A password is read when a client is opened, and never told: not in errors, not in logs.
4. What a database looks like is sampled: bounded in documents, bytes and time, remembered for a moment.
5. pymongo is imported with the first client: a platform without documents does not pay for it.
"""

from __future__ import annotations

from .clients import MongoClients

__all__ = ["MongoClients"]
