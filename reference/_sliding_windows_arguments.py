"""The checked geometry of sliding windows, shared by both paths."""

from __future__ import annotations

from typing import Any, NamedTuple

from reference._arguments import Pair, output_size, pair
from reference._pool_arguments import check_maps


class WindowsGeometry(NamedTuple):
    """Per-axis (H, W) settings of sliding windows, the shape of x, and how many windows fit."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    shape: tuple[int, int, int, int]
    out: Pair

    @property
    def padded(self) -> tuple[int, int, int, int]:
        """The shape of x with zeros around it."""
        (N, C, H, W), (ph, pw) = self.shape, self.padding
        return N, C, H + 2 * ph, W + 2 * pw

    @property
    def inside(self) -> tuple[slice, ...]:
        """Where x stands in the padded map."""
        (_, _, H, W), (ph, pw) = self.shape, self.padding
        return slice(None), slice(None), slice(ph, ph + H), slice(pw, pw + W)

    @property
    def columns(self) -> tuple[int, int, int]:
        """The shape of the output."""
        N, C, _, _ = self.shape
        return N, C * self.kernel[0] * self.kernel[1], self.out[0] * self.out[1]


def check_sliding_windows(
    x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any
) -> WindowsGeometry:
    """The geometry of sliding windows. Raises TypeError or ValueError naming the bad argument."""
    check_maps(x)
    kernel, steps = pair("kernel_size", kernel_size, 1), pair("stride", stride, 1)
    padding, dilation = pair("padding", padding, 0), pair("dilation", dilation, 1)
    out = output_size(x.shape[2:], kernel, steps, padding, dilation)
    return WindowsGeometry(kernel, steps, padding, dilation, x.shape, out)
