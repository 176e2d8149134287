"""In which of their usual definitions torch's optimizers are written, as two tiny steps show.

What is told of a class is only what a text defines so: a velocity that has the factor lr in it, one
that is a moving average (where the fraction is called beta), Adam's eps beside a root that is not
corrected (the paper's shorter form, Kingma and Ba 2015, section 2), RMSprop's and Adagrad's eps
under the root (d2l), weights that shrink after they have moved (Stanford's CS224N and CS336).
Anything else is judged as torch's own.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

At = Mapping[str, Any]
Path = Callable[[At, Sequence[float]], Iterator[float]]

GRADIENTS = (1.0, 2.0)
FALLING = (0.5, 0.25)
KEPT = (0.5, 0.5)
CLOSE = 1e-4  # in float32
NO_EPS = 1e-30  # so small that it makes no difference where it stands
PROBED: At = {
    "momentum": 0.5,
    "dampening": 0.0,
    "nesterov": False,
    "beta1": 0.5,
    "beta2": 0.75,
    "alpha": 0.75,
    "eps": 1.0,
    "weight_decay": 0.0,
    "lr_decay": 0.0,
    "centered": False,
    "amsgrad": False,
}


@dataclass(frozen=True)
class Form:
    """A definition: where it puts a parameter that starts at 1, step by step.

    domain: what it is judged on. words: for the verdict. beta: only where the fraction of the
    velocity is called so. unclear: why it is not judged.
    """

    path: Path
    domain: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    words: str = ""
    beta: bool = False
    unclear: str = ""


def _sgd(scaled: bool = False, averaged: bool = False, falls: bool = False) -> Path:
    def path(at: At, rates: Sequence[float]) -> Iterator[float]:
        w, v = 1.0, 0.0
        for t, (lr, g) in enumerate(zip(rates, GRADIENTS, strict=True)):
            lr = lr / math.sqrt(t + 1) if falls else lr
            g = (1 - at["momentum"]) * g if averaged else g
            v = at["momentum"] * v + (lr * g if scaled else g)
            w -= v if scaled else lr * v
            yield w

    return path


def _adam(corrected: bool) -> Path:
    def path(at: At, rates: Sequence[float]) -> Iterator[float]:
        w, m, v, beta1, beta2 = 1.0, 0.0, 0.0, at["beta1"], at["beta2"]
        for t, (lr, g) in enumerate(zip(rates, GRADIENTS, strict=True), 1):
            m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
            root = math.sqrt(1 - beta2**t)
            eps = at["eps"] if corrected else at["eps"] / root
            w -= lr * m / (1 - beta1**t) / (math.sqrt(v) / root + eps)
            yield w

    return path


def _rooted(kept: str, inside: bool) -> Path:
    """RMSprop, which keeps the fraction of that name, or Adagrad, which adds all squares up."""

    def path(at: At, rates: Sequence[float]) -> Iterator[float]:
        w, s = 1.0, 0.0
        old, new = (at[kept], 1 - at[kept]) if kept else (1.0, 1.0)
        for lr, g in zip(rates, GRADIENTS, strict=True):
            s = old * s + new * g**2
            eps = at["eps"]
            w -= lr * g / (math.sqrt(s + eps) if inside else math.sqrt(s) + eps)
            yield w

    return path


TORCHS: Mapping[str, Sequence[Any]] = {
    "velocity_form": ["torch"],
    "averaged": [False],
    "start": ["gradient"],
}
AVERAGED: Mapping[str, Sequence[Any]] = {
    "velocity_form": ["torch"],
    "averaged": [True],
    "start": ["zero"],
    "nesterov": [False],
}
UNDER_THE_ROOT = "eps stands under the root"
FORMS: dict[str, Sequence[Form]] = {
    "sgd": (
        Form(_sgd(), TORCHS),
        Form(
            _sgd(scaled=True),
            {**TORCHS, "velocity_form": ["scaled"]},
            "the velocity has the factor lr",
        ),
        Form(
            _sgd(averaged=True), AVERAGED, "the velocity is a moving average from zero", beta=True
        ),
        Form(
            _sgd(falls=True),
            unclear="its learning rate falls with every step by itself (lr / sqrt(t + 1))",
        ),
    ),
    "adam": (
        Form(_adam(corrected=True)),
        Form(_adam(corrected=False), {"eps": [NO_EPS]}, "eps is added to the uncorrected root"),
    ),
    "rmsprop": (
        Form(_rooted("alpha", inside=False)),
        Form(_rooted("alpha", inside=True), {"eps": [NO_EPS]}, UNDER_THE_ROOT),
    ),
    "adagrad": (
        Form(_rooted("", inside=False)),
        Form(_rooted("", inside=True), {"eps": [NO_EPS]}, UNDER_THE_ROOT),
    ),
}
FORMS["adamw"] = FORMS["adam"]
CONSTANT = {"scheduled": [False]}


def form_of(operator: str, at: At, beta: bool, moved: Sequence[float]) -> tuple[Form, bool]:
    """The form that moves the parameter so, and whether it follows a learning rate that is set.

    moved: what the class gave under rates that fall. Torch's own form where none gives it.
    """
    forms = [form for form in FORMS[operator] if beta or not form.beta]
    for form, rates in itertools.product(forms, (FALLING, KEPT)):
        if close(moved, form.path(at, rates)):
            return form, rates is FALLING
    return forms[0], True


def shrinks_afterwards(at: At, moved: Sequence[float]) -> bool:
    """Whether weights shrink after they have moved, of what a class gave in one step."""
    (step, *_) = _adam(corrected=True)({**at, "eps": 0.0}, KEPT)
    return close(moved[:1], [step * (1 - KEPT[0] * at["weight_decay"])])


def close(got: Sequence[float], expected: Any) -> bool:
    pairs = zip(got, expected, strict=True)
    return all(math.isclose(a, b, rel_tol=CLOSE, abs_tol=CLOSE) for a, b in pairs)
