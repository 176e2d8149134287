"""How cost grows with size: the vectorized path at a row of sizes, and the exponent fitted to them.

The exponent of theory is that of the operations, or of the bytes where there are hardly any. What
is fitted lies below it as long as the price of a call counts, and above it where a size no longer
fits the cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.problems import problem, reference_runner
from benchmarks.timing import interleaved
from properties.operator import Workload, find_operator


@dataclass(frozen=True)
class Sweep:
    """An operator's workload with some attributes replaced by what grows."""

    operator: str
    workload: str
    what: str
    sizes: Sequence[int]
    exponent: float
    changed: Callable[[int], dict[str, Any]]


SWEEPS = (
    Sweep(
        *("conv2d", "3x3 of 64 channels at 32", "side of the map"),
        *((16, 32, 64, 128), 2),
        lambda n: {"size": (n, n), "batch": 1},
    ),
    Sweep(
        *("conv2d", "3x3 of 64 channels at 32", "channels"),
        *((32, 64, 128, 256), 2),
        lambda n: {"channels": n, "filters": n, "batch": 1},
    ),
    Sweep(
        *("deform_conv2d", "modulated", "side of the map"),
        *((14, 28, 56, 112), 2),
        lambda n: {"size": (n, n), "batch": 1},
    ),
    Sweep(
        *("max_pool2d", "course", "side of the map"),
        *((32, 64, 128, 256), 2),
        lambda n: {"size": (n, n), "batch": 8},
    ),
    Sweep(
        *("batch_norm", "CIFAR-10 convnet", "batch"),
        *((4, 8, 16, 32), 1),
        lambda n: {"batch": n},
    ),
    Sweep(
        *("linear", "two-layer net", "output features"),
        *((128, 256, 512, 1024), 1),
        lambda n: {"out_features": n},
    ),
    Sweep(
        *("attention", "captioning transformer", "length of the sequences"),
        *((64, 128, 256, 512), 2),
        lambda n: {"queries": n, "keys": n},
    ),
    Sweep(*("lstm", "captioning", "steps"), *((8, 16, 32, 64), 1), lambda n: {"time": n}),
)


def grown(sweep: Sweep, seconds: float) -> dict[str, Any]:
    """Times of the forward call at all sizes, in interleaved rounds, and the fitted exponent."""
    operator = find_operator(sweep.operator)
    base = next(w for w in operator.workloads if w.name == sweep.workload)
    runs = {}
    for size in sweep.sizes:
        attributes = {**base.attributes, **sweep.changed(size)}
        at_size = problem(operator, Workload(str(size), attributes))
        runs[str(size)] = reference_runner(at_size, "vectorized").run
    timings = interleaved(runs, seconds)
    times = [timings.time(str(size)).median for size in sweep.sizes]
    return {
        "operator": sweep.operator,
        "what": sweep.what,
        "sizes": list(sweep.sizes),
        "seconds": times,
        "exponent": fitted(sweep.sizes, times),
        "theory": sweep.exponent,
    }


def fitted(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The exponent a of seconds = c * size**a, by least squares on logarithms."""
    xs, ys = [math.log(s) for s in sizes], [math.log(t) for t in seconds]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((a - x) ** 2 for a in xs)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / spread
