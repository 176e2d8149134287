"""avg_pool2d: strategy over geometry and divisors, oracle, laws and mistakes."""

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
    batch = draw(domain.size("batch", (1, 2, 3, 4, 0)))
    channels = draw(domain.integer("channels", 1, 3))
    dense = domain.restricted(dilation=(1,))
    windows = draw_windows(draw, dense, half_padding=True, default_stride=True)
    divisors = (None, None, None, 8)  # mostly None: a given divisor hides how elements are counted
    return {
        "batch": batch,
        "channels": channels,
        "kernel_size": windows["kernel"],
        "stride": windows["stride"],
        "padding": windows["padding"],
        "size": windows["size"],
        "ceil_mode": draw(domain.boolean("ceil_mode")),
        "count_include_pad": draw(domain.choice("count_include_pad", (True, False))),
        "divisor_override": draw(domain.choice("divisor_override", divisors)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return {"x": values.array("x", (at["batch"], at["channels"], *at["size"]))}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import avg_pool2d

    out = avg_pool2d(
        tensors["x"],
        at["kernel_size"],
        stride=at["stride"],
        padding=at["padding"],
        ceil_mode=at["ceil_mode"],
        count_include_pad=at["count_include_pad"],
        divisor_override=at["divisor_override"],
    )
    return {"out": out}


def padded(case: Case) -> bool:
    return max(case.attributes["padding"]) > 0


def reaches_beyond(case: Case) -> bool:
    """Whether a last window of ceil_mode leaves the padded map."""
    at, strides = case.attributes, case.attributes["stride"] or case.attributes["kernel_size"]
    for size, k, s, p in zip(at["size"], at["kernel_size"], strides, at["padding"], strict=True):
        start = -(-(size + 2 * p - k) // s) * s
        if at["ceil_mode"] and start + k > size + 2 * p and start < size + p:
            return True
    return False


def of_x_alone(case: Case) -> bool:
    """Whether every window is divided by the number of its elements in x."""
    at = case.attributes
    return at["divisor_override"] is None and not (padded(case) and at["count_include_pad"])


def tiled(case: Case) -> bool:
    """Whether every element of x lies in a window, and each in one only."""
    at, kernel = case.attributes, case.attributes["kernel_size"]
    whole = all(n % k == 0 for n, k in zip(at["size"], kernel, strict=True))
    return whole and at["stride"] in (None, kernel) and not padded(case)


def constant_kept(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out = run(inputs | {"x": np.full_like(inputs["x"], 1.5)})["out"]
    yield "out of a constant map", out, np.full_like(out, 1.5)


def channels_apart(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = run(inputs | {"x": inputs["x"][:, ::-1].copy()})["out"]
    yield "out", turned, run(inputs)["out"][:, ::-1]


def conserved(run: Any, case: Case, inputs: Arrays) -> Pairs:
    dout = Values("normal", case.seed, 1).array("dout", run(inputs)["out"].shape)
    dx = run.gradients(inputs, {"out": dout})["x"]
    yield "dx summed over each map", dx.sum(axis=(2, 3)), dout.sum(axis=(2, 3))


def mean_kept(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "the mean of each map", run(inputs)["out"].mean((2, 3)), inputs["x"].mean((2, 3))


GEOMETRY = "x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override\n    )"
PADDED = "padded[:, :, ph : ph + H, pw : pw + W] = x"
DIVISOR = "divisors[i, j] = divisor_override or _count(i, j, g, count_include_pad)"
OUT = "out = np.zeros((N, C, *g.out), x.dtype)"
ADD = "out[n, c, i, j] += padded[n, c, i * sh + ki, j * sw + kj]"
DIVIDE = "out[n, c, i, j] /= divisors[i, j]"
SUM = f"""        for ki, kj in np.ndindex(KH, KW):
            {ADD}
        {DIVIDE}
    return"""
END = "end = min(first + g.kernel[a], g.size[a] + g.padding[a])"
INSIDE = "first, end = max(first, 0), min(end, g.size[a])"
SHARE = "share = dout[n, c, i, j] / divisors[i, j]"
HAND_ON = "dpadded[n, c, i * sh + ki, j * sw + kj] += share"
CROP = "dx = dpadded[:, :, ph : ph + H, pw : pw + W]"


def swapped(old: str, place: str) -> tuple[str, str, str, str]:
    """Both passes with H and W exchanged in a place, kept inside the map: only values differ."""
    row, column = place.split(", ")
    old_row, old_column = old.split(", ")
    row, column = f"min({row}, g.padded[0] - 1)", f"min({column}, g.padded[1] - 1)"
    there = f"n, c, {row}, {column}"
    here = f"n, c, {old_row}, {old_column}"
    return ADD, ADD.replace(here, there), HAND_ON, HAND_ON.replace(here, there)


PLACE = "i * sh + ki, j * sw + kj"

MISTAKES = (
    edit(
        "windows overlap: gradient assigned instead of added",
        "a pixel that lies in several windows keeps the last one's share only",
        HAND_ON,
        HAND_ON.replace("+=", "="),
    ),
    edit(
        "gradient not divided by the window",
        "every pixel of a window gets its whole dout",
        SHARE,
        "share = dout[n, c, i, j]",
    ),
    edit(
        "gradient divided by the full kernel",
        "dout is divided by the kernel's size where the output was divided by less, or by more",
        SHARE,
        "share = dout[n, c, i, j] / (KH * KW)",
    ),
    edit(
        "gradient to the first pixel",
        "the upper left pixel of a window gets the whole dout",
        f"for ki, kj in np.ndindex(KH, KW):\n            {HAND_ON}",
        f"share, ki, kj = dout[n, c, i, j], 0, 0\n        {HAND_ON}",
    ),
    edit(
        "gradient to the maximum",
        "the largest pixel of a window gets the whole dout, as in max pooling",
        "return out, (divisors, g, x.shape, x.dtype)",
        "return out, (padded, g, x.shape, x.dtype)",
        "divisors, g, (N, C, H, W), dtype = cache",
        "padded, g, (N, C, H, W), dtype = cache",
        f"{SHARE}\n        for ki, kj in np.ndindex(KH, KW):\n            {HAND_ON}",
        "window = padded[n, c, i * sh : i * sh + KH, j * sw : j * sw + KW].real\n"
        "        ki, kj = divmod(int(window.argmax()), KW)\n"
        "        dpadded[n, c, i * sh + ki, j * sw + kj] += dout[n, c, i, j]",
    ),
    edit(
        "dout not multiplied in",
        "dx is the share that a pixel has in its windows",
        SHARE,
        "share = 1 / divisors[i, j]",
    ),
    edit(
        "sum instead of mean",
        "windows are added up and not divided",
        DIVISOR,
        "divisors[i, j] = 1",
    ),
    edit(
        "largest instead of mean",
        "every window gives its largest value",
        SUM,
        "        window = padded[n, c, i * sh : i * sh + KH, j * sw : j * sw + KW]\n"
        "        out[n, c, i, j] = window.flat[int(np.argmax(window.real))]\n    return",
    ),
    edit(
        "mean of the whole map",
        "every window gives the mean of its map",
        SUM,
        "        out[n, c, i, j] = np.mean(x[n, c])\n    return",
    ),
    edit(
        "mean over channels too",
        "every channel gives the mean of all channels' windows",
        DIVIDE,
        DIVIDE + "\n    out[:] = np.mean(out, axis=1, keepdims=True)",
    ),
    edit(
        "integer division",
        "the mean of a window is rounded down",
        DIVIDE,
        "out[n, c, i, j] = np.floor(out[n, c, i, j].real / divisors[i, j])",
    ),
    edit(
        "kernel taken as square",
        "the sum is divided by the square of the kernel's height",
        "count *= end - first",
        "count = (end - first) ** 2 if a == 0 else count",
    ),
    edit(
        "count_include_pad reversed",
        "the padding counts where it should not and the reverse",
        "if not count_include_pad:",
        "if count_include_pad:",
    ),
    edit(
        "count_include_pad ignored",
        "the padding always counts",
        "if not count_include_pad:",
        "if False:",
    ),
    edit(
        "padding never counted",
        "windows are always divided by the number of their elements in x",
        "if not count_include_pad:",
        "if True:",
    ),
    edit(
        "padding not counted on one side",
        "without the padding only the upper and left one is left out of the count",
        INSIDE,
        "first = max(first, 0)",
    ),
    edit(
        "ceil windows divided by the full kernel",
        "what a window reads beyond the padding counts",
        END,
        "end = first + g.kernel[a]",
    ),
    edit(
        "ceil windows divided by what lies in x",
        "below and to the right the padding does not count",
        END,
        "end = min(first + g.kernel[a], g.size[a])",
    ),
    edit(
        "divisor_override ignored",
        "windows are divided by their own size all the same",
        DIVISOR,
        "divisors[i, j] = _count(i, j, g, count_include_pad)",
    ),
    edit(
        "divisor_override on top of the mean",
        "windows are divided by their size and by divisor_override",
        DIVISOR,
        "divisors[i, j] = (divisor_override or 1) * _count(i, j, g, count_include_pad)",
    ),
    edit(
        "padding repeats the border",
        "the padding reads the nearest pixel instead of 0",
        PADDED,
        "after = [(p, n - m - p) for p, n, m in zip(g.padding, g.padded, g.size)]\n"
        '    padded[...] = np.pad(x, [(0, 0), (0, 0), *after], mode="edge")',
    ),
    edit(
        "padding below and right only",
        "x stands in the upper left corner of the padded map",
        PADDED,
        "padded[:, :, :H, :W] = x",
    ),
    edit(
        "stride taken as the kernel",
        "windows advance by their own size whatever the stride",
        GEOMETRY,
        GEOMETRY.replace("stride,", "None,"),
    ),
    edit(
        "stride of 1 by default",
        "without a stride windows advance by one, not by their own size",
        GEOMETRY,
        GEOMETRY.replace("stride,", "1 if stride is None else stride,"),
    ),
    edit(
        "overlap cut off",
        "a window ends where the next one starts, as a reshape into blocks has it",
        f"for ki, kj in np.ndindex(KH, KW):\n            {ADD}",
        f"for ki, kj in np.ndindex(min(KH, sh), min(KW, sw)):\n            {ADD}",
    ),
    edit(
        "strides of H and W swapped",
        "rows advance by the stride of the columns and the reverse",
        *swapped(PLACE, "i * sw + ki, j * sh + kj"),
    ),
    edit(
        "stride applied to rows only",
        "columns advance by one whatever the stride",
        *swapped(PLACE, "i * sh + ki, j + kj"),
    ),
    edit(
        "kernel height and width swapped",
        "windows are as high as they should be wide and the reverse",
        *swapped(PLACE, "i * sh + kj, j * sw + ki"),
    ),
    edit(
        "output height and width swapped",
        "the output is sized (N, C, OW, OH), which only a non-square map shows",
        OUT,
        "out = np.zeros((N, C, g.out[1], g.out[0]), x.dtype)",
        "for n, c, i, j in np.ndindex(out.shape):",
        "for n, c, i, j in np.ndindex(N, C, min(g.out), min(g.out)):",
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
        axes = list(zip(g.size, g.kernel, g.stride, g.padding))
        outs = [-(-(n + 2 * p - k) // s) + 1 for n, k, s, p in axes]
        ends = [s * (o - 1) + k for o, (n, k, s, p) in zip(outs, axes)]
        g = g._replace(out=tuple(outs), padded=tuple(map(max, g.padded, ends)))""",
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
        "result always float64",
        "float32 inputs give float64 outputs",
        OUT,
        "out = np.zeros((N, C, *g.out), np.result_type(x, np.float64))",
    ),
    edit(
        "accumulated in float16",
        "windows are added up in half precision",
        ADD,
        f"{ADD}\n            if x.dtype.kind == 'f':\n"
        "                out[n, c, i, j] = np.float16(out[n, c, i, j])",
    ),
    edit(
        "input changed in place",
        "x is scaled where it stands, so the caller's array is spoiled",
        PADDED,
        f"{PADDED}\n    x *= 1.5",
    ),
    edit(
        "dout changed in place",
        "the caller's dout is divided by the window where it stands",
        SHARE,
        "dout[n, c, i, j] /= divisors[i, j]\n        share = dout[n, c, i, j]",
    ),
    edit(
        "cache consumed by backward",
        "the cached divisors are overwritten, so a second backward is wrong",
        CROP,
        f"{CROP}\n    divisors *= 2",
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
    "padding counted": lambda case: padded(case) and case.attributes["count_include_pad"],
    "padding not counted": lambda case: padded(case) and of_x_alone(case),
    "window beyond the padding": reaches_beyond,
    "window beyond a counted padding": lambda case: (
        reaches_beyond(case) and padded(case) and case.attributes["count_include_pad"]
    ),
    "divisor given": lambda case: case.attributes["divisor_override"] is not None,
    "empty": lambda case: case.attributes["batch"] == 0,
}


def workload(name: str, batch: int, channels: int, size: int, kernel: int, pad: int) -> Workload:
    return Workload(
        name,
        {
            "batch": batch,
            "channels": channels,
            "kernel_size": (kernel, kernel),
            "stride": (2, 2),
            "padding": (pad, pad),
            "size": (size, size),
            "ceil_mode": False,
            "count_include_pad": True,
            "divisor_override": None,
        },
        {
            "dilation": 1,
            "default_stride": False,
            "remainder": (size + 2 * pad - kernel) % 2,
        },
    )


operator = Operator(
    name="avg_pool2d",
    source="torch.nn.functional.avg_pool2d",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x",),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        ADDITIVITY,
        Law(
            "constant",
            "a constant map stays constant where the padding does not count",
            constant_kept,
            applies=of_x_alone,
        ),
        Law(
            "channels apart", "channels in another order give outputs in that order", channels_apart
        ),
        Law(
            "conservation",
            "dx adds up to dout over each map where the padding does not count",
            conserved,
            applies=of_x_alone,
            needs_backward=True,
        ),
        Law(
            "mean",
            "windows that tile a map keep its mean",
            mean_kept,
            applies=lambda case: tiled(case) and of_x_alone(case),
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        workload("course", 100, 3, 32, 2, 0),
        workload("DenseNet transition", 8, 64, 56, 2, 0),
        workload("overlapping", 8, 64, 56, 3, 1),
    ),
)
