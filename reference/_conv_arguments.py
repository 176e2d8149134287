"""The checked geometry of a convolution, shared by both paths of conv2d."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from reference._arguments import (
    Pair,
    array,
    cotangent,
    integer,
    output_size,
    pair,
    same_dtype,
    shaped,
)


class Conv2dGeometry(NamedTuple):
    """Per-axis (H, W) settings of a convolution, zeros added around x, and the output's size."""

    stride: Pair
    dilation: Pair
    groups: int
    before: Pair  # zeros added above and to the left
    after: Pair  # zeros added below and to the right
    out: Pair


def check_conv2d(
    x: Any, w: Any, b: Any, stride: Any, padding: Any, dilation: Any, groups: Any
) -> Conv2dGeometry:
    """The geometry of a convolution. Raises TypeError or ValueError naming the bad argument."""
    array("x", x, "N C H W")
    array("w", w, "F C/groups KH KW")
    if b is not None:
        shaped("b", array("b", b), (len(w),))
    same_dtype(x=x, w=w, b=b)
    groups = integer("groups", groups, 1)
    if x.shape[1] != w.shape[1] * groups:
        raise ValueError(
            f"x must have w.shape[1] * groups = {w.shape[1] * groups} channels, got {x.shape[1]}"
        )
    if len(w) % groups:
        raise ValueError(f"groups must divide the {len(w)} filters of w, got {groups}")
    strides, dilations = pair("stride", stride, 1), pair("dilation", dilation, 1)
    before, after = _zeros_around(w.shape[2:], padding, strides, dilations)
    padded = tuple(x.shape[2 + a] + before[a] + after[a] for a in (0, 1))
    out = output_size(padded, w.shape[2:], strides, (0, 0), dilations)
    return Conv2dGeometry(strides, dilations, groups, before, after, out)


def _zeros_around(kernel: Any, padding: Any, stride: Pair, dilation: Pair) -> tuple[Pair, Pair]:
    if padding == "valid":
        padding = 0
    if padding != "same":
        both = pair("padding", padding, 0)
        return both, both
    if stride != (1, 1):
        raise ValueError(f"padding 'same' needs stride 1, got {stride}")
    total = dilation[0] * (kernel[0] - 1), dilation[1] * (kernel[1] - 1)
    before = total[0] // 2, total[1] // 2
    return before, (total[0] - before[0], total[1] - before[1])


def check_dout(dout: Any, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """Refuse a `dout` that is not of the output's shape and dtype."""
    cotangent("dout", dout, shape, dtype)
