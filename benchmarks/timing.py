"""Interleaved timing: a round runs every implementation once, and ratios are taken within it.

What slows the machine for a while slows all of a round alike, so the medians of the rounds' ratios
hold where times do not.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

LEAST_ROUNDS = 5
SHORTEST = 2e-3  # seconds of a turn: what is faster runs several times in it


@dataclass(frozen=True)
class Spread:
    """The median of some numbers and their quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Spread:
        if len(numbers) == 1:
            return cls(numbers[0], numbers[0], numbers[0])
        low, median, high = statistics.quantiles(numbers, n=4, method="inclusive")
        return cls(median, low, high)


@dataclass(frozen=True)
class Timings:
    """Seconds a run, by implementation and round."""

    seconds: Mapping[str, Sequence[float]]

    def time(self, name: str) -> Spread:
        return Spread.of(self.seconds[name])

    def ratio(self, name: str, other: str) -> Spread:
        """How long `name` takes in units of `other`, round by round."""
        pairs = zip(self.seconds[name], self.seconds[other], strict=True)
        return Spread.of([mine / theirs for mine, theirs in pairs])


def interleaved(runs: Mapping[str, Callable[[], object]], seconds: float) -> Timings:
    """Rounds of all runs for about so many seconds, after one that is not counted."""
    turns = {name: _repeats(run) for name, run in runs.items()}
    taken: dict[str, list[float]] = {name: [] for name in runs}
    names, end = list(runs), time.perf_counter() + seconds
    collecting = gc.isenabled()
    gc.disable()
    try:
        while time.perf_counter() < end or len(taken[names[-1]]) < LEAST_ROUNDS:
            for name in names:
                taken[name].append(timed(runs[name], turns[name]))
            names.reverse()  # so that nobody always runs in what another left in the cache
    finally:
        if collecting:
            gc.enable()
    return Timings(taken)


def timed(run: Callable[[], object], repeats: int = 1) -> float:
    """Seconds of one run, the mean of so many."""
    started = time.perf_counter()
    for _ in range(repeats):
        run()
    return (time.perf_counter() - started) / repeats


def _repeats(run: Callable[[], object]) -> int:
    run()  # the first run warms caches and pays for what is made once
    return max(1, round(SHORTEST / max(timed(run), 1e-7)))
