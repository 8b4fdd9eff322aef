"""From a feed to everyone in this process who subscribed to some of it.

1. One :class:`Hub` per database and process follows the feed once. Subscribers that ask for the same, with the same
   rights, in the same form, are one :class:`~.audience.Audience`: a change is judged, filtered and rendered for it
   once, and every member gets the same bytes.
2. Nobody waits for anybody: a subscriber takes bytes without waiting, and one that falls too far behind is let go. Who
   takes long to judge, or filters by patterns of its own, goes on in another hub behind this one.
3. Who subscribed from a position on catches up on a feed of its own and then joins the others, without a gap and
   without a repetition.
4. What cannot be judged just now (the engine is restarting) is judged when it can be; it is never left out.
5. Subscriptions name tables. Who named one that was renamed, or dropped and made anew, is told so.
6. A filter decides about a change only where the caller sees every column that it names.
7. A hub that fails does not look alive: it begins again from what it told, or its members hear that it ended.

``audience`` says who wants what, ``names`` what names mean, ``sieve`` filters, ``asking`` waits for the engine,
``judging`` says who is told what, ``payload`` renders, ``sending`` sends, ``catching`` has those who catch up, ``hub``
puts it together, ``hubs`` has them all.
"""

from __future__ import annotations

from .audience import Binding, Sink, Style, Told
from .hub import Hub, Member
from .hubs import Hubs
from .payload import Payload

__all__ = ["Binding", "Hub", "Hubs", "Member", "Payload", "Sink", "Style", "Told"]
