"""The words of a verdict, worst first, and how they combine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

STATUSES = (
    "forbidden",
    "timeout",
    "crash",
    "wrong",
    "nondeterministic",
    "unstable",
    "side-effect",
    "missing",
    "skipped",
    "limit",
    "pass",
)
FAILING = STATUSES[: STATUSES.index("missing")]


def worst(statuses: Iterable[str]) -> str:
    """The status of an operator: its worst counted property; skipped where nothing was judged."""
    counted = [s for s in statuses if s not in ("skipped", "limit")]
    return min(counted, key=STATUSES.index) if counted else "skipped"


def exit_status(verdict: dict[str, Any], required: Sequence[str]) -> int:
    """0: all found passes; 1: anything worse than missing, or missing and required; 2: nothing."""
    statuses = {entry["operator"]: entry["status"] for entry in verdict["operators"]}
    if any(status in FAILING for status in statuses.values()):
        return 1
    if any(statuses.get(name, "missing") == "missing" for name in required):
        return 1
    rows = [row for entry in verdict["operators"] for row in entry["properties"]]
    judged = any(row["status"] == "pass" for row in rows)
    return 0 if judged else 2
