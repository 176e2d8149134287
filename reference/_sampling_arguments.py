"""Checked arguments of the operators that read a map at real positions, shared by both paths."""

from __future__ import annotations

from typing import Any, NamedTuple

from reference._arguments import Pair, array, output_size, pair, same_dtype, shaped


class DeformConv2dGeometry(NamedTuple):
    """Per-axis (H, W) settings of a deformable convolution and the size of its output."""

    channels: int
    filters: int
    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    groups: int
    offset_groups: int
    out: Pair

    @property
    def taps(self) -> int:
        """The number of elements of a kernel."""
        return self.kernel[0] * self.kernel[1]

    @property
    def positions(self) -> int:
        """The number of elements of an output map."""
        return self.out[0] * self.out[1]


def check_bilinear(a: Any, y: Any, x: Any) -> None:
    """Raise TypeError or ValueError naming the bad argument of `bilinear_interpolate`."""
    array("a", a, "H W")
    array("y", y)
    shaped("x", array("x", x), y.shape)
    same_dtype(a=a, y=y, x=x)


def check_deform_conv2d(
    x: Any, offset: Any, w: Any, b: Any, mask: Any, stride: Any, padding: Any, dilation: Any
) -> DeformConv2dGeometry:
    """The geometry of a deformable convolution, both kinds of groups inferred from the channels.

    Raises TypeError or ValueError naming the bad argument.
    """
    array("x", x, "N C H W")
    array("offset", offset, "N 2*G*KH*KW OH OW")
    array("w", w, "F C/groups KH KW")
    if b is not None:
        shaped("b", array("b", b), (len(w),))
    if mask is not None:
        array("mask", mask, "N G*KH*KW OH OW")
    same_dtype(x=x, offset=offset, w=w, b=b, mask=mask)
    groups = _groups(x.shape[1], w.shape)
    steps = pair("stride", stride, 1), pair("padding", padding, 0), pair("dilation", dilation, 1)
    kernel = w.shape[2], w.shape[3]
    out = output_size(x.shape[2:], kernel, *steps)
    taps = kernel[0] * kernel[1]
    offset_groups = _offset_groups(x.shape[1], offset.shape[1], taps)
    shaped("offset", offset, (len(x), 2 * offset_groups * taps, *out))
    if mask is not None:
        shaped("mask", mask, (len(x), offset_groups * taps, *out))
    return DeformConv2dGeometry(x.shape[1], len(w), kernel, *steps, groups, offset_groups, out)


def _groups(channels: int, shape: tuple[int, ...]) -> int:
    if 0 in shape[1:]:
        raise ValueError(f"w must have channels and taps, got shape {shape}")
    groups = channels // shape[1]
    if groups < 1 or channels % shape[1]:
        raise ValueError(
            f"x must have a multiple of w.shape[1] = {shape[1]} channels, got {channels}"
        )
    if shape[0] % groups:
        raise ValueError(f"w must have a multiple of {groups} filters (groups), got {shape[0]}")
    return groups


def _offset_groups(channels: int, offset_channels: int, taps: int) -> int:
    groups = offset_channels // (2 * taps)
    if groups < 1 or offset_channels % (2 * taps):
        raise ValueError(
            f"offset must have a multiple of 2 * KH * KW = {2 * taps} channels, "
            f"got {offset_channels}"
        )
    if channels % groups:
        raise ValueError(
            f"offset must have groups that divide the {channels} channels of x, got {groups} groups"
        )
    return groups
