"""Receptive fields as free functions: of layers (kernel, stride, ...), or of a list for each.

A function takes one axis, and is asked for both. A tiny stack shows what the third number of a
layer is; what a function is not given is 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from candidates.conventions._metrics import Form, Metric, number
from properties.plain import WrongResult, given

At = Mapping[str, Any]
Call = Callable[..., Any]
Layer = tuple[int, int, int]

NAMES = """
    receptive_field compute_receptive_field calculate_receptive_field calc_receptive_field
    get_receptive_field receptive_field_size compute_rf calc_rf calculate_rf
    theoretical_receptive_field receptive_field_calculator find_receptive_field
    conv_receptive_field get_conv_receptive_field
"""
ROLES = {
    "layers": "layers conv_layers layer_specs convs layer_list specs layer_configs network stack",
    "kernels": "kernel_sizes kernels ks kernel_size_list filter_sizes kernel_size",
    "strides": "strides stride_sizes stride_list stride",
    "dilations": "dilations dilation_rates kernel_dilations dilation",
    "size": "input_size imsize input_dim image_size in_size",
}
UNSTRIDED, UNDILATED = {"stride": (1,)}, {"dilation": (1,)}


def as_dictionary(layer: Layer) -> dict[str, int]:
    k, s, d = layer
    kernel = dict.fromkeys(("kernel_size", "kernel", "k", "filter_size"), k)
    stride, dilation = dict.fromkeys(("stride", "s"), s), dict.fromkeys(("dilation", "d"), d)
    return {**kernel, **stride, **dilation, **dict.fromkeys(("padding", "pad", "p"), 0)}


LAYERS: tuple[tuple[Callable[[Layer], Any], Mapping[str, tuple[int, ...]], str], ...] = (
    (as_dictionary, {}, "of layers as dictionaries"),
    (as_dictionary, UNDILATED, "of layers as dictionaries"),
    (lambda layer: layer[:2], UNDILATED, "of layers (kernel, stride)"),
    (lambda layer: layer, {}, "of layers (kernel, stride, dilation)"),
    (lambda layer: (*layer[:2], 0), UNDILATED, "of layers (kernel, stride, padding)"),
    (
        lambda layer: (*layer[:2], 0, layer[2]),
        {},
        "of layers (kernel, stride, padding, dilation)",
    ),
    (lambda layer: layer[0], {**UNSTRIDED, **UNDILATED}, "of layers of stride 1"),
)


def first_of(result: Any) -> float:
    """The field where there is more than one result: the first of a tuple, the last of a list."""
    result = given(result)
    if isinstance(result, dict):
        found = [v for k, v in result.items() if str(k).lower() in ("receptive_field", "rf")]
        if not found:
            raise WrongResult(f"returned a dictionary of {', '.join(map(str, result))}")
        return number(found[0])
    if isinstance(result, (tuple, list)) and result:
        result = result[0 if isinstance(result, tuple) else -1]
    return number(result)


def axes(at: At) -> list[list[Layer]]:
    """The layers along each axis."""
    layers = list(zip(at["kernel_sizes"], at["strides"], at["dilations"], strict=True))
    return [[(k[a], s[a], d[a]) for k, s, d in layers] for a in (0, 1)]


def of(give: Callable[[Sequence[Layer]], Mapping[str, Any]], size: bool) -> Call:
    def call(function: Call, at: At, inputs: Any) -> np.ndarray:
        more = {"size": 224} if size else {}
        return np.array([first_of(function(**give(axis), **more)) for axis in axes(at)])

    return call


def stack(absent: Mapping[str, Any]) -> dict[str, Any]:
    """A tiny stack; strides and dilations that a function does not take are 1."""
    ones = ((1, 1),) * 3
    return {
        "kernel_sizes": ((3, 2), (4, 3), (2, 3)),
        "strides": ones if "stride" in absent else ((2, 3), (3, 2), (1, 2)),
        "dilations": ones if "dilation" in absent else ((1, 2), (2, 1), (1, 1)),
    }


def field(at: At) -> np.ndarray:
    out = np.ones(2)
    for a, layers in enumerate(axes(at)):
        jump = 1
        for k, s, d in layers:
            out[a] += (k - 1) * d * jump
            jump *= s
    return out


LISTS = ("kernels strides dilations", "kernels strides", "kernels dilations", "kernels")
TWICE = "it counts two convolutions for each layer"


def forms() -> list[Form]:
    found = []
    for size in (False, True):
        end = " size" if size else ""
        for item, absent, words in LAYERS:
            found += made(f"layers{end}", of(layers_of(item), size), absent, words)
        for roles in LISTS:
            absent = {n: (1,) for n in ("stride", "dilation") if f"{n}s" not in roles.split()}
            found += made(f"{roles}{end}", of(lists_of(roles.split()), size), absent, "")
    return found


def layers_of(item: Callable[[Layer], Any]) -> Callable[[Sequence[Layer]], Mapping[str, Any]]:
    return lambda layers: {"layers": [item(layer) for layer in layers]}


def lists_of(roles: Sequence[str]) -> Callable[[Sequence[Layer]], Mapping[str, Any]]:
    places = {"kernels": 0, "strides": 1, "dilations": 2}
    return lambda layers: {role: [layer[places[role]] for layer in layers] for role in roles}


def made(roles: str, call: Call, absent: Mapping[str, Any], words: str) -> list[Form]:
    at = stack(absent)
    right = field(at)
    return [
        Form(roles, call, at, {}, right, absent, words, spare=True),
        Form(roles, call, at, {}, 2 * right - 1, why=TWICE),
    ]


FIELDS = Metric(
    "receptive_field",
    NAMES,
    ROLES,
    forms(),
    """`receptive_field(layers)` of tuples (kernel, stride, padding or dilation) or dictionaries.

    Also `receptive_field(kernel_sizes, strides, dilations)`. Gives a number, the first of a tuple,
    the last of a list, or `receptive_field` of a dictionary.
    """,
    domain={"layers": (2, 1, 3, 4)},
)
SPELLINGS = FIELDS.spellings
