"""2-d average pooling to a given size, one bin at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._conv_arguments import check_dout
from reference._pool_arguments import check_adaptive_avg_pool2d


def adaptive_avg_pool2d_forward(x: np.ndarray, output_size: Any) -> tuple[np.ndarray, tuple]:
    """`torch.nn.functional.adaptive_avg_pool2d`: out[n, c, i, j] is the mean of a bin of x[n, c].

    x (N, C, H, W); the output is (N, C, OH, OW), where output_size is an int or a pair, of which
    None keeps the size of x; 1 is the global average. Bin i of an axis of n elements begins at
    floor(i n / out) and ends before ceil((i + 1) n / out), so that bins may overlap. Raises
    TypeError and ValueError on bad arguments.
    """
    OH, OW = check_adaptive_avg_pool2d(x, output_size)
    N, C, H, W = x.shape
    out = np.zeros((N, C, OH, OW), x.dtype)
    for n, c, i, j in np.ndindex(out.shape):
        rows, columns = _bin(i, H, OH), _bin(j, W, OW)
        out[n, c, i, j] = np.sum(x[n, c, rows, columns]) / x[n, c, rows, columns].size
    return out, ((OH, OW), x.shape, x.dtype)


def _bin(i: int, size: int, out: int) -> slice:
    start = i * size // out
    end = -(-(i + 1) * size // out)
    return slice(start, end)


def adaptive_avg_pool2d_backward(dout: np.ndarray, cache: tuple) -> np.ndarray:
    """Gradient dx of `adaptive_avg_pool2d_forward`, in the shape of x: bins share their dout."""
    (OH, OW), (N, C, H, W), dtype = cache
    check_dout(dout, (N, C, OH, OW), dtype)
    dx = np.zeros((N, C, H, W), dtype)
    for n, c, i, j in np.ndindex(dout.shape):
        rows, columns = _bin(i, H, OH), _bin(j, W, OW)
        dx[n, c, rows, columns] += dout[n, c, i, j] / dx[n, c, rows, columns].size
    return dx
