"""One problem timed: every implementation in interleaved rounds, as plain data for reports."""

from __future__ import annotations

import contextlib
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.costs import flops
from benchmarks.least import least_runner
from benchmarks.machine import Machine
from benchmarks.problems import Problem, Runner, reference_runner
from benchmarks.timing import Timings, interleaved, timed
from benchmarks.torch_runners import confirmed, has_layouts, torch_runner
from properties.operator import Arrays

Row = dict[str, Any]


def runners(problem: Problem, device: str = "cpu") -> list[Runner]:
    """PyTorch on the CPU, the vectorized reference, and PyTorch's other ways where it has them.

    Where a gate is hard to meet, the calls that NumPy cannot do without are timed as well.
    """
    found = [torch_runner(problem), confirmed(problem, reference_runner(problem, "vectorized"))]
    if has_layouts(problem):
        with contextlib.suppress(RuntimeError):  # some of PyTorch's kernels refuse the layout
            found.append(confirmed(problem, torch_runner(problem, channels_last=True)))
    if device == "cuda":
        found.append(confirmed(problem, torch_runner(problem, device)))
    least = least_runner(problem)
    return [*found, least] if least else found


def measure(
    problem: Problem,
    machine: Machine,
    seconds: float,
    against: Sequence[Runner],
    naive: bool = False,
) -> Row:
    """Times, ratios and rates of the runners, the first of which is what others are compared to.

    The naive path runs only once, for it may take a minute, and not in their rounds. Raises
    ValueError where it does not compute what PyTorch does.
    """
    timings = interleaved({runner.name: runner.run for runner in against}, seconds)
    naive_seconds = _of_naive(problem) if naive else None
    named = {key: getattr(problem, key) for key in ("dtype", "mode")}
    row = {"operator": problem.operator.name, "workload": problem.workload.name, **named}
    return row | rates(problem, timings, machine, against[0].name, naive_seconds)


def rates(
    problem: Problem,
    timings: Timings,
    machine: Machine,
    first: str,
    naive_seconds: float | None = None,
) -> Row:
    """What the times say: ratios to the first, and the share of the machine's limit."""
    counted = flops(problem)
    least = machine.seconds(problem.dtype, counted, problem.bytes)
    return {
        "flops": counted,
        "bytes": problem.bytes,
        "bound": machine.bound(problem.dtype, counted, problem.bytes),
        "rounds": len(timings.seconds[first]),
        "naive_seconds": naive_seconds,
        "implementations": {
            name: {
                "seconds": asdict(time := timings.time(name)),
                "times_torch": asdict(timings.ratio(name, first)),
                "times_faster_than_naive": naive_seconds and naive_seconds / time.median,
                "of_limit": least / time.median if time.median else None,
            }
            for name in timings.seconds
        },
    }


def _of_naive(problem: Problem) -> float:
    """Seconds of the one run that is also the one whose results are compared."""
    naive = reference_runner(problem, "naive")
    results: list[Arrays] = []
    taken = timed(lambda: results.append(naive.results()))
    confirmed(problem, Runner(naive.name, naive.run, lambda: results[0]))
    return taken


def peak_bytes(run: Callable[[], object]) -> int:
    """The most memory that a run of NumPy code has allocated at a time."""
    run()
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
