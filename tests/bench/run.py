"""``make bench``: measure every registered figure, or those whose name has one of the given words, and print them.

When all were measured, ``RESULTS.md`` beside this file is written anew.
"""

from __future__ import annotations

import importlib
import signal
import sys
import tempfile
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path[:0] = [str(here), str(here.parent)]

from figures import Bench, figures  # noqa: E402
from results import Result, print_result, write  # noqa: E402


def main(words: list[str]) -> int:
    """Print one line per figure: median (min–max) unit, target. Status 1 when one could not be measured."""
    for module in sorted(here.glob("bench_*.py")):
        importlib.import_module(module.stem)
    chosen = [one for one in figures if not words or any(word in one.name for word in words)]
    results: list[Result] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # also then the platform is stopped
    with tempfile.TemporaryDirectory(prefix="dbaas-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root, engines run as another user, who must get to their data
        bench = Bench(Path(folder))
        try:
            for one in chosen:
                try:
                    results.append(Result(one, [float(sample) for sample in one.measure(bench)]))
                except Exception as error:  # a figure that fails must not hide the others
                    results.append(Result(one, failure=f"{type(error).__name__}: {error}"))
                print_result(results[-1])
        finally:
            bench.close()
    if not words:
        write(here / "RESULTS.md", results, bench.versions, bench.notes)
    return 1 if any(result.failure for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
