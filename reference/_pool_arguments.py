"""The checked geometry of a pooling, shared by both paths."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reference._arguments import Pair, array, boolean, integer, pair


class Pool2dGeometry(NamedTuple):
    """Per-axis (H, W) settings of a pooling, the size of its output and of its padded map."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    size: Pair
    out: Pair
    padded: Pair

    def first_taps(self, axis: int) -> np.ndarray:
        """For each window of an axis, the number of its first tap after the left padding."""
        starts = self.stride[axis] * np.arange(self.out[axis]) - self.padding[axis]
        return np.maximum(-(starts // self.dilation[axis]), 0)


def check_maps(x: Any) -> None:
    """Refuse what is no batch of maps with something in them; the batch may be empty."""
    array("x", x, "N C H W")
    if 0 in x.shape[1:]:
        raise ValueError(f"x must have at least one channel, row and column, got {x.shape}")


def check_max_pool2d(
    x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any
) -> Pool2dGeometry:
    """The geometry of a max pooling. Raises TypeError or ValueError naming the bad argument."""
    check_maps(x)
    kernel = pair("kernel_size", kernel_size, 1)
    steps = kernel if stride is None else pair("stride", stride, 1)
    padding, dilation = pair("padding", padding, 0), pair("dilation", dilation, 1)
    boolean("ceil_mode", ceil_mode)
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise ValueError(f"padding must be at most half the kernel {kernel}, got {padding}")
    height, width = zip(x.shape[2:], kernel, steps, padding, dilation, strict=True)
    out = _windows(*height, bool(ceil_mode)), _windows(*width, bool(ceil_mode))
    if min(out) < 1:
        raise ValueError(
            f"the kernel {kernel} with dilation {dilation} must fit in the padded map, "
            f"got size {x.shape[2:]} and padding {padding}"
        )
    padded = _reach(*height, out[0]), _reach(*width, out[1])
    return Pool2dGeometry(kernel, steps, padding, dilation, x.shape[2:], out, padded)


def check_avg_pool2d(
    x: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: Any,
    count_include_pad: Any,
    divisor_override: Any,
) -> Pool2dGeometry:
    """The geometry of an average pooling. Raises TypeError or ValueError naming what is bad."""
    boolean("count_include_pad", count_include_pad)
    if divisor_override is not None:
        integer("divisor_override", divisor_override, 1)
    return check_max_pool2d(x, kernel_size, stride, padding, 1, ceil_mode)


def check_adaptive_avg_pool2d(x: Any, output_size: Any) -> Pair:
    """The size of the output. Raises TypeError or ValueError naming the bad argument."""
    check_maps(x)
    if isinstance(output_size, (tuple, list)) and len(output_size) == 2:
        kept = zip(output_size, x.shape[2:], strict=True)
        output_size = tuple(size if out is None else out for out, size in kept)
    return pair("output_size", output_size, 1)


def _windows(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> int:
    """How many windows an axis has; with `ceil`, the last may reach beyond the right padding."""
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil:
        return room // stride + 1
    out = -(-room // stride) + 1
    starts_in_right_padding = (out - 1) * stride >= size + padding
    return out - 1 if starts_in_right_padding else out


def _reach(size: int, kernel: int, stride: int, padding: int, dilation: int, out: int) -> int:
    """The length of a padded axis, with what the last window reads beyond the padding."""
    return max(size + 2 * padding, stride * (out - 1) + dilation * (kernel - 1) + 1)
