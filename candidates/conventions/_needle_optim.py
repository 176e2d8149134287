"""The worker half of needle's optimizers, which step the parameters of the candidate's engine."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from candidates.spelling import Signature
from properties.plain import WrongResult


def engine_near(kind: Any) -> Any:
    """The class Tensor that the module of an optimizer knows, or has in a package; or None."""
    step = getattr(kind, "step", None)
    if not inspect.isclass(kind) or not inspect.isfunction(step):
        return None
    known = [*step.__globals__.values()]
    known += [vars(v).get("Tensor") for v in known if inspect.ismodule(v)]
    return next((k for k in known if inspect.isclass(k) and hasattr(k, "make_from_op")), None)


class Sgd:
    """`SGD([w], lr, momentum, weight_decay).step()`: u = momentum * u + (1 - momentum) * g.

    w is a tensor in float32, its gradient is in `.grad`; u starts at zero, g = dw + weight_decay w.
    The state stays in the object, which does all steps of a case one after another.
    """

    rates: tuple[str, ...] = ("momentum", "weight_decay")

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._kind, self._tensor = forward, engine_near(forward)
        self._made: Any = None
        self._w: Any = None

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        if at["fresh"]:
            self._w = self._tensor(inputs["w"].astype(np.float32), requires_grad=True)
            options = {name: at[name] for name in self.rates}
            self._made = self._kind([self._w], lr=at["lr"], **options)
        elif self._w is None or not np.array_equal(self._w.numpy(), inputs["w"]):
            raise WrongResult("the parameter is not the one of the step before")
        dw = inputs["dw"].astype(np.float32)
        self._made.lr = at["lr"]
        self._w.grad = self._tensor(dw, requires_grad=False)
        self._made.step()
        return {"w": np.array(self._w.numpy())}, None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        raise NotImplementedError("an optimizer has no gradients")


class Adam(Sgd):
    """`Adam([w], lr, beta1, beta2, eps, weight_decay).step()`: the decay is in the gradient."""

    rates = ("beta1", "beta2", "eps", "weight_decay")
