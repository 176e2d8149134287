"""max_pool2d: strategy over geometry, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators._windows import draw_windows
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    batch = draw(domain.size("batch", (1, 2, 3, 4, 0)))
    channels = draw(domain.integer("channels", 1, 3))
    windows = draw_windows(draw, domain, half_padding=True, default_stride=True)
    return {
        "batch": batch,
        "channels": channels,
        "kernel_size": windows.pop("kernel"),
        **windows,
        "ceil_mode": draw(domain.boolean("ceil_mode")),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    shape = (at["batch"], at["channels"], *at["size"])
    if values.regime == "kinks":
        return {"x": np.trunc(values.array("x", shape) / 2)}  # -1, 0 and 1: ties in most windows
    return {"x": values.spaced("x", shape)}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import max_pool2d

    out = max_pool2d(
        tensors["x"],
        at["kernel_size"],
        stride=at["stride"],
        padding=at["padding"],
        dilation=at["dilation"],
        ceil_mode=at["ceil_mode"],
    )
    return {"out": out}


def any_of_the_maxima(
    at: Attributes, inputs: Arrays, outputs: Arrays, cotangents: Arrays, gradients: Arrays
) -> str | None:
    """Each dout reaches the maxima of its window, in shares from 0 to 1 that add up to 1."""
    (KH, KW), (dh, dw), (ph, pw) = at["kernel_size"], at["dilation"], at["padding"]
    sh, sw = at["stride"] or at["kernel_size"]
    x, out, dout, dx = inputs["x"], outputs["out"], cotangents["out"], gradients["x"]
    if np.abs(dx.sum(axis=(2, 3)) - dout.sum(axis=(2, 3))).max(initial=0) > 1e-9 * (1 + dout.size):
        return "the sum of dx over a map is not the sum of dout"
    (OH, OW), (H, W) = out.shape[2:], x.shape[2:]
    below, right = sh * OH + dh * KH, sw * OW + dw * KW
    padded = np.pad(x, ((0, 0), (0, 0), (ph, below), (pw, right)), constant_values=-np.inf)
    least, most = np.zeros_like(padded), np.zeros_like(padded)
    for i, j in np.ndindex(OH, OW):
        rows = slice(i * sh, i * sh + dh * (KH - 1) + 1, dh)
        columns = slice(j * sw, j * sw + dw * (KW - 1) + 1, dw)
        largest = padded[:, :, rows, columns] == out[:, :, i, j, None, None]
        share = dout[:, :, i, j, None, None] * largest
        least[:, :, rows, columns] += np.minimum(share, 0)
        most[:, :, rows, columns] += np.maximum(share, 0)
    inside = np.s_[:, :, ph : ph + H, pw : pw + W]
    if np.any((dx < least[inside] - 1e-9) | (dx > most[inside] + 1e-9)):
        return "dx is not made of shares of dout between 0 and 1 at the maxima of the windows"
    return None


def increasing(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out", run(inputs | {"x": 2 * inputs["x"] + 3})["out"], 2 * run(inputs)["out"] + 3


def channels_apart(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = run(inputs | {"x": inputs["x"][:, ::-1].copy()})["out"]
    yield "out", turned, run(inputs)["out"][:, ::-1]


def conserved(run: Any, case: Case, inputs: Arrays) -> Pairs:
    dout = Values("normal", case.seed, 1).array("dout", run(inputs)["out"].shape)
    dx = run.gradients(inputs, {"out": dout})["x"]
    yield "dx summed over each map", dx.sum(axis=(2, 3)), dout.sum(axis=(2, 3))


GEOMETRY = "g = check_max_pool2d(x, kernel_size, stride, padding, dilation, ceil_mode)"
TAPS = "for ki, kj in np.ndindex(KH, KW):"
PLACE = "row, column = i * sh + ki * dh, j * sw + kj * dw"
KEEP = "argmax[n, c, i, j] = row, column"
BEST = "out = np.full((N, C, *g.out), -np.inf, x.dtype)"
PADDED = "padded[:, :, ph : ph + H, pw : pw + W] = x"
ROUTE = "row, column = argmax[n, c, i, j]\n"
ADD = "dpadded[n, c, row, column] += dout[n, c, i, j]"
CROP = "dx = dpadded[:, :, ph : ph + H, pw : pw + W]"


def swapped(place: str) -> str:
    """A place with H and W exchanged, kept inside the map so that only values differ."""
    row, column = place.split(", ")
    return f"row, column = min({row}, padded.shape[2] - 1), min({column}, padded.shape[3] - 1)"


def window_gradient(share: str, assign: str = "+=") -> tuple[str, ...]:
    """Edits after which backward adds dout times `share`, given `largest`, to every window."""
    return (
        "return out, (argmax, g, x.dtype)",
        "return out, (padded, out.copy(), g, x.dtype)",
        "argmax, g, dtype = cache\n    check_dout(dout, argmax.shape[:-1], dtype)",
        "padded, best, g, dtype = cache",
        f"        {ROUTE}        {ADD}",
        f"""        rows, columns = (
            slice(at * s, at * s + d * (k - 1) + 1, d)
            for at, s, d, k in zip((i, j), g.stride, g.dilation, g.kernel)
        )
        largest = padded[n, c, rows, columns] == best[n, c, i, j]
        dpadded[n, c, rows, columns] {assign} dout[n, c, i, j] * {share}""",
    )


MISTAKES = (
    edit(
        "windows overlap: gradient assigned instead of added",
        "a pixel that is the maximum of several windows keeps the last one's dout only",
        ADD,
        ADD.replace("+=", "="),
    ),
    edit(
        "windows overlap: whole window assigned",
        "each window overwrites the gradients of the windows before it, also with zeros",
        *window_gradient("largest", "="),
    ),
    edit(
        "ties double counted",
        "every pixel equal to the maximum of its window gets the whole dout",
        *window_gradient("largest"),
    ),
    edit(
        "ties share the gradient",
        "pixels equal to the maximum of their window get equal parts of dout, PyTorch's first all",
        *window_gradient("(largest / np.sum(largest))"),
    ),
    edit(
        "last of tied maxima",
        "of equal values the last one has the gradient, in PyTorch the first",
        "if value.real > out[n, c, i, j].real",
        "if value.real >= out[n, c, i, j].real",
    ),
    edit(
        "gradient spread over the window",
        "every pixel of a window gets an equal part of dout, as in average pooling",
        *window_gradient("np.ones(largest.shape) / largest.size"),
    ),
    edit(
        "padding with 0 instead of -inf",
        "where all values at the border are negative, the padding is the maximum",
        "padded = np.full((N, C, *g.padded), -np.inf, x.dtype)",
        "padded = np.zeros((N, C, *g.padded), x.dtype)",
    ),
    edit(
        "maximum starts at 0",
        "windows with negative values alone give 0",
        BEST,
        "out = np.zeros((N, C, *g.out), x.dtype)",
    ),
    edit(
        "largest of the whole map",
        "every window gives the largest value of its map",
        PLACE,
        "row, column = np.unravel_index(np.argmax(padded[n, c].real), padded.shape[2:])",
    ),
    edit(
        "stride taken as the kernel",
        "windows advance by their own size whatever the stride",
        GEOMETRY,
        GEOMETRY.replace("stride,", "None,"),
    ),
    edit(
        "overlap cut off",
        "a window ends where the next one starts, as a reshape into blocks has it",
        TAPS,
        "for ki, kj in np.ndindex(min(KH, sh), min(KW, sw)):",
    ),
    edit(
        "strides of H and W swapped",
        "rows advance by the stride of the columns and the reverse",
        PLACE,
        swapped("i * sw + ki * dh, j * sh + kj * dw"),
    ),
    edit(
        "stride applied to rows only",
        "columns advance by one whatever the stride",
        PLACE,
        PLACE.replace("j * sw", "j"),
    ),
    edit(
        "kernel height and width swapped",
        "windows are as high as they should be wide and the reverse",
        TAPS,
        "for kj, ki in np.ndindex(KH, KW):",
        PLACE,
        swapped("i * sh + ki * dh, j * sw + kj * dw"),
    ),
    edit(
        "output height and width swapped",
        "the output is sized (N, C, OW, OH), which only a non-square map shows",
        BEST,
        "out = np.full((N, C, g.out[1], g.out[0]), -np.inf, x.dtype)",
        "in np.ndindex(out.shape):",
        "in np.ndindex(N, C, min(g.out), min(g.out)):",
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
        "output size rounded up",
        "the size is ceil instead of floor when the stride leaves a remainder",
        GEOMETRY,
        GEOMETRY.replace("ceil_mode", "True"),
    ),
    edit(
        "ceil_mode ignored",
        "the size is floor whatever ceil_mode says",
        GEOMETRY,
        GEOMETRY.replace("ceil_mode", "False"),
    ),
    edit(
        "ceil_mode keeps a window in the padding",
        "a last window that starts in the right padding is not left out",
        GEOMETRY,
        GEOMETRY
        + """
    if ceil_mode:
        axes = list(zip(g.size, g.kernel, g.stride, g.padding, g.dilation))
        outs = [-(-(n + 2 * p - d * (k - 1) - 1) // s) + 1 for n, k, s, p, d in axes]
        ends = [s * (o - 1) + d * (k - 1) + 1 for o, (n, k, s, p, d) in zip(outs, axes)]
        g = g._replace(out=tuple(outs), padded=tuple(map(max, g.padded, ends)))""",
    ),
    edit(
        "padding below and right only",
        "x stands in the upper left corner of the padded map",
        PADDED,
        "padded[:, :, :H, :W] = x",
    ),
    edit(
        "place in the window taken as place in the map",
        "dout goes to the pixel that the maximum would be in the first window",
        KEEP,
        "argmax[n, c, i, j] = ki * dh, kj * dw",
    ),
    edit(
        "place in the window split by its height",
        "the flat index of the maximum is divided by the height of the window, not its width",
        KEEP,
        "k = ki * KW + kj\n"
        "                argmax[n, c, i, j] = i * sh + k // KH * dh, j * sw + k % KH * dw",
    ),
    edit(
        "one mask for all channels",
        "dout of every channel goes to where the first channel has its maximum",
        ROUTE,
        ROUTE.replace("n, c", "n, 0"),
    ),
    edit(
        "dout not multiplied in",
        "dx counts the windows of which a pixel is the maximum",
        ADD,
        "dpadded[n, c, row, column] += 1",
    ),
    edit(
        "padding 0 slices the gradient away",
        "dx is cropped by [p:-p], which is empty when p is 0",
        CROP,
        "dx = dpadded[:, :, ph:-ph, pw:-pw]",
    ),
    edit(
        "padding of dx not cropped",
        "dx keeps the border that padding added",
        CROP,
        "dx = dpadded",
    ),
    edit(
        "padding of dx cropped at the wrong corner",
        "dx is the upper left part of the padded gradient",
        CROP,
        "dx = dpadded[:, :, :H, :W]",
    ),
    edit(
        "input changed in place",
        "x is scaled where it stands, so the caller's array is spoiled",
        PADDED,
        f"{PADDED}\n    x *= 1.5",
    ),
    edit(
        "dout changed in place",
        "the caller's dout is set to 0 where it has been handed on",
        ADD,
        f"{ADD}\n        dout[n, c, i, j] = 0",
    ),
    edit(
        "cache consumed by backward",
        "the places of the maxima are overwritten, so a second backward is wrong",
        CROP,
        f"{CROP}\n    argmax *= 0",
    ),
)


CORNERS: Corners = {
    "stride above kernel": lambda case: (
        case.attributes["stride"] is not None
        and case.attributes["stride"][0] > case.attributes["kernel_size"][0]
    ),
    "overlapping": lambda case: (
        case.attributes["stride"] is not None
        and case.attributes["stride"][0] < case.attributes["kernel_size"][0]
    ),
    "stride by default": lambda case: case.attributes["stride"] is None,
    "padded": lambda case: max(case.attributes["padding"]) > 0,
    "ceil mode": lambda case: case.attributes["ceil_mode"],
    "dilated": lambda case: max(case.attributes["dilation"]) > 1,
    "ties": lambda case: case.regime == "kinks",
}

operator = Operator(
    name="max_pool2d",
    source="torch.nn.functional.max_pool2d",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x",),
    regimes=("integers", "normal", "kinks", "large", "offset", "rows"),
    kinked=("x",),
    weak_kinks=any_of_the_maxima,
    laws=(
        Law("monotony", "pool(2 x + 3) = 2 pool(x) + 3", increasing),
        Law(
            "channels apart", "channels in another order give outputs in that order", channels_apart
        ),
        Law(
            "conservation",
            "dx adds up to dout over each map",
            conserved,
            needs_backward=True,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "course",
            {
                "batch": 100,
                "channels": 3,
                "kernel_size": (2, 2),
                "stride": (2, 2),
                "padding": (0, 0),
                "dilation": (1, 1),
                "size": (32, 32),
                "ceil_mode": False,
            },
            {"default_stride": False, "remainder": 0},
        ),
        Workload(
            "ResNet stem",
            {
                "batch": 8,
                "channels": 64,
                "kernel_size": (3, 3),
                "stride": (2, 2),
                "padding": (1, 1),
                "dilation": (1, 1),
                "size": (112, 112),
                "ceil_mode": False,
            },
            {"default_stride": False, "remainder": 1},
        ),
    ),
)
