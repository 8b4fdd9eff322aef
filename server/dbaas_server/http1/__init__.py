"""HTTP/1.1 and WebSockets for the stand-alone server: what stands between a socket and a route.

1. llhttp parses requests (through ``httptools``) and ``wsproto`` parses frames; what is here holds them together.
2. Requests of one connection are answered in order, one at a time; what comes meanwhile waits in the kernel.
3. A small body of known length is collected; any other is handed on while it arrives, and who takes it slowly slows
   its sender.
4. A response of known length is one send. A longer one waits for its reader, but not for ever.
5. A client that goes away takes its handler along, and with it the statement in the engine.
"""

from .connection import Connection, Owner

__all__ = ["Connection", "Owner"]
