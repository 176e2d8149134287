"""The worker half of mytorch's optimizers: classes that are given a model and step its layers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from candidates.conventions._objects import mentions, names
from candidates.spelling import Signature, Told
from properties.plain import WrongResult, given

CLOSE = 1e-5  # of a weight and a bias that hold the same numbers, in float32


def stepping(*attributes: str) -> Callable[[Any], bool]:
    """Recognises classes made of (model, lr, ...) with a step, that keep such attributes."""

    def recognises(kind: Any) -> bool:
        if not inspect.isclass(kind) or not inspect.isfunction(getattr(kind, "step", None)):
            return False
        made_of = names(kind.__init__)[:2] == ("model", "lr")
        return made_of and all(mentions(kind, name) for name in attributes)

    return recognises


class Sgd:
    """`SGD(model, lr, momentum).step()`: v_W = momentum * v_W + dLdW, W -= lr * v_W.

    The model has one layer with W, b, dLdW and dLdb. b holds the numbers of W, and must move as W
    does. The state is the object's: lists with an array for each layer.
    """

    rates: tuple[str, ...] = ("momentum",)
    state: Mapping[str, str] = {"velocity": "v"}

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._kind = forward

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        layer = _layer(inputs["w"], inputs["dw"])
        options = {name: at[name] for name in self.rates}
        made = self._kind(SimpleNamespace(layers=[layer]), at["lr"], **options)
        self._restore(made, at, inputs)
        made.step()
        kept = {n: a for n, a in inputs.items() if n not in ("w", "dw")}
        moved = {"w": _same(given(layer.W), layer.b, "W and b"), **kept}
        return moved | self._kept(made, at), None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        raise NotImplementedError("an optimizer has no gradients")

    def _restore(self, made: Any, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> None:
        """The state of a case as the object's own; a new object has that of the first step."""
        if at["fresh"]:
            return
        for name, attribute in self.state.items():
            setattr(made, f"{attribute}_W", [inputs[name]])
            setattr(made, f"{attribute}_b", [inputs[name].copy()])
        if "t" in inputs:
            made.t = int(inputs["t"])

    def _kept(self, made: Any, at: Mapping[str, Any]) -> dict[str, Any]:
        """What the object holds after a step; without momentum its velocity does not count."""
        if at.get("momentum") == 0:
            return {}
        found = {}
        for name, a in self.state.items():
            W, b = getattr(made, f"{a}_W", None), getattr(made, f"{a}_b", None)
            if not isinstance(W, list) or not isinstance(b, list):
                raise WrongResult(f"{a}_W and {a}_b are no lists any more")
            found[name] = _same(W[0], b[0], f"{a}_W and {a}_b")
        return found


def _layer(w: np.ndarray, dw: np.ndarray) -> Any:
    return SimpleNamespace(W=w, b=w.copy(), dLdW=dw, dLdb=dw.copy())


def _same(W: Any, b: Any, what: str) -> Any:
    """W, where b is as good as the same. Raises WrongResult."""
    arrays = isinstance(W, np.ndarray) and isinstance(b, np.ndarray)
    if arrays and not (W.shape == b.shape and np.allclose(W, b, CLOSE, CLOSE)):
        raise WrongResult(f"{what} move in different ways, from the same numbers")
    return W


class Adam(Sgd):
    """`Adam(model, lr, beta1, beta2, eps).step()` with m_W, v_W, m_b, v_b and t.

    It is judged where eps makes no difference, as it stands under the root in many solutions.
    """

    rates: tuple[str, ...] = ("beta1", "beta2", "eps")
    state: Mapping[str, str] = {"m": "m", "v": "v"}

    def _kept(self, made: Any, at: Mapping[str, Any]) -> dict[str, Any]:
        return {**super()._kept(made, at), "t": np.array(getattr(made, "t", None))}


class AdamW(Adam):
    """`AdamW(model, lr, beta1, beta2, eps, weight_decay).step()`: W shrinks by lr * weight_decay.

    It is judged where it makes no difference whether W shrinks before it moves or afterwards.
    """

    rates = ("beta1", "beta2", "eps", "weight_decay")


def velocity_form(kind: Any, backward: Any) -> Told:
    """Whether the velocity has the factor -lr in it, as what a first step leaves shows."""
    ones = np.ones((1, 1))
    try:
        made = kind(SimpleNamespace(layers=[_layer(ones.copy(), ones)]), 0.5, momentum=0.5)
        made.step()
        scaled = float(made.v_W[0][0, 0]) == -0.5
    except Exception:
        scaled = False  # not written yet, or failing: its judge will say so
    if not scaled:
        return {"domain": {"velocity_form": ["torch"]}}
    # Of such a velocity it is not said what it holds without momentum.
    domain = {"velocity_form": ["scaled"], "momentum": [0.5, 0.9]}
    return {"domain": domain, "differs": "the velocity has the factor -lr"}
