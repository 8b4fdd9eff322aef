"""``make bench``: measure every registered figure, or those whose name has one of the given words, and print them."""

from __future__ import annotations

import importlib
import signal
import statistics
import sys
import tempfile
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here))

from figures import Bench, figures  # noqa: E402


def main(words: list[str]) -> int:
    """Print one line per figure: median (min–max) unit, target. Status 1 when one could not be measured."""
    for module in sorted(here.glob("bench_*.py")):
        importlib.import_module(module.stem)
    chosen = [one for one in figures if not words or any(word in one.name for word in words)]
    status = 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # also then the platform is stopped
    with tempfile.TemporaryDirectory(prefix="dbaas-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root, engines run as another user, who must get to their data
        bench = Bench(Path(folder))
        try:
            for one in chosen:
                try:
                    samples = [float(sample) for sample in one.measure(bench)]
                except Exception as error:  # a figure that fails must not hide the others
                    print(f"{one.name:<58} failed: {type(error).__name__}: {error}", flush=True)
                    status = 1
                    continue
                spread = f"({min(samples):.2f}–{max(samples):.2f})" if len(samples) > 1 else ""
                print(
                    f"{one.name:<58} {statistics.median(samples):10.2f} {one.unit:<5} {spread:<20} {one.target}",
                    flush=True,
                )
        finally:
            bench.close()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
