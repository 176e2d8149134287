"""Which definition a class of `mytorch` has: they changed over the years (see `mytorch.py`)."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from candidates.conventions._objects import built_with, mentions, names, required


def by_gradient(kind: Any) -> bool:
    """Whether an activation's backward takes the gradient that it is to pass on."""
    return stateful(kind) and required(getattr(kind, "backward", None)) == 1


def by_derivative(kind: Any) -> bool:
    """Whether an activation gives its derivative instead."""
    method = getattr(kind, "backward", getattr(kind, "derivative", None))
    return stateful(kind) and inspect.isfunction(method) and required(method) == 0


def stateful(kind: Any) -> bool:
    """A class of the course, not a CS7643 module, which leaves `.dx`."""
    return built_with()(kind) and not mentions(kind, "dx")


def averages(kind: Any) -> bool:
    """Whether `Linear` has the line of the 2022 handout that divides by N."""
    try:
        source = inspect.getsource(kind.backward)
    except (AttributeError, OSError, TypeError):
        return False  # not there, or no source to read: the definition of today
    lines = ("".join(line.split("#")[0].split()) for line in source.splitlines())
    return "self.dLdW=dLdW/self.N" in lines


def linear(flat: bool, averaging: bool) -> Callable[[Any], bool]:
    recognises = built_with("in_features", "out_features")
    return lambda kind: (
        recognises(kind)
        and hasattr(kind, "init_weights") == flat
        and (flat or averages(kind) == averaging)
    )


def squared_error(kind: Any) -> str:
    """How an `MSELoss` defines itself, on errors of 2 and 0, 0, 0: see the convention's text."""
    A, Y = np.array([[3.0, 1.0], [1.0, 1.0]]), np.ones((2, 2))
    try:
        made = kind()
        loss, gradient = np.ravel(made.forward(A, Y)), np.ravel(made.backward())
        given = float(loss[0]), float(gradient[0])
    except Exception:
        return "mean"  # not written yet, or failing: its judge will say so
    return {(0.5, 0.5): "halved", (1.0, 2.0): "difference"}.get(given, "mean")


def mse(definition: str) -> Callable[[Any], bool]:
    return lambda kind: stateful(kind) and squared_error(kind) == definition


def cross_entropy(divided: bool) -> Callable[[Any], bool]:
    """A loss whose gradient is divided by N, unless the `MSELoss` beside it is of 2022."""

    def recognises(kind: Any) -> bool:
        if not stateful(kind) or not inspect.isfunction(kind.forward):
            return False
        beside = kind.forward.__globals__.get("MSELoss")
        return (beside is None or squared_error(beside) == "mean") == divided

    return recognises


def entropies(kind: Any) -> str:
    """What a `SoftmaxCrossEntropy` gives: "samples" their losses, as its text says, or the mean.

    In 2022 the text also said to do as in the first homework, and there the loss was the mean:
    "divided" where its gradient is divided by N as well, else "undivided".
    """
    texts = (getattr(kind, name, None).__doc__ or "" for name in ("forward", "backward"))
    if not any("similar to how you did" in text for text in texts):
        return "samples"
    try:
        made = kind()
        if np.size(made.forward(np.eye(2), np.eye(2))) != 1:
            return "samples"
        largest = np.max(np.abs(made.backward()))  # 0.27 of each sample
    except Exception:
        return "samples"  # not written yet, or failing: its judge will say so
    return "undivided" if largest > 0.2 else "divided"


def softmax_cross_entropy(definition: str) -> Callable[[Any], bool]:
    return lambda kind: (
        stateful(kind) and hasattr(kind, "backward") and entropies(kind) == definition
    )


def dropout(scaled: bool) -> Callable[[Any], bool]:
    """A `Dropout` of the course, whose backward divides by 1 - p or does not."""

    def recognises(kind: Any) -> bool:
        if not built_with("p")(kind) or names(kind.forward)[1:2] not in (("train",), ("eval",)):
            return False
        return not mentions(kind, "dx") and scales(kind) == scaled

    return recognises


def scales(kind: Any) -> bool:
    ones = np.ones((8, 8))
    try:
        made = kind(0.5)
        made.forward(ones.copy())
        return bool(np.max(made.backward(ones.copy())) != 1)
    except Exception:
        return True  # not written yet, or failing: its judge will say so


def cell(attribute: str) -> Callable[[Any], bool]:
    """A cell of two sizes that has this attribute: one without biases is of another kind."""

    def recognises(kind: Any) -> bool:
        return inspect.isclass(kind) and required(kind.__init__) == 2 and mentions(kind, attribute)

    return recognises


def strided_conv(padded: bool) -> Callable[[Any], bool]:
    """A `Conv2d` with a padding, or of the years that had none."""
    recognises = built_with("in_channels", "out_channels", "kernel_size", "stride")

    def takes(kind: Any) -> bool:
        return recognises(kind) and ("padding" in names(kind.__init__)) == padded

    return takes


def stride1_pool(kind: Any) -> bool:
    """A pooling that asks for its kernel alone, whatever it calls it."""
    asked = names(kind.__init__) if inspect.isclass(kind) else ()
    return len(asked) == 1 and built_with(*asked)(kind)
