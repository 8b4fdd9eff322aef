"""The ``dbaas`` command: what the magics do, for terminals and scripts.

Exit status 0: done. 1: it could not be done, with one line of reason on standard error. 2: the command line is wrong.
"""

from __future__ import annotations

import asyncio
import sys

from dbaas_provisioning.errors import DbaasError, Invalid

from .parser import parse
from .show import error_text

__all__ = ["main"]


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit status. ``argv`` is without the program's name."""
    options = parse(argv)
    try:
        if options.elsewhere and not options.reaches_elsewhere:
            raise Invalid(
                "platform_elsewhere",
                "DBAAS_URL names a platform elsewhere, and this command works on a platform of this machine only.",
                hint="Use %dbaas or the sidebar instead, or name a data folder of this machine with --home.",
            )
        result = options.run(options)
        status = asyncio.run(result) if asyncio.iscoroutine(result) else result
        return int(status or 0)
    except DbaasError as error:
        sys.stderr.write(error_text(error, as_json=options.json))
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130
    except BrokenPipeError:
        return 0
