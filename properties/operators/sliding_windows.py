"""sliding_windows: strategy over geometry, oracle, laws and mistakes."""

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
from properties.operators._windows import draw_windows
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    batch = draw(domain.size("batch", (1, 2, 3, 0)))
    channels = draw(domain.integer("channels", 1, 3))
    windows = draw_windows(draw, domain)
    return {
        "batch": batch,
        "channels": channels,
        "kernel_size": windows.pop("kernel"),
        **windows,
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return {"x": values.array("x", (at["batch"], at["channels"], *at["size"]))}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import unfold

    out = unfold(
        tensors["x"],
        at["kernel_size"],
        dilation=at["dilation"],
        padding=at["padding"],
        stride=at["stride"],
    )
    return {"out": out}


def channels_apart(run: Any, case: Case, inputs: Arrays) -> Pairs:
    N, C = inputs["x"].shape[:2]
    KH, KW = case.attributes["kernel_size"]
    turned = run(inputs | {"x": inputs["x"][:, ::-1].copy()})["out"]
    out = run(inputs)["out"]
    taps = out.reshape(N, C, KH * KW, out.shape[2])
    yield "out", turned, taps[:, ::-1].reshape(out.shape)


def adjoint(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out = run(inputs)["out"]
    dout = Values("normal", case.seed, 1).array("dout", out.shape)
    dx = run.gradients(inputs, {"out": dout})["x"]
    size = np.sum(np.abs(out * dout)) + 1
    got, expected = np.sum(dx * inputs["x"]) / size, np.sum(out * dout) / size
    yield "x times dx, as a share of out times dout", np.asarray(got), np.asarray(expected)


GEOMETRY = "g = check_sliding_windows(x, kernel_size, stride, padding, dilation)"
PADDED = "padded[g.inside] = x"
FORWARD_LOOP = "for n, c, ki, kj, i, j in np.ndindex(N, C, KH, KW, OH, OW):\n        tap, window"
PLACE = "row, column = i * sh + ki * dh, j * sw + kj * dw"
OUT = "out[n, tap, window] = padded[n, c, row, column]"
DPLACE = "dpadded[n, c, i * sh + ki * dh, j * sw + kj * dw]"
ADD = f"{DPLACE} += dout[n, tap, window]"
DX = "dx = dpadded[g.inside]"
RESULT = "return out, (g, x.dtype)"
TAP = "        row, column"
DTAP = f"        {DPLACE}"


def swapped(place: str) -> str:
    """A place with H and W exchanged, kept inside the map so that only values differ."""
    row, column = place.split(", ")
    return f"row, column = min({row}, padded.shape[2] - 1), min({column}, padded.shape[3] - 1)"


def order(line: str) -> tuple[str, ...]:
    """Edits that number taps or windows in another order, forward and backward alike."""
    return (TAP, f"        {line}\n{TAP}", DTAP, f"        {line}\n{DTAP}")


MISTAKES = (
    edit(
        "windows overlap: gradient assigned instead of added",
        "a pixel keeps the dout of the last window that covers it",
        ADD,
        ADD.replace("+=", "="),
    ),
    edit(
        "gradient averaged over overlapping windows",
        "dx is divided by the number of windows that cover a pixel",
        "    for n, c, ki, kj, i, j in np.ndindex(N, C, KH, KW, OH, OW):\n"
        "        tap, window = (c * KH + ki) * KW + kj, i * OW + j\n        dpadded",
        "    count = np.zeros(g.padded, dtype)\n"
        "    for n, c, ki, kj, i, j in np.ndindex(N, C, KH, KW, OH, OW):\n"
        "        tap, window = (c * KH + ki) * KW + kj, i * OW + j\n"
        "        count[n, c, i * sh + ki * dh, j * sw + kj * dw] += 1\n        dpadded",
        DX,
        "dx = (dpadded / np.maximum(count, 1))[g.inside]",
    ),
    edit(
        "channels last in a column",
        "a column has the channels of one tap together, not the taps of one channel",
        *order("tap = (ki * KW + kj) * C + c"),
    ),
    edit(
        "taps column by column",
        "the taps of a window are numbered downwards first",
        *order("tap = (c * KW + kj) * KH + ki"),
    ),
    edit(
        "windows column by column",
        "windows are numbered downwards first",
        *order("window = j * OH + i"),
    ),
    edit(
        "gradient's windows column by column",
        "dx takes the columns of dout for windows numbered downwards",
        DTAP,
        f"        window = j * OH + i\n{DTAP}",
    ),
    edit(
        "gradient's channels last",
        "dx takes the rows of dout for the channels of one tap together",
        DTAP,
        f"        tap = (ki * KW + kj) * C + c\n{DTAP}",
    ),
    edit(
        "one row a window",
        "the output is (N, L, C KH KW): windows are rows instead of columns",
        RESULT,
        "return out.swapaxes(1, 2), (g, x.dtype)",
    ),
    edit(
        "windows of all samples interleaved",
        "columns are ordered by window, then sample, and handed back in the shape (N, ...)",
        RESULT,
        "return out.transpose(1, 2, 0).reshape(out.shape), (g, x.dtype)",
    ),
    edit(
        "kernel flipped",
        "taps are numbered from the lower right corner",
        *order("tap = (c * KH + KH - 1 - ki) * KW + KW - 1 - kj"),
    ),
    edit(
        "stride forgotten",
        "windows advance by one whatever the stride",
        PLACE,
        "row, column = i + ki * dh, j + kj * dw",
    ),
    edit(
        "stride applied to rows only",
        "columns advance by one whatever the stride",
        PLACE,
        PLACE.replace("j * sw", "j"),
    ),
    edit(
        "strides of H and W swapped",
        "rows advance by the stride of the columns and the reverse",
        PLACE,
        swapped("i * sw + ki * dh, j * sh + kj * dw"),
    ),
    edit(
        "stride taken as the kernel",
        "windows advance by their own size, as where they tile the map",
        PLACE,
        swapped("i * KH + ki * dh, j * KW + kj * dw"),
    ),
    edit(
        "dilation forgotten",
        "neighbouring pixels are read whatever the dilation",
        PLACE,
        "row, column = i * sh + ki, j * sw + kj",
    ),
    edit(
        "dilations of H and W swapped",
        "rows are dilated as columns should be and the reverse",
        PLACE,
        swapped("i * sh + ki * dw, j * sw + kj * dh"),
    ),
    edit(
        "rows and columns exchanged",
        "windows are read from the map transposed",
        PLACE,
        swapped("j * sw + kj * dw, i * sh + ki * dh"),
    ),
    edit(
        "number of windows rounded up",
        "the count is ceil instead of floor when the stride leaves a remainder",
        GEOMETRY,
        GEOMETRY
        + """
    axes = zip(g.padded[2:], g.kernel, g.stride, g.dilation)
    g = g._replace(out=tuple(-(-(n - d * (k - 1) - 1) // s) + 1 for n, k, s, d in axes))""",
        OUT,
        "if row < g.padded[2] and column < g.padded[3]:\n"
        "            out[n, tap, window] = padded[n, c, row, column]",
    ),
    edit(
        "padding reads the border",
        "the padding repeats the pixels of the border instead of zeros",
        PADDED,
        "(ph, pw), wide = g.padding, ((0, 0), (0, 0))\n"
        '    padded = np.pad(x, (*wide, (ph, ph), (pw, pw)), mode="edge") if x.size else padded',
    ),
    edit(
        "padding below and right only",
        "x stands in the upper left corner of the padded map",
        PADDED,
        "padded[:, :, : x.shape[2], : x.shape[3]] = x",
    ),
    edit(
        "padding 0 slices the gradient away",
        "dx is cropped by [p:-p], which is empty when p is 0",
        DX,
        "(ph, pw) = g.padding\n    dx = dpadded[:, :, ph:-ph, pw:-pw]",
    ),
    edit(
        "padding of dx not cropped",
        "dx keeps the border that padding added",
        DX,
        "dx = dpadded",
    ),
    edit(
        "padding of dx cropped at the wrong corner",
        "dx is the upper left part of the padded gradient",
        DX,
        "dx = dpadded[:, :, : g.shape[2], : g.shape[3]]",
    ),
    edit(
        "dout not multiplied in",
        "dx counts the windows that cover a pixel",
        ADD,
        f"{DPLACE} += 1",
    ),
    edit(
        "gradient kept from call to call",
        "dx is a part of an array of the cache, to which a second backward adds",
        RESULT,
        "return out, (g, np.zeros(g.padded, x.dtype))",
        "g, dtype = cache\n    check_dout(dout, g.columns, dtype)",
        "g, dpadded = cache",
        "    dpadded = np.zeros(g.padded, dtype)\n",
        "",
    ),
    edit(
        "input changed in place",
        "the caller's x is scaled where it stands",
        PADDED,
        f"{PADDED}\n    x *= 1.5",
    ),
    edit(
        "dout changed in place",
        "the caller's dout is set to 0 where it has been handed on",
        ADD,
        f"{ADD}\n        dout[n, tap, window] = 0",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        "out = np.zeros(g.columns, x.dtype)",
        "out = np.zeros(g.columns, np.result_type(x, np.float64))",
    ),
    edit(
        "gradient accumulated in float16",
        "the windows are added up in half precision",
        "dpadded = np.zeros(g.padded, dtype)",
        "dpadded = np.zeros(g.padded, np.float16)",
        DX,
        "dx = dpadded[g.inside].astype(dtype)",
    ),
)

CORNERS: Corners = {
    "stride above kernel": lambda case: (
        case.attributes["stride"][0] > case.attributes["kernel_size"][0]
    ),
    "overlapping": lambda case: case.attributes["stride"][0] < case.attributes["kernel_size"][0],
    "non-square stride": lambda case: len(set(case.attributes["stride"])) == 2,
    "non-square kernel": lambda case: len(set(case.attributes["kernel_size"])) == 2,
    "non-square map": lambda case: len(set(case.attributes["size"])) == 2,
    "one tap": lambda case: case.attributes["kernel_size"] == (1, 1),
    "padded": lambda case: max(case.attributes["padding"]) > 0,
    "dilated": lambda case: max(case.attributes["dilation"]) > 1,
    "several channels": lambda case: case.attributes["channels"] > 1,
    "batch 0": lambda case: case.attributes["batch"] == 0,
}

operator = Operator(
    name="sliding_windows",
    source="torch.nn.functional.unfold",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x",),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        ADDITIVITY,
        Law("channels apart", "channels in another order give rows in that order", channels_apart),
        Law(
            "adjointness",
            "out times dout adds up to x times dx",
            adjoint,
            needs_backward=True,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "CIFAR-10 batch",
            {
                "batch": 64,
                "channels": 3,
                "kernel_size": (3, 3),
                "stride": (1, 1),
                "padding": (1, 1),
                "dilation": (1, 1),
                "size": (32, 32),
            },
        ),
    ),
)
