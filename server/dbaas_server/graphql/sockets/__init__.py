"""GraphQL over WebSocket: queries, mutations and streams of changes, as the sub-protocol ``graphql-transport-ws``.

1. ``messages`` is the protocol, pure; ``connection`` is one socket, ``operation`` one question on it, ``style`` how
   changes are shown: the same bytes for all who ask the same with the same rights.
2. Credentials come in ``connection_init``, in headers or in the URL, never in a cookie, and are judged as over HTTP.
   They are judged again when keys or tokens change and when a token ends, and the streams end with them.
3. A stream begins where its cursor says and leaves nothing out. What cannot be kept (the history is too short, the
   client too slow) ends it with an error that says from where on to ask again.
4. A ``ping`` is answered once every subscription that was asked for before it is live: whoever needs to know sends one.
5. Nothing waits to be sent, and nobody waits for a slow client.

Protocol: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

from .handshake import asks_socket, open_socket

__all__ = ["asks_socket", "open_socket"]
