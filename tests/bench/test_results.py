"""What ``make bench`` writes down."""

from __future__ import annotations

from pathlib import Path

import pytest
from figures import Figure
from results import Result, met, write


def measured(name: str, target: str, *samples: float) -> Result:
    return Result(Figure(name, "×", target, lambda bench: samples), samples)


@pytest.mark.parametrize(
    ("target", "median", "verdict"),
    [
        ("≥ 1.6", 1.6, True),
        ("≥ 1.6", 1.59, False),
        ("≤ 0.5 at the median, one client", 0.4, True),
        ("≤ 0.5 at the median, one client", 0.6, False),
        ("≥ 6,000 in one process", 6_001, True),
        ("≥ 6,000 in one process", 600, False),
        ("as quick as can be", 1, None),
        ("", 1, None),
    ],
)
def test_a_median_is_compared_with_what_its_target_says(target: str, median: float, verdict: bool | None) -> None:
    assert met(target, median) is verdict


def test_results_say_what_was_measured_on_what_and_whether_it_was_met(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    results = [
        measured("by id", "≥ 1.6", 2.0, 1.0, 3.0),
        measured("list", "≥ 1.3", 1.0),
        measured("rows | s", "", 12_345.6),
        Result(Figure("broken", "s", "≤ 1", lambda bench: ()), failure="RuntimeError: no"),
    ]
    write(path, results, {"PostgREST": "12.0.2", "postgres": "15.1 (wheel)"}, ["A note."])
    text = path.read_text()
    assert "| by id | 2.00 | 1.00–3.00 | × | ≥ 1.6 | yes |" in text
    assert "| list | 1.00 |  | × | ≥ 1.3 | **no** |" in text
    assert "| rows \\| s | 12,346 |" in text
    assert "| broken | failed |" in text
    for fact in ("cores", "PostgREST 12.0.2", "postgres 15.1 (wheel)", "psycopg ", "Python ", "- A note."):
        assert fact in text, fact
