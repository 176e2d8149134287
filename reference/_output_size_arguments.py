"""The checked settings of an output size, shared by both paths."""

from __future__ import annotations

from typing import Any, NamedTuple

from reference._arguments import Pair, boolean, pair


class Settings(NamedTuple):
    """Per-axis (H, W) settings of sliding windows."""

    size: Pair
    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair


def check_output_size(
    size: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: Any
) -> Settings:
    """The settings as pairs. Raises TypeError or ValueError naming the bad argument."""
    sizes, kernel = pair("size", size, 1), pair("kernel_size", kernel_size, 1)
    steps = pair("stride", stride, 1)
    padding, dilation = pair("padding", padding, 0), pair("dilation", dilation, 1)
    boolean("ceil_mode", ceil_mode)
    if ceil_mode and any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise ValueError(
            f"padding must be at most half the kernel {kernel} with ceil_mode, got {padding}"
        )
    for n, k, s, p, d in zip(sizes, kernel, steps, padding, dilation, strict=True):
        if d * (k - 1) + 1 - (n + 2 * p) >= (s if ceil_mode else 1):
            raise ValueError(
                f"the kernel {kernel} with dilation {dilation} must fit in the padded map, "
                f"got size {sizes} and padding {padding}"
            )
    return Settings(sizes, kernel, steps, padding, dilation)
