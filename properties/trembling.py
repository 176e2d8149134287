"""Random rounding: what a computation loses on its way, where its inputs do not show it.

x**2 / x has the second derivative 0 for every x, so that moving x moves nothing, and yet it is the
sum of terms that cancel. Moving each number on the way by a little shows how large they are
(stochastic arithmetic, as in CESTAC of Vignes, 1993).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

PERTURBATION = 2.0**-30


def trembling(seed: int) -> Callable[[Any], Any]:
    """A function of a tensor that moves each number by about 2**-30 of itself.

    It does so anew to what passes through it in the first and in each later derivative.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)

    class Tremble(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            direction = torch.randn(x.shape, generator=generator, dtype=x.dtype)
            return x * (1 + PERTURBATION * direction)

        @staticmethod
        def backward(ctx: Any, dout: Any) -> Any:
            return tremble(dout)

    def tremble(x: Any) -> Any:
        return Tremble.apply(x)

    return tremble
