"""deform_conv2d: positions of taps inside and outside the map, oracle, laws and mistakes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators import _sampling
from properties.operators._sampling import REACHES, draw_positions, off_one_sided
from properties.operators._windows import draw_windows
from properties.values import Values
from reference.naive.conv2d import conv2d_forward


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    reach = draw(domain.choice("reach", REACHES))
    masked = draw(domain.boolean("masked"))
    groups = draw(domain.integer("groups", 1, 2))
    offset_groups = draw(domain.integer("offset_groups", 1, 3))
    together = math.lcm(groups, offset_groups)
    drawn = {
        "batch": draw(domain.size("batch", (1, 2, 3, 0))),
        "channels": together * draw(domain.integer("channels_per_group", 1, min(2, 6 // together))),
        "filters": groups * draw(domain.integer("filters_per_group", 1, 2)),
        "groups": groups,
        "offset_groups": offset_groups,
        "bias": draw(domain.boolean("bias")),
        "masked": masked,
        "reach": reach,
    }
    return drawn | draw_windows(draw, domain)


def inputs(at: Attributes, values: Values) -> Arrays:
    N, C, F = at["batch"], at["channels"], at["filters"]
    rows, columns = _grid(at)
    taps = N, at["offset_groups"], *np.broadcast_shapes(rows.shape, columns.shape)
    y, x = (
        draw_positions(values, f"offset_{axis}", taps, at["size"][a], at["reach"])
        for a, axis in enumerate("yx")
    )
    pairs = np.stack((y - rows, x - columns), axis=4)  # (N, G, KH, KW, 2, OH, OW)
    arrays = {
        "x": values.array("x", (N, C, *at["size"])),
        "offset": pairs.reshape(N, math.prod(taps[1:4]) * 2, *taps[4:]),
        "w": values.tame("w", (F, C // at["groups"], *at["kernel"])),
    }
    if at["bias"]:
        arrays["b"] = values.tame("b", (F,))
    if at["masked"]:
        arrays["mask"] = values.tame("mask", (N, math.prod(taps[1:4]), *taps[4:]))
    return arrays


def _grid(at: Attributes) -> tuple[np.ndarray, np.ndarray]:
    """Rows (KH, 1, OH, 1) and columns (1, KW, 1, OW) that the taps read without an offset."""
    rows, columns = (_grid_of_axis(at, axis) for axis in (0, 1))
    return rows[:, None, :, None], columns[None, :, None, :]


def _grid_of_axis(at: Attributes, axis: int) -> np.ndarray:
    size, kernel, stride, padding, dilation = (
        at[name][axis] for name in ("size", "kernel", "stride", "padding", "dilation")
    )
    out = (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    return np.arange(out) * stride - padding + np.arange(kernel)[:, None] * dilation


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torchvision.ops import deform_conv2d

    out = deform_conv2d(
        tensors["x"],
        tensors["offset"],
        tensors["w"],
        tensors.get("b"),
        stride=at["stride"],
        padding=at["padding"],
        dilation=at["dilation"],
        mask=tensors.get("mask"),
    )
    return {"out": out}


def weak_kinks(
    at: Attributes, inputs: Arrays, outputs: Arrays, cotangents: Arrays, gradients: Arrays
) -> str | None:
    rows, columns = np.s_[:, 0::2], np.s_[:, 1::2]
    wrong = (
        off_one_sided(operator, at, inputs, cotangents, gradients, "offset", part)
        for part in (rows, columns)
    )
    return next(filter(None, wrong), None)


def still(run: Any, case: Case, inputs: Arrays) -> Pairs:
    at = case.attributes
    given = inputs | {"offset": np.zeros_like(inputs["offset"])} | _unit_mask(inputs)
    expected, _ = conv2d_forward(
        *(inputs[name] for name in ("x", "w", "b") if name in inputs),
        **{name: at[name] for name in ("stride", "padding", "dilation", "groups")},
    )
    yield "out", run(given)["out"], expected


def shifted(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Every tap moved alike reads the map moved the other way, its padding included."""
    at, x = case.attributes, inputs["x"]
    by = Values("normal", case.seed, 1).rng("shift").integers(-2, 3, 2)
    offset = np.zeros_like(inputs["offset"])
    offset[:, 0::2], offset[:, 1::2] = by
    margins = [(2 + p, 2 + p) for p in at["padding"]]
    wide = np.pad(x, [(0, 0), (0, 0), *margins])
    rows, columns = (
        slice(2 + by[a], 2 + by[a] + at["size"][a] + 2 * at["padding"][a]) for a in (0, 1)
    )
    expected, _ = conv2d_forward(
        wide[:, :, rows, columns],
        *(inputs[name] for name in ("w", "b") if name in inputs),
        **{name: at[name] for name in ("stride", "dilation", "groups")},
    )
    yield "out", run(inputs | {"offset": offset} | _unit_mask(inputs))["out"], expected


def _unit_mask(inputs: Arrays) -> Arrays:
    return {"mask": np.ones_like(inputs["mask"])} if "mask" in inputs else {}


def additive(name: str) -> Callable[[Any, Case, Arrays], Pairs]:
    def pairs(run: Any, case: Case, inputs: Arrays) -> Pairs:
        other = Values("normal", case.seed, 1).array(name, inputs[name].shape)
        zero = run(inputs | {name: np.zeros_like(other)})["out"]
        apart = run(inputs)["out"] + run(inputs | {name: other})["out"]
        yield "out", run(inputs | {name: inputs[name] + other})["out"] + zero, apart

    return pairs


def homogeneous(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out = run(inputs)["out"]
    dout = Values("normal", case.seed, 1).array("dout", out.shape)
    bias = inputs["b"][:, None, None] if "b" in inputs else 0.0
    expected = np.asarray(np.sum(dout * (out - bias)))
    gradients = run.gradients(inputs, {"out": dout})
    for name in ("x", "w", "mask"):
        if name in inputs and isinstance(gradients.get(name), np.ndarray):
            yield f"sum of d{name} * {name}", np.sum(gradients[name] * inputs[name]), expected


def sampled(run: Any, case: Case, inputs: Arrays) -> Pairs:
    import torch
    from torch.nn.functional import grid_sample

    at, x = case.attributes, inputs["x"]
    (rows, columns), G, (N, C, H, W) = _grid(at), at["offset_groups"], x.shape
    taps = np.broadcast_shapes(rows.shape, columns.shape)
    pairs = inputs["offset"].reshape(N, G, *taps[:2], 2, *taps[2:])
    y, x_ = pairs[:, :, :, :, 0] + rows, pairs[:, :, :, :, 1] + columns
    grid = np.stack(((2 * x_ + 1) / W - 1, (2 * y + 1) / H - 1), axis=-1)
    samples = grid_sample(
        torch.from_numpy(x.reshape(N * G, C // G, H, W)),
        torch.from_numpy(grid.reshape(N * G, -1, taps[3], 2)),
        align_corners=False,
    ).numpy()
    samples = samples.reshape(N, G, C // G, *taps)
    if "mask" in inputs:
        samples = samples * inputs["mask"].reshape(N, G, 1, *taps)
    by_group = samples.reshape(N, at["groups"], -1, *taps)
    w = inputs["w"].reshape(at["groups"], -1, *inputs["w"].shape[1:])
    expected = np.einsum("ngchwij,gfchw->ngfij", by_group, w).reshape(N, -1, *taps[2:])
    expected = expected + (inputs["b"][:, None, None] if "b" in inputs else 0.0)
    yield "out", run(inputs)["out"], expected


SAMPLED = "out[n, filters, i, j] += w[filters, c % CG, kh, kw] * value"
FORWARD_MASK = "            value = value * mask[n, k, i, j]"
BACKWARD_MASK = "value, dvalue = value * mask[n, k, i, j], dvalue * mask[n, k, i, j]"
DVALUE = "np.sum(dout[n, filters, i, j] * w[filters, c % CG, kh, kw])"
DMASK = "dmask[n, k, i, j] += dvalue * value"
DW = "dw[filters, c % CG, kh, kw] += dout[n, filters, i, j] * value"
DX = "dx[n, c, r, s] += dvalue * weight"
DOFFSET_Y = "doffset[n, 2 * k, i, j] += dvalue * slope_y * x[n, c, r, s]"
DOFFSET_X = "doffset[n, 2 * k + 1, i, j] += dvalue * slope_x * x[n, c, r, s]"
PAIR = "offset[n, 2 * k, i, j], offset[n, 2 * k + 1, i, j]\n"
ROW = "row = i * sh - ph + kh * dh + dy"
COLUMN = "column = j * sw - pw + kw * dw + dx"
GROUP = "group = c // (g.channels // g.offset_groups)"
OUT = "out = np.zeros((len(x), len(w), OH, OW), x.dtype)"
FORWARD_RETURN = "    return out, (x, offset, w, b, mask, g)"
BACKWARD_RETURN = "    return dx, doffset, dw, db, dmask"

MISTAKES = (
    *_sampling.MISTAKES,
    edit(
        "offset pairs as (dx, dy)",
        "the first of a pair moves the column and the second the row",
        PAIR,
        "offset[n, 2 * k + 1, i, j], offset[n, 2 * k, i, j]\n",
    ),
    edit(
        "offset index k, k + 1",
        "tap k reads channels k and k + 1 instead of 2k and 2k + 1",
        PAIR,
        "offset[n, k, i, j], offset[n, k + 1, i, j]\n",
    ),
    edit(
        "offsets blocked instead of interleaved",
        "all dy of an offset group are expected first, then all dx",
        PAIR,
        "offset[n, group * KH * KW + k, i, j], offset[n, (group + 1) * KH * KW + k, i, j]\n",
    ),
    edit(
        "kernel index column by column",
        "offset and mask of tap (kh, kw) are read at kw * KH + kh",
        "tap = kh * KW + kw",
        "tap = kw * KH + kh",
    ),
    edit(
        "offset groups ignored",
        "every channel moves as the first offset group",
        GROUP,
        "group = 0",
    ),
    edit(
        "offset groups interleaved",
        "neighbouring channels belong to different offset groups",
        GROUP,
        "group = c % g.offset_groups",
    ),
    edit(
        "stride forgotten",
        "windows advance by one whatever the stride",
        ROW,
        ROW.replace("i * sh", "i"),
        COLUMN,
        COLUMN.replace("j * sw", "j"),
    ),
    edit(
        "strides of H and W swapped",
        "rows advance by the stride of the columns and the reverse",
        "sh, sw = g.stride",
        "sw, sh = g.stride",
    ),
    edit(
        "dilation forgotten in the sampling grid",
        "taps lie one pixel apart whatever the dilation",
        ROW,
        ROW.replace("kh * dh", "kh"),
        COLUMN,
        COLUMN.replace("kw * dw", "kw"),
    ),
    edit(
        "dilations of H and W swapped",
        "rows of taps lie apart by the dilation of the columns and the reverse",
        "dh, dw = g.dilation",
        "dw, dh = g.dilation",
    ),
    edit(
        "dilation forgotten in the output size",
        "the output is sized for a kernel without dilation",
        OUT,
        "size = [(n + 2 * p - k) // s + 1 for n, p, k, s in\n"
        "        zip(x.shape[2:], g.padding, g.kernel, g.stride)]\n"
        "    out = np.zeros((len(x), len(w), *size), x.dtype)",
    ),
    edit(
        "padding forgotten in the output size",
        "positions count the padding, the size of the output does not",
        FORWARD_RETURN,
        "    size = [max((n - d * (k - 1) - 1) // s + 1, 0) for n, d, k, s in\n"
        "        zip(x.shape[2:], g.dilation, g.kernel, g.stride)]\n"
        "    return out[:, :, : size[0], : size[1]], (x, offset, w, b, mask, g)",
    ),
    edit(
        "padding forgotten in the sampling grid",
        "the first tap lies at pixel (0, 0) whatever the padding",
        ROW,
        ROW.replace(" - ph", ""),
        COLUMN,
        COLUMN.replace(" - pw", ""),
    ),
    edit(
        "paddings of H and W swapped",
        "rows start at the padding of the columns and the reverse",
        "ph, pw = g.padding",
        "pw, ph = g.padding",
    ),
    edit(
        "offset in units of the dilation",
        "offsets are multiplied by the dilation, as the kernel's indices are",
        ROW,
        "row = i * sh - ph + (kh + dy) * dh",
        COLUMN,
        "column = j * sw - pw + (kw + dx) * dw",
    ),
    edit(
        "offset ignored",
        "an ordinary convolution: every tap reads its own place on the grid",
        PAIR,
        "0 * offset[n, 2 * k, i, j], 0 * offset[n, 2 * k + 1, i, j]\n",
    ),
    edit(
        "mask ignored",
        "the output is that of version 1, without modulation",
        FORWARD_MASK,
        "            pass",
    ),
    edit(
        "mask applied twice",
        "samples are multiplied by the square of the mask",
        FORWARD_MASK,
        FORWARD_MASK + " ** 2",
    ),
    edit(
        "mask shared across taps",
        "all taps of a window are multiplied by the mask of the first",
        FORWARD_MASK,
        FORWARD_MASK.replace("[n, k,", "[n, k - kh * g.kernel[1] - kw,"),
    ),
    edit(
        "mask of the first offset group",
        "every offset group is multiplied by the mask of the first",
        FORWARD_MASK,
        FORWARD_MASK.replace("[n, k,", "[n, k % (g.kernel[0] * g.kernel[1]),"),
    ),
    edit(
        "sigmoid applied to the mask",
        "the mask is squashed into (0, 1) by the operator instead of by its caller",
        FORWARD_MASK,
        "            value = value / (1 + np.exp(-mask[n, k, i, j]))",
    ),
    edit(
        "kernel flipped",
        "a true convolution: the kernel is turned by 180 degrees",
        SAMPLED,
        SAMPLED.replace("kh, kw]", "-1 - kh, -1 - kw]"),
    ),
    edit(
        "groups ignored",
        "every filter reads the channels of the first group",
        "    for n, c, i, j, kh, kw, k, row, column in _taps(offset, g):\n"
        "        filters = slice(c // CG * FG, c // CG * FG + FG)\n"
        "        value = _sample(x[n, c], row, column)\n"
        "        if mask is not None:\n            value = value",
        "    for n, c, i, j, kh, kw, k, row, column in _taps(offset, g):\n"
        "        filters = slice(c // CG * FG, c // CG * FG + FG)\n"
        "        value = _sample(x[n, c % CG], row, column)\n"
        "        if mask is not None:\n            value = value",
    ),
    edit(
        "groups mixed",
        "filters are dealt out to the groups in turn instead of in blocks",
        SAMPLED,
        "out[n, c // CG :: g.groups, i, j] += w[c // CG :: g.groups, c % CG, kh, kw] * value",
    ),
    edit(
        "taps not added up",
        "the output is the share of the last tap of the last channel",
        SAMPLED,
        SAMPLED.replace("+=", "="),
    ),
    edit(
        "bias left out",
        "the output does not contain the bias",
        "out += b[:, None, None]",
        "pass",
    ),
    edit(
        "bias gradient summed over the wrong axes",
        "db adds up one sample's positions only",
        "dout.sum(axis=(0, 2, 3))",
        "dout[:1].sum(axis=(0, 2, 3))",
    ),
    edit(
        "weight gradient averaged over the batch",
        "dw is divided by the number of samples",
        DW,
        DW + " / len(x)",
    ),
    edit(
        "weight gradient of unmasked samples",
        "dw adds up samples that the mask has not multiplied",
        BACKWARD_MASK,
        "dvalue = dvalue * mask[n, k, i, j]",
    ),
    edit(
        "weight gradient assigned instead of added",
        "dw keeps the share of the last position",
        DW,
        DW.replace("+=", "="),
    ),
    edit(
        "mask missing from the input gradient",
        "dx is that of version 1",
        DX,
        f"dx[n, c, r, s] += {DVALUE} * weight",
    ),
    edit(
        "mask missing from the offset gradient",
        "doffset is that of version 1",
        DOFFSET_Y,
        DOFFSET_Y.replace("dvalue", DVALUE),
        DOFFSET_X,
        DOFFSET_X.replace("dvalue", DVALUE),
    ),
    edit(
        "mask gradient without the weights",
        "dmask adds up dout times the sample, whatever the weights",
        DMASK,
        "dmask[n, k, i, j] += np.sum(dout[n, filters, i, j]) * value",
    ),
    edit(
        "mask gradient times the mask",
        "dmask is taken of samples that the mask has already multiplied",
        DMASK,
        DMASK + " * mask[n, k, i, j]",
    ),
    edit(
        "mask gradient of the last channel",
        "dmask is overwritten by each channel of its offset group instead of added up",
        DMASK,
        DMASK.replace("+=", "="),
    ),
    edit(
        "input gradient assigned instead of added",
        "where taps share a corner, dx keeps the last one's share only",
        DX,
        DX.replace("+=", "="),
    ),
    edit(
        "input gradient to one corner only",
        "the upper left corner receives its share, the other three nothing",
        DX,
        DX + " * (r <= row and s <= column)",
    ),
    edit(
        "input gradient not weighted",
        "each corner receives the whole gradient of the sample",
        DX,
        "dx[n, c, r, s] += dvalue",
    ),
    edit(
        "offset gradient as (dx, dy)",
        "the slope in x is returned where that in y belongs and the reverse",
        DOFFSET_Y,
        DOFFSET_Y.replace("slope_y", "slope_x"),
        DOFFSET_X,
        DOFFSET_X.replace("slope_x", "slope_y"),
    ),
    edit(
        "offset gradient with the wrong sign",
        "doffset is the upper minus the lower row, the left minus the right column",
        DOFFSET_Y,
        DOFFSET_Y.replace("+=", "-="),
        DOFFSET_X,
        DOFFSET_X.replace("+=", "-="),
    ),
    edit(
        "offset gradient of the last channel",
        "doffset is that of the last channel of its offset group instead of the sum over all",
        "        for r, s, weight, slope_y, slope_x in",
        "        doffset[n, 2 * k : 2 * k + 2, i, j] = 0\n"
        "        for r, s, weight, slope_y, slope_x in",
    ),
    edit(
        "offset gradient at whole positions of the left side",
        "where a position is whole, doffset is the slope before it, not that after it",
        "low = np.floor(p.real)",
        "low = np.ceil(p.real) - 1",
    ),
    edit(
        "input changed in place",
        "offsets are rounded down where they stand, so the caller's array is spoiled",
        FORWARD_RETURN,
        "    cache = x, offset.copy(), w, b, mask, g\n"
        "    np.floor(offset, out=offset)\n    return out, cache",
    ),
    edit(
        "dout changed in place",
        "backward scales the caller's dout where it stands",
        BACKWARD_RETURN,
        "    dout *= 0.5\n" + BACKWARD_RETURN,
    ),
    edit(
        "cache consumed by backward",
        "the cached offsets are overwritten, so a second backward is wrong",
        FORWARD_RETURN,
        "    return out, (x, offset.copy(), w, b, mask, g)",
        BACKWARD_RETURN,
        "    offset += 0.5\n" + BACKWARD_RETURN,
    ),
    edit(
        "accumulated in float16",
        "products are rounded to half precision before they are added up",
        SAMPLED,
        SAMPLED.replace("w[", "(w[") + ").astype(np.float16)",
    ),
    edit(
        "float64 whatever the input",
        "the output is allocated without the input's dtype",
        OUT,
        OUT.replace(", x.dtype", ""),
    ),
)


CORNERS: Corners = {
    "with mask": lambda case: case.attributes["masked"],
    "without mask": lambda case: not case.attributes["masked"],
    "offset groups": lambda case: case.attributes["offset_groups"] > 1,
    "groups": lambda case: case.attributes["groups"] > 1,
    "padding 0": lambda case: max(case.attributes["padding"]) == 0,
}


def _workload(
    name: str, batch: int, channels: int, side: int, *, bias: bool = False, masked: bool = False
) -> Workload:
    """3x3 kernels on square maps, of as many filters as channels, that keep the size."""
    attributes = {
        "batch": batch,
        "channels": channels,
        "filters": channels,
        "groups": 1,
        "offset_groups": 1,
        "bias": bias,
        "masked": masked,
        "reach": "near",
        "kernel": (3, 3),
        "stride": (1, 1),
        "padding": (1, 1),
        "dilation": (1, 1),
        "size": (side, side),
    }
    return Workload(name, attributes, judged=name == "modulated")


operator = Operator(
    name="deform_conv2d",
    source="torchvision.ops.deform_conv2d",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x", "offset", "w", "b", "mask"),
    kinked=("offset",),
    weak_kinks=weak_kinks,
    laws=(
        Law("still", "without offsets and with a mask of ones it is a convolution", still),
        Law("shift", "offsets that are one whole number convolve the shifted map", shifted),
        Law(
            "additivity in x", "deform(x + y) = deform(x) + deform(y) up to the bias", additive("x")
        ),
        Law(
            "additivity in mask",
            "the output of a sum of masks is the sum of the outputs up to the bias",
            additive("mask"),
            applies=lambda case: case.attributes["masked"],
        ),
        Law(
            "grid_sample",
            "every tap reads what torch.nn.functional.grid_sample reads there",
            sampled,
            applies=lambda case: case.attributes["batch"] > 0,
        ),
        Law(
            "homogeneity",
            "dx, dw and dmask times their arrays all add up to dout times the output",
            homogeneous,
            needs_backward=True,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        _workload("modulated", 2, 16, 28, bias=True, masked=True),
        _workload("16 channels at 28", 2, 16, 28),
        _workload("64 channels at 56", 1, 64, 56, masked=True),
        Workload(
            "detection backbone",
            {
                "batch": 1,
                "channels": 128,
                "filters": 128,
                "groups": 1,
                "offset_groups": 4,
                "bias": False,
                "masked": False,
                "reach": "far",
                "kernel": (3, 3),
                "stride": (2, 2),
                "padding": (1, 1),
                "dilation": (1, 1),
                "size": (56, 84),
            },
        ),
    ),
)
