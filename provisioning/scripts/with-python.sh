#!/bin/sh
# Finds a Python that the project runs on (3.11 or newer), and runs tasks.py with it.
# Everything after this is Python; this file is only what must run before one is known.
set -u

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)

suits() { # an interpreter that starts, is new enough, and has what a server needs
    "$1" -c 'import sys, ssl, sqlite3, ctypes; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    # First choice: one that makes environments by itself (Debian ships ensurepip apart from python3).
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
        if [ -n "$candidate" ] && suits "$candidate" && "$candidate" -c 'import ensurepip' >/dev/null 2>&1; then
            echo "$candidate"
            return 0
        fi
    done
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
        if [ -n "$candidate" ] && suits "$candidate"; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

if ! python=$(find_python); then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "No Python 3.11 or newer: installing python3 and python3-venv with apt-get."
        apt-get update -qq </dev/null && apt-get install -y -qq python3 python3-venv </dev/null >/dev/null
    fi
    if ! python=$(find_python); then
        echo "Failed: no Python 3.11 or newer was found." >&2
        echo "  What to do: install one (sudo apt-get install python3 python3-venv), or name yours: PYTHON=/path/to/python3 make run" >&2
        exit 1
    fi
fi

exec "$python" "$here/tasks.py" "$@"
