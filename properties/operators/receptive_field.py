"""receptive_field: strategy over stacks of layers, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.values import Values

SETTINGS = ("kernel_sizes", "strides", "dilations")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    layers = range(draw(domain.choice("layers", (2, 1, 3, 4, 0))))
    return {
        "kernel_sizes": tuple(draw(domain.pair("kernel_size", 1, 3)) for _ in layers),
        "strides": tuple(draw(domain.pair("stride", 1, 3)) for _ in layers),
        "dilations": tuple(draw(domain.pair("dilation", 1, 2)) for _ in layers),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return {}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    """Where the gradient of one output of convolutions with ones is not zero."""
    import torch
    from torch.nn.functional import conv2d

    layers = list(zip(*(at[name] for name in SETTINGS), strict=True))
    size = np.ones(2, int)
    for kernel, stride, dilation in reversed(layers):
        size = size * stride + np.multiply(kernel, dilation)  # more than large enough
    with torch.enable_grad():
        x = out = torch.ones(1, 1, *size.tolist(), requires_grad=True)
        for kernel, stride, dilation in layers:
            out = conv2d(out, torch.ones(1, 1, *kernel), stride=stride, dilation=dilation)
        (dx,) = torch.autograd.grad(out[0, 0, 0, 0], x)
    seen = dx[0, 0].nonzero()
    return {"out": seen.max(dim=0).values - seen.min(dim=0).values + 1}


def part(case: Case, layers: slice) -> dict[str, Any]:
    """The attributes of some of the layers."""
    return {name: case.attributes[name][layers] for name in SETTINGS}


def first_and_others(run: Any, case: Case, inputs: Arrays) -> Pairs:
    first, others = slice(0, 1), slice(1, None)
    stride = np.array(case.attributes["strides"][0])
    alone, behind = (
        run(inputs, **part(case, first))["out"],
        run(inputs, **part(case, others))["out"],
    )
    yield "out", run(inputs)["out"], np.asarray(alone + stride * (behind - 1))


def one_layer(run: Any, case: Case, inputs: Arrays) -> Pairs:
    kernel, dilation = (np.array(case.attributes[n][-1]) for n in ("kernel_sizes", "dilations"))
    out = run(inputs, **part(case, slice(-1, None)))["out"]
    yield "out of the last layer alone", out, np.asarray(dilation * (kernel - 1) + 1)


def last_stride_is_free(run: Any, case: Case, inputs: Arrays) -> Pairs:
    strides = (*case.attributes["strides"][:-1], (1, 1))
    yield "out", run(inputs, strides=strides)["out"], run(inputs)["out"]


def turned(run: Any, case: Case, inputs: Arrays) -> Pairs:
    exchanged = {name: tuple(pair[::-1] for pair in case.attributes[name]) for name in SETTINGS}
    yield "out", run(inputs, **exchanged)["out"], run(inputs)["out"][::-1]


LAYERS = "for kernel, stride, dilation in reversed(layers):"
READ = "k, s, d = kernel[axis], stride[axis], dilation[axis]"
WALK = "positions = {p * s + t * d for p in positions for t in range(k)}"
OUT = "out[axis] = max(positions) - min(positions) + 1"
RESULT = "return out"


def read(line: str) -> tuple[str, str]:
    """An edit that reads the settings of an axis otherwise."""
    return READ, f"{READ}\n            {line}"


def recurrence(widen: str, jump: str = "jump *= s") -> tuple[str, str]:
    """An edit that computes the field from the first layer to the last by other rules."""
    return (
        OUT,
        f"""field, jump = 1, 1
        for layer, (kernel, stride, dilation) in enumerate(layers):
            {READ}
            {widen}
            {jump}
        out[axis] = field""",
    )


MISTAKES = (
    edit(
        "strides not multiplied",
        "a layer is widened by the stride of the layer before it alone",
        *recurrence("field += (k - 1) * d * jump", "jump = s"),
    ),
    edit(
        "strides added up",
        "the distance between neighbours is the sum of the strides, not their product",
        *recurrence("field += (k - 1) * d * jump", "jump += s - 1"),
    ),
    edit("strides ignored", "the extents of the kernels are added up", *read("s = 1")),
    edit(
        "own stride counted",
        "a layer is widened by its own stride too, so that the last one's counts",
        *recurrence("jump *= s", "field += (k - 1) * d * jump"),
    ),
    edit(
        "stride of the first layer left out",
        "distances start with the stride of the second layer",
        *recurrence("field += (k - 1) * d * jump", "jump *= s if layer else 1"),
    ),
    edit(
        "sum of the kernels",
        "kernel sizes are added up",
        *recurrence("field += k - (layer == 0)"),
    ),
    edit("product of the kernels", "kernel sizes are multiplied", *recurrence("field *= k")),
    edit(
        "kernel counted whole",
        "a layer widens the field by k instead of k - 1",
        *recurrence("field += k * d * jump"),
    ),
    edit(
        "half kernels on both sides",
        "a layer widens the field by k // 2 on both sides, one too much for even kernels",
        *recurrence("field += 2 * (k // 2) * d * jump"),
    ),
    edit("dilation ignored", "taps are neighbours whatever the dilation", *read("d = 1")),
    edit(
        "dilated kernel one dilation too large",
        "the kernel is taken to be dilation * kernel elements long",
        *recurrence("field += (k * d - 1) * jump"),
    ),
    edit(
        "dilations multiplied",
        "dilations of earlier layers widen later ones, as strides do",
        *recurrence("jump *= d", "field += (k - 1) * jump\n            jump *= s"),
    ),
    edit(
        "layers in reverse order",
        "the last layer is taken for the first",
        LAYERS,
        "for kernel, stride, dilation in layers:",
    ),
    edit(
        "last layer only",
        "one output sees what its own kernel covers",
        LAYERS,
        "for kernel, stride, dilation in layers[-1:]:",
    ),
    edit(
        "last layer left out",
        "the field is that of the layer before",
        LAYERS,
        "for kernel, stride, dilation in reversed(layers[:-1]):",
    ),
    edit(
        "first layer left out",
        "the field is counted in elements of the first layer's output",
        LAYERS,
        "for kernel, stride, dilation in reversed(layers[1:]):",
    ),
    edit(
        "plus 1 forgotten",
        "the distance of the outermost positions is taken for their number",
        OUT,
        "out[axis] = max(positions) - min(positions)",
    ),
    edit(
        "holes left out",
        "the positions are counted on which the output depends, not the region they span",
        OUT,
        "out[axis] = len(positions)",
    ),
    edit(
        "distance of neighbouring outputs",
        "the product of the strides is taken for the field",
        *recurrence("field *= s"),
    ),
    edit(
        "kernel height and width swapped",
        "kernels are as high as they should be wide and the reverse",
        *read("k = kernel[1 - axis]"),
    ),
    edit(
        "strides of H and W swapped",
        "rows advance by the stride of the columns and the reverse",
        *read("s = stride[1 - axis]"),
    ),
    edit(
        "dilations of H and W swapped",
        "rows are dilated as columns should be and the reverse",
        *read("d = dilation[1 - axis]"),
    ),
    edit("height and width swapped", "the result is (width, height)", RESULT, "return out[::-1]"),
    edit(
        "height taken for the width",
        "both numbers are those of the first axis",
        RESULT,
        "return out[[0, 0]]",
    ),
    edit(
        "number of elements",
        "height and width are multiplied",
        RESULT,
        "return out[0] * out[1]",
    ),
)

CORNERS: Corners = {
    "no layer": lambda case: not case.attributes["kernel_sizes"],
    "one layer": lambda case: len(case.attributes["kernel_sizes"]) == 1,
    "four layers": lambda case: len(case.attributes["kernel_sizes"]) == 4,
    "two strides multiply": lambda case: (
        len(case.attributes["strides"]) > 2
        and min(case.attributes["strides"][0][0], case.attributes["strides"][1][0]) > 1
    ),
    "dilated": lambda case: any(max(d) > 1 for d in case.attributes["dilations"]),
    "non-square kernel": lambda case: any(h != w for h, w in case.attributes["kernel_sizes"]),
    "non-square stride": lambda case: any(h != w for h, w in case.attributes["strides"]),
    "even kernel": lambda case: any(2 in kernel for kernel in case.attributes["kernel_sizes"]),
}

operator = Operator(
    name="receptive_field",
    source="torch.nn.functional.conv2d",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=("integers",),
    laws=(
        Law(
            "composition",
            "the field of the other layers, strided by the first and widened by its kernel",
            first_and_others,
            applies=lambda case: len(case.attributes["kernel_sizes"]) > 1,
        ),
        Law(
            "one layer",
            "a layer alone sees dilation (kernel - 1) + 1 elements",
            one_layer,
            applies=lambda case: len(case.attributes["kernel_sizes"]) > 0,
        ),
        Law(
            "last stride",
            "the stride of the last layer changes nothing",
            last_stride_is_free,
            applies=lambda case: len(case.attributes["kernel_sizes"]) > 0,
        ),
        Law("exchange", "all settings of H and W exchanged exchange the results", turned),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
