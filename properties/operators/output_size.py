"""output_size: strategy over geometry, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._windows import draw_windows, has_remainder
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    ceil_mode = draw(domain.boolean("ceil_mode"))
    exact = domain.restricted(remainder=(0,)) if ceil_mode else domain
    windows = draw_windows(draw, exact, half_padding=ceil_mode)
    size, stride = windows.pop("size"), windows["stride"]
    if ceil_mode:  # the last window, which may be the only one, reaches beyond the padding
        cut = draw(domain.pair("cut", 0, 2))
        size = tuple(size[a] - min(cut[a], stride[a] - 1, size[a] - 1) for a in (0, 1))
    return {
        "size": size,
        "kernel_size": windows.pop("kernel"),
        **windows,
        "ceil_mode": ceil_mode,
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return {}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch
    from torch.nn.functional import conv2d, max_pool2d

    x = torch.empty(1, 1, *at["size"], device="meta")
    how = {name: at[name] for name in ("stride", "padding", "dilation")}
    if at["ceil_mode"]:
        out = max_pool2d(x, at["kernel_size"], ceil_mode=True, **how)
    else:
        out = conv2d(x, torch.empty(1, 1, *at["kernel_size"], device="meta"), **how)
    return {"out": torch.tensor(out.shape[2:])}


def one_stride_more(run: Any, case: Case, inputs: Arrays) -> Pairs:
    at = case.attributes
    larger = (at["size"][0] + at["stride"][0], at["size"][1] + at["stride"][1])
    yield "out", run(inputs, size=larger)["out"], np.asarray(run(inputs)["out"] + 1)


def padding_is_map(run: Any, case: Case, inputs: Arrays) -> Pairs:
    at = case.attributes
    larger = (at["size"][0] + 2 * at["padding"][0], at["size"][1] + 2 * at["padding"][1])
    yield "out", run(inputs, size=larger, padding=(0, 0))["out"], run(inputs)["out"]


def dilated_is_large(run: Any, case: Case, inputs: Arrays) -> Pairs:
    at = case.attributes
    dilated = tuple(at["dilation"][a] * (at["kernel_size"][a] - 1) + 1 for a in (0, 1))
    yield "out", run(inputs, kernel_size=dilated, dilation=(1, 1))["out"], run(inputs)["out"]


def turned(run: Any, case: Case, inputs: Arrays) -> Pairs:
    names = ("size", "kernel_size", "stride", "padding", "dilation")
    exchanged = {name: case.attributes[name][::-1] for name in names}
    yield "out", run(inputs, **exchanged)["out"], run(inputs)["out"][::-1]


ROOM = "p, d = g.padding[axis], g.dilation[axis]"
BEYOND = "beyond = start + d * (k - 1) - (n + p - 1)"
FITS = "fits = beyond < s and start < n if ceil_mode else beyond <= 0"
RESULT = "return out"


def read(line: str) -> tuple[str, str]:
    """An edit that reads the settings of an axis otherwise."""
    return ROOM, f"{ROOM}\n        {line}"


MISTAKES = (
    edit(
        "rounded up",
        "a window that reaches beyond the padding counts without ceil_mode too",
        FITS,
        "fits = beyond < s and (start < n or not ceil_mode)",
    ),
    edit(
        "ceil_mode ignored", "the size is floor whatever ceil_mode says", FITS, "fits = beyond <= 0"
    ),
    edit(
        "ceil_mode keeps a window in the padding",
        "a last window that starts in the padding below or to the right counts",
        FITS,
        "fits = beyond < s if ceil_mode else beyond <= 0",
    ),
    edit(
        "ceil_mode counts a window that reaches beyond the padding by a stride",
        "with ceil_mode there is one window more even where the stride leaves no remainder",
        FITS,
        "fits = beyond <= s and start < n if ceil_mode else beyond <= 0",
    ),
    edit(
        "rounded to nearest",
        "the quotient is rounded, not cut off",
        RESULT,
        "axes = zip(*g, strict=True)\n"
        "    room = [(n + 2 * p - d * (k - 1) - 1) / s for n, k, s, p, d in axes]\n"
        "    return out if ceil_mode else np.round(room).astype(np.int64) + 1",
    ),
    edit(
        "plus 1 forgotten",
        "the strides that fit are counted, not the windows",
        RESULT,
        "return out - 1",
    ),
    edit("one window too many", "1 is added twice", RESULT, "return out + 1"),
    edit("padding ignored", "windows start at the edge of the map", *read("p = 0")),
    edit(
        "padding counted once",
        "the map is padded above and to the left only",
        BEYOND,
        "beyond = start + d * (k - 1) - (n - 1)",
    ),
    edit("dilation ignored", "taps are neighbours whatever the dilation", *read("d = 1")),
    edit(
        "dilated kernel one dilation too large",
        "the kernel is taken to be dilation * kernel elements long",
        BEYOND,
        "beyond = start + d * k - 1 - (n + p - 1)",
    ),
    edit("kernel ignored", "a window is one element", *read("k = 1")),
    edit(
        "kernel subtracted whole",
        "as many windows as strides fit beside the kernel",
        BEYOND,
        "beyond = start + d * (k - 1) + 1 - (n + p - 1)",
    ),
    edit("stride ignored", "windows advance by one whatever the stride", *read("s = 1")),
    edit("stride taken as the kernel", "windows advance by their own size", *read("s = k")),
    edit(
        "stride applied to rows only",
        "columns advance by one whatever the stride",
        *read("s = s if axis == 0 else 1"),
    ),
    edit(
        "strides of H and W swapped",
        "rows advance by the stride of the columns and the reverse",
        *read("s = g.stride[1 - axis]"),
    ),
    edit(
        "kernel height and width swapped",
        "windows are as high as they should be wide and the reverse",
        *read("k = g.kernel[1 - axis]"),
    ),
    edit(
        "paddings of H and W swapped",
        "rows are padded as columns should be and the reverse",
        *read("p = g.padding[1 - axis]"),
    ),
    edit(
        "dilations of H and W swapped",
        "rows are dilated as columns should be and the reverse",
        *read("d = g.dilation[1 - axis]"),
    ),
    edit("height and width swapped", "the result is (width, height)", RESULT, "return out[::-1]"),
    edit(
        "width taken as the height",
        "both numbers are those of the first axis, which only a non-square map shows",
        RESULT,
        "return out[[0, 0]]",
    ),
    edit(
        "size divided by the stride",
        "the padding is taken to be 'same': one window for each stride of the map",
        RESULT,
        "return np.array([-(-n // s) for n, s in zip(g.size, g.stride)])",
    ),
    edit(
        "number of windows",
        "height and width are multiplied",
        RESULT,
        "return out[0] * out[1]",
    ),
)

CORNERS: Corners = {
    "stride above kernel": lambda case: (
        case.attributes["stride"][0] > case.attributes["kernel_size"][0]
    ),
    "non-square map": lambda case: len(set(case.attributes["size"])) == 2,
    "non-square kernel": lambda case: len(set(case.attributes["kernel_size"])) == 2,
    "non-square stride": lambda case: len(set(case.attributes["stride"])) == 2,
    "padded": lambda case: max(case.attributes["padding"]) > 0,
    "dilated": lambda case: max(case.attributes["dilation"]) > 1,
    "ceil mode": lambda case: case.attributes["ceil_mode"],
    "kernel larger than the padded map": lambda case: (
        case.attributes["dilation"][0] * (case.attributes["kernel_size"][0] - 1) + 1
        > case.attributes["size"][0] + 2 * case.attributes["padding"][0]
    ),
    "remainder": lambda case: (
        not case.attributes["ceil_mode"]
        and has_remainder({**case.attributes, "kernel": case.attributes["kernel_size"]})
    ),
}

operator = Operator(
    name="output_size",
    source="torch.nn.functional.conv2d",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=("integers",),
    laws=(
        Law("one stride more", "a map larger by the stride has one window more", one_stride_more),
        Law(
            "padding",
            "padding counts like a larger map",
            padding_is_map,
            applies=lambda case: not case.attributes["ceil_mode"],
        ),
        Law(
            "dilation",
            "a dilated kernel counts like one that fills its extent",
            dilated_is_large,
        ),
        Law("exchange", "all settings of H and W exchanged exchange the results", turned),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
