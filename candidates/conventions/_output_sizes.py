"""Output sizes as free functions: `conv_output_size(n, kernel_size, stride, padding)`.

A function takes one axis as numbers, or both as pairs; what it has no parameter for is not
promised. One that divides without rounding is judged where the stride divides.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from candidates.conventions._metrics import Form, Metric, number
from properties.plain import given

Call = Callable[..., Any]

NAMES = """
    conv_output_size conv_out_size conv2d_output_size conv_output_dim conv_output_shape
    conv2d_output_shape conv_out_shape output_size get_output_size compute_output_size
    calc_output_size calculate_output_size get_conv_output_size compute_conv_output_size
    calculate_conv_output_size get_conv_output_shape conv_output_length pool_output_size
"""
ROLES = {
    "size": "size n h w i h_w hw input_size in_size input_dim in_dim input_shape in_shape "
    "input_length input_width input_height width height w_in h_in n_in input image_size",
    "kernel_size": "kernel_size kernel k f filter_size kernel_dim ks field_size kernel_shape",
    "stride": "stride s strides",
    "padding": "padding pad p pads",
    "dilation": "dilation d dilations",
}
OPTIONAL = {"stride": (1,), "padding": (0,), "dilation": (1,)}
"""What is promised where there is no parameter for it."""

TINY = {
    "size": (8, 9),
    "kernel_size": (3, 3),
    "stride": (2, 2),
    "padding": (1, 1),
    "dilation": (1, 1),
}


SQUARES: dict[str, Any] = {
    "kernel": ((1, 1), (2, 2), (3, 3)),
    "stride": ((1, 1), (2, 2), (3, 3)),
    "padding": ((0, 0), (1, 1), (2, 2)),
    "dilation": ((1, 1), (2, 2)),
}
"""Where all but the size are numbers for both axes."""


def of_numbers(roles: tuple[str, ...]) -> Callable[..., Any]:
    def call(function: Call, at: Mapping[str, Any], inputs: Any) -> Any:
        axes = ({role: at[role][a] for role in roles} for a in (0, 1))
        return np.array([number(function(**axis)) for axis in axes])

    return call


def of_pairs(roles: tuple[str, ...], squares: bool) -> Callable[..., Any]:
    """squares: whether all but the size are numbers for both axes."""

    def call(function: Call, at: Mapping[str, Any], inputs: Any) -> Any:
        taken = {role: at[role][0] if squares and role != "size" else at[role] for role in roles}
        return np.asarray(given(function(**taken)))

    return call


def forms() -> list[Form]:
    """Pairs first, which a function of numbers refuses or misreads."""
    found = []
    for count in range(len(OPTIONAL) + 1):
        for optional in itertools.combinations(OPTIONAL, count):
            roles = ("size", "kernel_size", *optional)
            absent = {name: value for name, value in OPTIONAL.items() if name not in optional}
            found += _forms_of(roles, absent)
    return found


def _forms_of(roles: tuple[str, ...], absent: dict[str, Any]) -> list[Form]:
    tiny = TINY | {name: (value[0], value[0]) for name, value in absent.items()}
    exact = [
        (tiny["size"][a] + 2 * tiny["padding"][a] - tiny["kernel_size"][a]) / tiny["stride"][a] + 1
        for a in (0, 1)
    ]
    words = " ".join(roles)
    right = np.floor(exact)
    made = [
        Form(words, of_pairs(roles, False), tiny, {}, right, absent, "of pairs"),
        Form(
            words, of_pairs(roles, True), tiny, {}, right, SQUARES | absent, "of a map", spare=True
        ),
        Form(words, of_numbers(roles), tiny, {}, right, absent, spare=True),
    ]
    if not np.array_equal(exact, right):
        divided = {**absent, "remainder": (0,)}
        why = "without rounding: where the stride divides"
        made.insert(2, Form(words, of_numbers(roles), tiny, {}, np.array(exact), divided, why))
    return made


SIZES = Metric(
    "output_size",
    NAMES,
    ROLES,
    forms(),
    """`conv_output_size(n, kernel_size, stride, padding)`, also conv2d_output_shape and others.

    Numbers for one axis, or pairs; a tiny map shows which, and whether what the stride leaves over
    is rounded down. Without a parameter, stride and dilation are 1 and padding is 0.
    """,
    domain={"ceil_mode": (False,)},
)
SPELLINGS = SIZES.spellings
