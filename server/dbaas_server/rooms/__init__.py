"""Rooms: who is in a topic of a database, what they say to each other, and who says to be present.

1. A room is a topic of one database. Nothing of it is kept on disk: who is not there does not hear.
2. Members of one process hear each other at once. Other processes of the platform hear over the daemon's socket, which
   hands on what it is told and understands none of it.
3. Each process owns the presences of its own members and tells them to the others, anew whenever it is asked or was
   cut off, so that nobody's copy stays wrong.

``presence`` is the state of a room and how it changes: pure. ``room`` and ``rooms`` are of this process, ``link`` is
its end of the relay, ``relay`` the daemon's.
"""

from __future__ import annotations

from .presence import Diff, Presences
from .room import Broadcast, Member, Room
from .rooms import Rooms

__all__ = ["Broadcast", "Diff", "Member", "Presences", "Room", "Rooms"]
