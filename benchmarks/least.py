"""The least that NumPy can do: the calls that no NumPy code of a method can leave out, timed alone.

Where the vectorized path stays above a gate, this says what stands in the way. Nothing is checked
or allocated but what a caller keeps, and nothing is computed besides: the ratio to PyTorch is out
of reach, not an aim.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.problems import MODES, Problem, Runner
from reference.vectorized._strips import strips

NAME = "NumPy's least"


def least_runner(problem: Problem) -> Runner | None:
    """The unavoidable calls of a problem, None where nobody has asked for them yet."""
    made = LEAST.get((problem.operator.name, problem.workload.name, problem.mode))
    return None if made is None else Runner(NAME, made(problem), dict)


def _kernel_rows(problem: Problem) -> Callable[[], object]:
    """Depthwise: each map copied beside itself for the taps of a kernel row, a product that gives
    the sums of its kernel rows, and their sum. Nothing is padded, and no row is shifted."""
    x, w = problem.inputs["x"], problem.inputs["w"]
    N, C, H, W = x.shape
    KH, KW = w.shape[2:]
    columns, sums = np.ones((C, KW, H * W), x.dtype), np.empty((C, KH, H * W), x.dtype)
    kernels, maps = np.ascontiguousarray(w[:, 0]), x.reshape(N, C, 1, H * W)

    def run() -> np.ndarray:
        out = np.empty((N, C, H * W), x.dtype)
        for c in strips(C, (KH + KW) * H * W * x.itemsize):
            taps, rows = (scratch[: c.stop - c.start] for scratch in (columns, sums))
            for n in range(N):
                taps[...] = maps[n, c]
                np.add.reduce(np.matmul(kernels[c], taps, out=rows), axis=1, out=out[n, c])
        return out

    return run


def _exponentials(problem: Problem) -> Callable[[], object]:
    """Of cross-entropy: exponentials, kept, their sums, and a multiple less one at the ids.

    Nothing of it for logits that overflow or ids that are ignored, and where the ids are is known
    beforehand.
    """
    x, y = problem.inputs["x"], problem.inputs["y"]
    factor, bytes_each = x.dtype.type(0.5), 2 * x[:1].nbytes
    at_ids = np.ravel_multi_index(np.indices(x.shape)[:, :, 0], x.shape)
    at_ids += np.maximum(y, 0) * math.prod(x.shape[2:])

    def run() -> np.ndarray:
        exps = np.empty(x.shape, x.dtype)
        for n in strips(len(x), bytes_each):
            np.add.reduce(np.exp(x[n], out=exps[n]), axis=1)
        np.log(exps.reshape(-1)[at_ids]).sum()
        dx = exps * factor
        dx.reshape(-1)[at_ids] -= factor
        return dx

    return run


FORWARD, BOTH = MODES
LEAST: Mapping[tuple[str, str, str], Callable[[Problem], Callable[[], object]]] = {
    ("conv2d", "depthwise 3x3", FORWARD): _kernel_rows,
    ("conv2d", "31x31 depthwise", FORWARD): _kernel_rows,
    ("cross_entropy", "CIFAR-100 batch", BOTH): _exponentials,
    ("cross_entropy", "ImageNet logits", BOTH): _exponentials,
    ("cross_entropy", "segmentation", BOTH): _exponentials,
}
