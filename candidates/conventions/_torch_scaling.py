"""Loops with loss scaling and clipped gradients, run where there may be no GPU.

Autocast changes nothing here, so that the arithmetic is float32's whatever it asks for; gradients
are scaled, on a CPU too, by the `torch.amp.GradScaler` that a loop is given or makes itself. What
bound a loop clips its gradients to, large ones show.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from properties.plain import WrongResult

MAX_NORM = 0.5
"""What a loop is given that takes a bound for its gradients."""

LEAST = 1e-3
"""A smaller bound is none that anybody would mean: what was clipped was still scaled."""

SCALE, LARGE_SCALE = 16.0, 65536.0
"""What a loss is multiplied by: so little that old gradients show among new ones that are scaled,
and so much that no bound that was meant is left of what is clipped while it is scaled."""

STRINGS = r"autocast\(\s*(device_type\s*=\s*)?{0}\s*[,)]|\b{0}\.(startswith|split|lower)|in {0}\b"
"""Where the name of a device is asked for, a text is meant and no `torch.device`."""


@contextmanager
def mixed_precision(scale: float = SCALE) -> Iterator[None]:
    """Autocast is off; gradients are scaled, by so much, on a CPU too where there is no GPU."""
    import torch

    autocast, scaler = torch.amp.autocast_mode.autocast, torch.amp.GradScaler
    kept = (autocast.__enter__, autocast.__exit__, scaler.__init__)
    made = scaler.__init__

    def on_cpu(self: Any, device: str = "cuda", *places: Any, **named: Any) -> None:
        place = device if torch.cuda.is_available() else "cpu"
        named.pop("init_scale", None)
        made(self, place, scale, *places[1:], **named)

    try:
        autocast.__enter__, autocast.__exit__ = (lambda self: self), (lambda self, *error: False)
        setattr(scaler, "__init__", on_cpu)  # noqa: B010  (to mypy a method is no variable)
        yield
    finally:
        autocast.__enter__, autocast.__exit__ = kept[:2]
        setattr(scaler, "__init__", kept[2])  # noqa: B010


def watched_scaler(scale: float) -> Any:
    """A `torch.amp.GradScaler` that knows whether `update` has followed `step`, and it alone."""
    import torch

    class Scaler(torch.amp.GradScaler):  # type: ignore[misc]
        stepped = passed_by = False

        def step(self, *arguments: Any, **named: Any) -> Any:
            self.stepped = True
            return super().step(*arguments, **named)

        def update(self, *arguments: Any, **named: Any) -> None:
            self.passed_by = self.passed_by or not self.stepped
            self.stepped = False
            super().update(*arguments, **named)

    return Scaler("cpu", scale)


def refuse_stale(scaler: Any) -> None:
    """Raise WrongResult where a scaler was not updated after its last step, or made none."""
    if scaler is not None and scaler.stepped:
        raise WrongResult("scaler.update() does not follow scaler.step(optimizer)")
    if scaler is not None and scaler.passed_by:
        raise WrongResult("no scaler.step(optimizer) before scaler.update() skips overflows")


def wants_text(source: str, name: str) -> bool:
    """Whether a loop takes its device by name."""
    return f"{name}.type" not in source and bool(re.search(STRINGS.format(name), source))


def bound_shown(train: Callable[[Any], object], model: Any, loader: Any) -> float | None:
    """The norm to which a loop clips large gradients, by what a step of the rate 1 does."""
    import torch

    (x, y) = next(iter(loader))
    loss = torch.nn.functional.cross_entropy(model(x), y)
    gradient = _flat(torch.autograd.grad(loss, list(model.parameters())))
    before = _flat(model.parameters())
    train(model)
    step = before - _flat(model.parameters())
    size, whole = np.linalg.norm(step), np.linalg.norm(gradient)
    if not LEAST < size < 0.999 * whole:
        return None
    alike = float(step @ gradient) / (size * whole)
    return float(f"{size:.4g}") if math.isclose(alike, 1, rel_tol=1e-4) else None


def _flat(tensors: Any) -> np.ndarray:
    return np.concatenate([t.detach().double().numpy().ravel() for t in tensors])


def large_gradients() -> dict[str, np.ndarray]:
    """A classifier of zeros but for W2, so that steps are seen without rounding."""
    rng = np.random.default_rng(0)
    zeros = {"W1": np.zeros((3, 4)), "b1": np.zeros(3), "b2": np.zeros(3)}
    x, W2 = 1e4 * rng.standard_normal((2, 4)), rng.standard_normal((3, 3))
    return {"x": x, "y": np.array([0, 2]), "W2": W2, **zeros}
