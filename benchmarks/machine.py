"""The limits of this machine on one thread: how fast it multiplies matrices and copies memory.

Both are measured in the run that they are compared with, not taken from a data sheet. The faster
of NumPy's and PyTorch's products counts: they come from different libraries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.timing import timed

SIDE = 1024  # of the matrices
COPIED = 2**26  # bytes: too many for any cache
TRIES = 7


@dataclass(frozen=True)
class Machine:
    """Additions and multiplications a second in a matrix product, by dtype; bytes a second."""

    flops: dict[str, float]
    bytes: float

    def seconds(self, dtype: str, flops: float, bytes: float) -> float:
        """The least time for so many operations on so many bytes: the roofline."""
        return max(flops / self.flops[dtype], bytes / self.bytes)

    def bound(self, dtype: str, flops: float, bytes: float) -> str:
        """Which of the two limits is the nearer one."""
        return "GEMM" if flops / self.flops[dtype] > bytes / self.bytes else "copy"


def measured(dtypes: Iterable[str]) -> Machine:
    """The best of a few tries each; a copy counts what it reads and what it writes."""
    flops = {dtype: 2.0 * SIDE**3 / min(map(_best, _products(dtype))) for dtype in dtypes}
    source = np.ones(COPIED // 8)
    target = np.empty_like(source)
    return Machine(flops, 2 * COPIED / _best(lambda: np.copyto(target, source)))


def _products(dtype: str) -> tuple[Callable[[], object], Callable[[], object]]:
    """One product of square matrices, by NumPy and by PyTorch."""
    import torch

    a, b = np.random.default_rng(0).random((2, SIDE, SIDE)).astype(dtype)
    out = np.empty_like(a)
    tensors = [torch.from_numpy(array) for array in (a, b, out)]
    return (
        lambda: np.matmul(a, b, out=out),
        lambda: torch.matmul(tensors[0], tensors[1], out=tensors[2]),
    )


def _best(run: Callable[[], object]) -> float:
    run()
    return min(timed(run) for _ in range(TRIES))
