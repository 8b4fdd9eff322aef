"""``python -m dbaas_server.cli``: the ``dbaas`` command of this very interpreter."""

import sys

from . import main

sys.exit(main())
