"""``RESULTS.md``: what was measured last, on what, and whether it met its target."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from figures import Figure, root

__all__ = ["Result", "met", "print_result", "write"]

PACKAGES = ("jupyter-dbaas", "psycopg", "tornado", "orjson", "jupyterlab", "ariadne")


@dataclass(frozen=True)
class Result:
    """A figure's samples, or why there are none."""

    figure: Figure
    samples: Sequence[float] = ()
    failure: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def spread(self) -> str:
        return f"{_number(min(self.samples))}–{_number(max(self.samples))}" if len(self.samples) > 1 else ""


def met(target: str, median: float) -> bool | None:
    """Whether a median meets a target that begins with ``≥`` or ``≤`` and a number; None when it has no such target."""
    match = re.match(r"([≥≤])\s*([\d.,]*\d)", target)
    if match is None:
        return None
    bound = float(match[2].replace(",", ""))
    return median >= bound if match[1] == "≥" else median <= bound


def print_result(result: Result) -> None:
    """One line."""
    name = f"{result.figure.name:<58}"
    if result.failure:
        print(f"{name} failed: {result.failure}", flush=True)
        return
    verdict = {True: "met", False: "NOT MET", None: ""}[met(result.figure.target, result.median)]
    spread = f"({result.spread})" if result.spread else ""
    print(
        f"{name} {_number(result.median):>10} {result.figure.unit:<5} {spread:<20} {result.figure.target} {verdict}",
        flush=True,
    )


def write(path: Path, results: Sequence[Result], versions: Mapping[str, str], notes: Sequence[str]) -> None:
    """Replace the file by these results."""
    lines = [
        "# Results",
        "",
        "Written by `make bench`. A ratio (×) is ours over theirs, taken in turns on one machine; the median counts.",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, commit {_commit()}, {_machine()}.",
        "",
        ", ".join(f"{name} {version}" for name, version in _versions(versions).items()) + ".",
        "",
        "| Figure | Median | Min–max | Unit | Target | Met |",
        "| --- | ---: | ---: | --- | --- | --- |",
    ]
    for result in results:
        figure = result.figure
        if result.failure:
            lines.append(f"| {_cell(figure.name)} | failed | | {figure.unit} | {figure.target} | no |")
            continue
        verdict = {True: "yes", False: "**no**", None: ""}[met(figure.target, result.median)]
        cells = (_cell(figure.name), _number(result.median), result.spread, figure.unit, figure.target, verdict)
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", *(f"- {note}" for note in notes)]
    path.write_text("\n".join(lines).rstrip() + "\n")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.2f}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _commit() -> str:
    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=root, capture_output=True, text=True).stdout.strip()

    changed = " with changes" if git("status", "--porcelain", "--untracked-files=no") else ""
    return (git("rev-parse", "--short", "HEAD") or "unknown") + changed


def _machine() -> str:
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    model = f" of {found[1]}" if found else ""
    return f"{cores} cores{model}, {memory:.0f} GiB of memory, {platform.system()} {platform.release()}"


def _versions(more: Mapping[str, str]) -> dict[str, str]:
    found = {"Python": platform.python_version()}
    for package in PACKAGES:
        found[package] = importlib.metadata.version(package)
    return {**found, **more}
