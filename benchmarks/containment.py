"""What containment costs: `python -m benchmarks.containment [CANDIDATES]`.

Starting a worker after the first, one call, and the parent's memory over many candidates. Each
worker is a fresh process that has loaded the bundled example.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from candidates.cli import operator_files
from candidates.client import Candidate, Worker
from candidates.limits import LEVELS, Limits
from properties.operator import find_operator

EXAMPLE = Path(__file__).resolve().parents[1] / "candidates" / "examples" / "right.py"
CALLS = 2000


def timed(function: Callable[[], object], times: int) -> list[float]:
    """Seconds of each call."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        function()
        taken.append(time.perf_counter() - started)
    return taken


def start(limits: Limits) -> Worker:
    return Worker(EXAMPLE, "cs231n", operator_files(), limits)


def starts(limits: Limits, times: int) -> list[float]:
    """Seconds until a further candidate is loaded; ending it is not counted."""
    taken = []
    for _ in range(times):
        workers: list[Worker] = []
        taken += timed(lambda: workers.append(start(limits)), 1)  # noqa: B023  (called at once)
        workers[0].close()
    return taken


def calls(limits: Limits) -> list[float]:
    """Seconds of a forward call of a small problem, and what it takes to observe and forget it."""
    worker = start(limits)
    found = next(f for f in worker.found if f.operator == "relu")
    candidate = Candidate(worker, found, find_operator("relu"))
    candidate.begin(0)
    x = np.ones((4, 5))

    def call() -> None:
        _, token = candidate.forward({}, {"x": x})
        candidate.observe(token)
        candidate.drop(token)

    taken = timed(call, CALLS)
    worker.close()
    return taken


def resident() -> float:
    """MB of this process in memory."""
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[1]) * 4096 / 2**20


def main(candidates: int) -> None:
    for level in LEVELS:
        limits = Limits(containment=level)
        first = timed(lambda: start(limits).close(), 1)[0]  # noqa: B023  (called at once)
        taken, before = starts(limits, candidates // 10), resident()
        later = starts(limits, candidates)
        print(
            f"{level}: first start {first * 1e3:.0f} ms, further ones "
            f"{statistics.median(later) * 1e3:.1f} ms (fastest {min(later) * 1e3:.1f}), three "
            f"calls {statistics.median(calls(limits)) * 1e6:.0f} us; memory of the parent over "
            f"{candidates} candidates, after {len(taken)}: {resident() - before:+.2f} MB"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
