"""TF32: float32 whose factors have 10 bits behind the point where a GPU multiplies matrices.

Sums stay float32. It is asked of a device by arrays of the layout `tf32`, and simulated here, which
shows what it costs right code.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import numpy as np

from properties.case import Attributes
from properties.operator import Arrays, Operator
from properties.oracle import Expected, evaluate
from properties.peers import largest_errors

TF32 = "tf32"
BITS = 10
EPS = 2.0**-BITS
NOISE = 2.0**-19
"""The share of float32 itself, that of the property `precision`: 16 units of 2**-23."""

MOST = 2.5
"""Largest error of right code, in units of what its condition and its peers explain, with room.

The worst measured was 1.7: a convolution whose batch norm divides by next to nothing.
"""
ROUNDINGS = 8  # random ones; two peers are alike by chance, ten are not

FACTORS = {
    "aten::mm": (0, 1),
    "aten::bmm": (0, 1),
    "aten::addmm": (1, 2),
    "aten::baddbmm": (1, 2),
    "aten::convolution": (0, 1),
    "aten::convolution_backward": (0, 1, 2),
}
"""The operations that may be computed so, with the places of their factors."""

INSIDE = frozenset({"torchvision::deform_conv2d"})  # multiplies where nobody sees it

Cut = Callable[[Any], Any]
"""A float32 tensor with fewer digits."""


def cut_down(tensor: Any, bits: int = BITS) -> Any:
    """The digits behind the first so many left out, as hardware reads float32."""
    import torch

    lowest = 1 << (23 - bits)
    return (tensor.contiguous().view(torch.int32) & -lowest).view(torch.float32)


def rounded(tensor: Any, bits: int = BITS) -> Any:
    """The nearest number of so many digits."""
    import torch

    half = 1 << (22 - bits)
    return cut_down((tensor.contiguous().view(torch.int32) + half).view(torch.float32), bits)


def either(seed: int) -> Cut:
    """One of the two neighbours of so many digits, by chance."""
    import torch

    generator = torch.Generator().manual_seed(seed)

    def cut(tensor: Any) -> Any:
        below = cut_down(tensor)
        above = rounded(2 * tensor - below)
        return torch.where(torch.rand(tensor.shape, generator=generator) < 0.5, below, above)

    return cut


@cache
def _multiplying() -> Any:
    from torch.utils._python_dispatch import TorchDispatchMode

    class Multiplying(TorchDispatchMode):  # type: ignore[misc]
        def __init__(self, cut: Cut) -> None:
            super().__init__()
            self.cut, self.calls = cut, 0

        def __torch_dispatch__(
            self, function: Any, types: Any, arguments: Any = (), named: Any = None
        ) -> Any:
            name = function._schema.name
            places = FACTORS.get(name, ())
            self.calls += bool(places) or name in INSIDE
            given = (
                self.cut(value) if i in places and "float32" in str(value.dtype) else value
                for i, value in enumerate(arguments)
            )
            return function(*given, **(named or {}))

    return Multiplying


def multiplying(cut: Cut) -> AbstractContextManager[Any]:
    """Where torch multiplies matrices of float32 or convolves, it does so with factors cut down.

    `calls` of what is entered is how often it multiplied, in whatever precision.
    """
    mode: AbstractContextManager[Any] = _multiplying()(cut)
    return mode


def multiplies(operator: Operator, attributes: Attributes, inputs: Arrays) -> bool:
    """Whether the oracle of an operator multiplies matrices or convolves."""
    with multiplying(cut_down) as seen:
        evaluate(operator, attributes, inputs, None)
    return bool(seen.calls)


def costs(
    operator: Operator, attributes: Attributes, inputs: Arrays, expected: Expected
) -> tuple[Arrays, Arrays]:
    """Errors of outputs and gradients where PyTorch's own factors are cut down, or rounded.

    The largest of each; the error of a single element may be small by luck.
    """
    peers = []
    for cut in (cut_down, rounded, *(either(seed) for seed in range(ROUNDINGS))):
        with multiplying(cut):
            cotangents = expected.cotangents if expected.gradients else None
            peers.append(evaluate(operator, attributes, inputs, cotangents, "float32"))
    outputs = largest_errors(expected.outputs, [peer[0] for peer in peers])
    return outputs, largest_errors(expected.gradients, [peer[1] for peer in peers])


def tf32_bound(
    right: np.ndarray, condition: np.ndarray, cost: np.ndarray, unit: float
) -> np.ndarray:
    """MOST * max(eps * (condition + |y| / 2 + mean |y| / 10 + unit), cost), and float32's own.

    Where a result passes through differences that cancel, such as those of a batch norm, what it
    costs right code is more than its condition says. `unit`: see `rounding_bound`.
    """
    size = np.abs(right)
    mean = size.mean() if size.size else 0.0
    of_factors = EPS * (condition + size / 2 + mean / 10 + unit)
    bound: np.ndarray = MOST * np.maximum(of_factors, cost) + NOISE * (condition + size + unit)
    return bound


def tf32_problem(device: str) -> str | None:
    """Why TF32 cannot be judged on a device, or None."""
    import torch

    if not device.startswith("cuda"):
        return f"TF32 is a precision of CUDA devices, not of {device!r}"
    if not torch.cuda.is_available():
        return "torch finds no CUDA device"
    major, minor = torch.cuda.get_device_capability(device)
    if major < 8:
        return f"the device has no TF32: its compute capability is {major}.{minor}, not 8.0 or more"
    return None
