"""Geometry of sliding windows, constructed from the output size so that every case is valid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties.case import Attributes
from properties.domain import Domain, Pair


def draw_windows(
    draw: DrawFn,
    domain: Domain,
    *,
    named_padding: bool = False,
    half_padding: bool = False,
    default_stride: bool = False,
) -> dict[str, Any]:
    """kernel, stride, dilation, padding and the size of a map in which the windows fit.

    The output size, kernel, stride, dilation, padding and a leftover remainder are drawn and the
    input size follows, so that floor-division mistakes show. `half_padding` keeps the padding at
    most half the kernel, as pooling asks, and no window without an element of the map;
    `default_stride` adds None, which is the kernel; `named_padding` adds "same" and "valid".
    """
    out = draw(domain.pair("out", 1, 3))
    kernel = draw(domain.pair("kernel", 1, 3))
    stride = draw(domain.pair("stride", 1, 3))
    as_kernel = default_stride and draw(domain.boolean("default_stride"))
    stride = kernel if as_kernel else stride
    dilation = draw(domain.pair("dilation", 1, 2))
    remainder = draw(domain.choice("remainder", (0, 1, 2))) if max(stride) > 1 else 0
    fixed = domain.pairs("padding")
    if fixed:
        out = _roomy(out, kernel, stride, dilation, fixed)
    reach = tuple(
        (out[a] - 1) * stride[a] + dilation[a] * (kernel[a] - 1) + min(remainder, stride[a] - 1)
        for a in (0, 1)
    )
    highs = tuple(min(2, reach[a] // 2) for a in (0, 1))
    if half_padding:
        rooms = tuple(max((reach[a] + 1 - dilation[a]) // 2, 0) for a in (0, 1))
        highs = tuple(min(highs[a], kernel[a] // 2, rooms[a]) for a in (0, 1))
    drawn = draw(domain.pair("padding", 0, (highs[0], highs[1])))
    padding = drawn if fixed else (min(drawn[0], highs[0]), min(drawn[1], highs[1]))
    size = reach[0] + 1 - 2 * padding[0], reach[1] + 1 - 2 * padding[1]
    geometry: dict[str, Any] = {
        "kernel": kernel,
        "stride": None if as_kernel else stride,
        "dilation": dilation,
        "padding": padding,
        "size": size,
    }
    if named_padding and draw(domain.choice("named_padding", (False, True))):
        name = draw(st.sampled_from(("same", "valid") if stride == (1, 1) else ("valid",)))
        geometry["padding"] = name
        geometry["size"] = (reach[0] + 1, reach[1] + 1)
    return geometry


def _roomy(out: Pair, kernel: Pair, stride: Pair, dilation: Pair, paddings: Sequence[Pair]) -> Pair:
    """An output size whose map is larger than any of the paddings at its two ends."""
    margin = [2 * max(padding[a] for padding in paddings) + dilation[a] - 1 for a in (0, 1)]
    missing = [max(margin[a] - dilation[a] * (kernel[a] - 1), 0) for a in (0, 1)]
    rows, columns = (max(out[a], 1 + math.ceil(missing[a] / stride[a])) for a in (0, 1))
    return rows, columns


def has_remainder(at: Attributes) -> bool:
    """Whether the last window of an axis leaves some of the padded map over."""
    return any(
        (at["size"][a] + 2 * at["padding"][a] - at["dilation"][a] * (at["kernel"][a] - 1) - 1)
        % at["stride"][a]
        for a in (0, 1)
    )
