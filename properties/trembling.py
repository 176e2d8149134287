"""Random rounding: what a computation loses on its way, where its inputs do not show it.

x**2 / x has the second derivative 0 for every x, so that moving x moves nothing, and yet it is the
sum of terms that cancel. Moving each number on the way by a little shows how large they are
(stochastic arithmetic, as in CESTAC of Vignes, 1993).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
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


Oracle = Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]


def shaken(oracle: Oracle) -> Callable[[Mapping[str, Any], Mapping[str, Any], int], Any]:
    """The oracle, with a seed, where what every call of torch returns is moved as above.

    What a call changes in place stays as it is, and so do attributes such as a `grad`.
    """

    def moved(tensors: Mapping[str, Any], at: Mapping[str, Any], seed: int) -> Mapping[str, Any]:
        with _shaking(trembling(seed)):
            return oracle(tensors, at)

    return moved


def _shaking(tremble: Callable[[Any], Any]) -> Any:
    """A mode of torch in which the results of its calls tremble."""
    import torch
    from torch.overrides import TorchFunctionMode

    class Shaking(TorchFunctionMode):  # type: ignore[misc]
        def __torch_function__(
            self, call: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            if call is torch.nn.functional.cross_entropy:
                call = functools.partial(_cross_entropy, tremble)
            out = call(*args, **(kwargs or {}))
            is_attribute = getattr(call, "__name__", "") == "__get__"
            if is_attribute or not isinstance(out, torch.Tensor) or not out.is_floating_point():
                return out
            return out if any(out is argument for argument in args) else tremble(out)

    return Shaking()


def _cross_entropy(tremble: Callable[[Any], Any], x: Any, y: Any, **options: Any) -> Any:
    """Its two terms, moved apart: of a probability near 1 less 1 only their rounding may be left.

    Of anything but the mean or the sum over rows of scores there is no more than torch's own.
    """
    import torch

    plain = options.get("weight") is None and not options.get("label_smoothing")
    total = {"mean": torch.mean, "sum": torch.sum}.get(options.get("reduction", "mean"))
    if x.ndim != 2 or not plain or total is None or bool((y < 0).any()):
        return torch.nn.functional.cross_entropy(x, y, **options)
    shifted = x - x.detach().amax(1, keepdim=True)
    at_ids = tremble(shifted).gather(1, y[:, None])[:, 0]
    return total(torch.logsumexp(tremble(shifted), 1) - at_ids)
