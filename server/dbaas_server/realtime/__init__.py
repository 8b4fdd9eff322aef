"""The realtime doors: changes, broadcasts and presence over WebSockets as Supabase's clients speak them, and changes as
server-sent events.

1. What travels is in ``wire`` (frames), ``joining`` (what a join asks for) and ``filters``: pure, and tested with any
   input.
2. ``socket`` is one connection and ``channel`` one topic on it. Neither waits to send: frames are prebuilt, and shared
   by all who are told the same.
3. A channel is answered only once it is live. Every change carries a position; a join that brings one gets what it
   missed, or is told that it cannot. A join without one is answered with the position from which on it is complete:
   what may have been missed lies between the last change that the client had and that position. A connection that
   survives a restart of the engine or the daemon misses nothing.
4. Where changes cannot be told row by row, the subscriber hears ``resync``, with the position from which on all is told
   again: the log was lost (a slot removed, a database made anew or taken back in time), the history does not reach back
   to its position, its table was made anew (a dump restored over it) or bears another name now.
5. Rights are looked at again whenever a token or a key changes, and end with them. Private channels are refused until
   they have policies.
6. Limits come from the tenant's plan, and every refusal has a code that clients know.

Protocol: the Phoenix channel protocol, as the clients `@supabase/realtime-js` 2.x and `realtime` (Python) 2.x use it.
"""

from __future__ import annotations
