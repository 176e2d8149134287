"""conv2d: strategy over geometry, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators._laws import ADDITIVITY
from properties.operators._windows import draw_windows, has_remainder
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    groups = draw(domain.integer("groups", 1, 3))
    drawn = {
        "batch": draw(domain.size("batch", (1, 2, 3, 0))),
        "channels": groups * draw(domain.integer("channels_per_group", 1, 3)),
        "filters": groups * draw(domain.integer("filters_per_group", 1, 3)),
        "groups": groups,
        "bias": draw(domain.boolean("bias")),
    }
    return drawn | draw_windows(draw, domain, named_padding=True)


def inputs(at: Attributes, values: Values) -> Arrays:
    N, C, F, G = at["batch"], at["channels"], at["filters"], at["groups"]
    arrays = {
        "x": values.array("x", (N, C, *at["size"])),
        "w": values.tame("w", (F, C // G, *at["kernel"])),
    }
    if at["bias"]:
        arrays["b"] = values.tame("b", (F,))
    return arrays


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import conv2d

    out = conv2d(
        tensors["x"],
        tensors["w"],
        tensors.get("b"),
        stride=at["stride"],
        padding=at["padding"],
        dilation=at["dilation"],
        groups=at["groups"],
    )
    return {"out": out}


def impulse(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """A single one in x reads out taps of w, wherever the window covers it."""
    x = np.zeros_like(inputs["x"])
    x[0, 0, 0, 0] = 1.0
    only = {"x": x, "w": inputs["w"]}
    F = inputs["w"].shape[0] // case.attributes["groups"]
    out = run(only, bias=False)["out"]
    yield "out[:, F/groups:]", out[:, F:], np.zeros_like(out[:, F:])
    yield "out[1:]", out[1:], np.zeros_like(out[1:])


FORWARD_ROWS = """rows = slice(i * sh, i * sh + dh * (KH - 1) + 1, dh)
                    columns = slice(j * sw, j * sw + dw * (KW - 1) + 1, dw)"""
BACKWARD_DW = "dw[f] += dout[n, f, i, j] * padded[n, channels, rows, columns]"

MISTAKES = (
    edit(
        "strides of H and W swapped",
        "rows advance by the stride of the columns and the reverse",
        FORWARD_ROWS,
        """rows = slice(i * sw, i * sw + dh * (KH - 1) + 1, dh)
                    columns = slice(j * sh, j * sh + dw * (KW - 1) + 1, dw)""",
    ),
    edit(
        "output height and width swapped",
        "the output is sized (N, F, OW, OH), which only a non-square map shows",
        "for i in range(g.out[0]):\n                for j in range(g.out[1]):\n"
        "                    rows",
        "for i in range(min(g.out)):\n                for j in range(min(g.out)):\n"
        "                    rows",
        "out = np.zeros((N, F, *g.out), x.dtype)",
        "out = np.zeros((N, F, g.out[1], g.out[0]), x.dtype)",
    ),
    edit(
        "stride applied to rows only",
        "columns advance by one whatever the stride",
        FORWARD_ROWS,
        FORWARD_ROWS.replace("j * sw, j * sw +", "j, j +"),
    ),
    edit(
        "stride forgotten",
        "windows advance by one whatever the stride",
        FORWARD_ROWS,
        FORWARD_ROWS.replace("j * sw, j * sw +", "j, j +").replace("i * sh, i * sh +", "i, i +"),
    ),
    edit(
        "dilation forgotten",
        "neighbouring pixels are read whatever the dilation",
        FORWARD_ROWS,
        """rows = slice(i * sh, i * sh + KH)
                    columns = slice(j * sw, j * sw + KW)""",
    ),
    edit(
        "padding 0 slices the gradient away",
        "dx is cropped by [p:-p], which is empty when p is 0",
        "dx = dpadded[:, :, top : top + H, left : left + W]",
        "dx = dpadded[:, :, top : -g.after[0], left : -g.after[1]]",
    ),
    edit(
        "padding of dx not cropped",
        "dx keeps the border that padding added",
        "dx = dpadded[:, :, top : top + H, left : left + W]",
        "dx = dpadded",
    ),
    edit(
        "padding of dx cropped at the wrong corner",
        "dx is the upper left part of the padded gradient",
        "dx = dpadded[:, :, top : top + H, left : left + W]",
        "dx = dpadded[:, :, :H, :W]",
    ),
    edit(
        "output size rounded up",
        "the size is ceil instead of floor when the stride leaves a remainder",
        "out = np.zeros((N, F, *g.out), x.dtype)",
        "size = [-(-(n - d * (k - 1) - 1) // s) + 1 for n, d, k, s in\n"
        "        zip(padded.shape[2:], g.dilation, w.shape[2:], g.stride)]\n"
        "    out = np.zeros((N, F, *size), x.dtype)",
    ),
    edit(
        "kernel flipped",
        "a true convolution: the kernel is turned by 180 degrees",
        "np.sum(window * w[f])",
        "np.sum(window * w[f][:, ::-1, ::-1])",
    ),
    edit(
        "kernel transposed",
        "the kernel's rows and columns are exchanged where they can be",
        "np.sum(window * w[f])",
        "np.sum(window * (w[f].swapaxes(1, 2) if KH == KW else w[f]))",
    ),
    edit(
        "bias added at every tap",
        "the bias is counted once for each element of the window",
        "out[n, f, i, j] += b[f]",
        "out[n, f, i, j] += b[f] * window.size",
    ),
    edit(
        "bias left out",
        "the output does not contain the bias",
        "out[n, f, i, j] += b[f]",
        "pass",
    ),
    edit(
        "bias gradient summed over the wrong axes",
        "db adds up one sample's positions only",
        "dout.sum(axis=(0, 2, 3))",
        "dout.sum(axis=(2, 3))[:1].reshape(-1)",
    ),
    edit(
        "bias gradient averaged over the batch",
        "db is divided by the number of samples",
        "dout.sum(axis=(0, 2, 3))",
        "dout.sum(axis=(0, 2, 3)) / max(N, 1)",
    ),
    edit(
        "weight gradient averaged over the batch",
        "dw is divided by the number of samples",
        BACKWARD_DW,
        BACKWARD_DW.replace("dout[n, f, i, j] *", "dout[n, f, i, j] / N *"),
    ),
    edit(
        "weight gradient of the last sample only",
        "dw is overwritten by each sample instead of added up",
        "    for n in range(N):\n        for f in range(F):\n"
        "            channels = slice(f // FG * CG, f // FG * CG + CG)\n"
        "            for i in range(OH):",
        "    for n in range(N):\n        dw[:] = 0\n        for f in range(F):\n"
        "            channels = slice(f // FG * CG, f // FG * CG + CG)\n"
        "            for i in range(OH):",
    ),
    edit(
        "windows overlap: gradient assigned instead of added",
        "where windows overlap, dx keeps the last one's share only",
        "dpadded[n, channels, rows, columns] += dout[n, f, i, j] * w[f]",
        "dpadded[n, channels, rows, columns] = dout[n, f, i, j] * w[f]",
    ),
    edit(
        "input gradient with a flipped kernel",
        "dx uses the kernel turned by 180 degrees",
        "dpadded[n, channels, rows, columns] += dout[n, f, i, j] * w[f]",
        "dpadded[n, channels, rows, columns] += dout[n, f, i, j] * w[f][:, ::-1, ::-1]",
    ),
    edit(
        "groups mixed",
        "every filter reads the channels of another group, interleaved instead of blocked",
        "channels = slice(f // FG * CG, f // FG * CG + CG)\n            for i in range(g.out[0]):",
        "channels = slice(f % groups * CG, f % groups * CG + CG)\n"
        "            for i in range(g.out[0]):",
    ),
    edit(
        "groups ignored",
        "every filter reads the channels of the first group",
        "channels = slice(f // FG * CG, f // FG * CG + CG)\n            for i in range(g.out[0]):",
        "channels = slice(0, CG)\n            for i in range(g.out[0]):",
    ),
    edit(
        "input changed in place",
        "x is scaled where it stands, so the caller's array is spoiled",
        "    padded[:, :, top : top + H, left : left + W] = x\n",
        "    padded[:, :, top : top + H, left : left + W] = x\n    x *= 1.5\n",
    ),
    edit(
        "dout changed in place",
        "backward scales the caller's dout where it stands",
        "    H, W = padded.shape[2] - top",
        "    dout *= 0.5\n    H, W = padded.shape[2] - top",
    ),
    edit(
        "cache consumed by backward",
        "the cached padded input is overwritten, so a second backward is wrong",
        "    H, W = padded.shape[2] - top",
        "    padded *= 0\n    H, W = padded.shape[2] - top",
    ),
    edit(
        "accumulated in float16",
        "products are added up in half precision",
        "np.sum(window * w[f])",
        "np.sum(window * w[f], dtype=None if x.dtype.kind == 'c' else np.float16)",
    ),
)


CORNERS: Corners = {
    "stride above kernel": lambda case: case.attributes["stride"][0] > case.attributes["kernel"][0],
    "overlapping": lambda case: case.attributes["stride"][0] < case.attributes["kernel"][0],
    "non-square stride": lambda case: case.attributes["stride"][0] != case.attributes["stride"][1],
    "non-square map": lambda case: case.attributes["size"][0] != case.attributes["size"][1],
    "non-square kernel": lambda case: case.attributes["kernel"][0] != case.attributes["kernel"][1],
    "dilated": lambda case: max(case.attributes["dilation"]) > 1,
    "padded": lambda case: (
        case.attributes["padding"] not in ("same", "valid") and max(case.attributes["padding"]) > 0
    ),
    "padding on one axis": lambda case: sorted(case.attributes["padding"]) in ([0, 1], [0, 2]),
    "same": lambda case: case.attributes["padding"] == "same",
    "valid": lambda case: case.attributes["padding"] == "valid",
    "depthwise": lambda case: case.attributes["groups"] == case.attributes["channels"] > 1,
    "batch 0": lambda case: case.attributes["batch"] == 0,
    "batch 1": lambda case: case.attributes["batch"] == 1,
    "no bias": lambda case: not case.attributes["bias"],
    "remainder": lambda case: (
        case.attributes["padding"] not in ("same", "valid") and has_remainder(case.attributes)
    ),
}


def _workload(
    name: str,
    batch: int,
    channels: int,
    filters: int,
    side: int,
    *,
    kernel: int = 3,
    stride: int = 1,
    dilation: int = 1,
    groups: int = 1,
) -> Workload:
    """Square maps and kernels, padded so that stride 1 keeps the size."""
    return Workload(
        name,
        {
            "batch": batch,
            "channels": channels,
            "filters": filters,
            "groups": groups,
            "bias": True,
            "kernel": (kernel, kernel),
            "stride": (stride, stride),
            "padding": (dilation * (kernel - 1) // 2,) * 2,
            "dilation": (dilation, dilation),
            "size": (side, side),
        },
        {"named_padding": False, "remainder": 0},
        judged=name == "course",
    )


operator = Operator(
    name="conv2d",
    source="torch.nn.functional.conv2d",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x", "w", "b"),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        ADDITIVITY,
        Law(
            "locality",
            "one pixel of one sample reaches its own sample and group only",
            impulse,
            applies=lambda case: case.attributes["batch"] > 0 and not case.attributes["bias"],
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        _workload("course", 100, 3, 25, 31, stride=2),
        _workload("3x3 of 64 channels at 32", 8, 64, 64, 32),
        _workload("3x3 of 64 channels at 56", 4, 64, 64, 56),
        _workload("7x7 stem at 224", 1, 3, 64, 224, kernel=7, stride=2),
        _workload("depthwise 3x3", 4, 64, 64, 56, groups=64),
        _workload("1x1", 4, 64, 128, 56, kernel=1),
        _workload("dilated", 4, 32, 32, 56, dilation=2),
        _workload("grouped", 4, 64, 64, 56, groups=8),
        _workload("31x31 depthwise", 1, 32, 32, 56, kernel=31, groups=32),
    ),
)
