"""Helpers that check gradients: numerical gradients of a function, and relative errors.

A function to differentiate is built beside the candidate from the arrays of a case. Steps are large
there, so that the error of a one-sided difference is far above rounding: a candidate without an
argument for its step is handed x in units in which its own step is as large.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from candidates.conventions._probing import asked
from candidates.conventions._tensors import to_array, to_tensor
from candidates.spelling import Signature
from properties.functions import differentiated
from properties.plain import WrongResult, given

ROLES = {
    "f": ("f", "func", "function", "fun", "fn", "loss_f", "loss_func", "cost_func"),
    "x": ("x", "theta", "params", "w", "at"),
    "df": ("df", "dout", "dldf", "upstream"),
    "h": ("h", "eps", "epsilon", "delta", "step", "dx", "step_size"),
    "verbose": ("verbose",),
}
SMALLEST, LARGEST, USUAL = 1e-9, 1e-2, 1e-5
"""Steps of numerical gradients: those that make sense, and the one of the courses."""


def parts(function: Any) -> dict[str, str]:
    """What the parameters of a function are, by name; "?" for one that it cannot do without."""
    found: dict[str, str] = {}
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return {}
    for parameter in parameters:
        name = parameter.name.lower()
        role = next((r for r, names in ROLES.items() if name in names), "?")
        if role != "?" or parameter.default is parameter.empty:
            found[parameter.name] = role
    return found


def differentiates(*needed: str) -> Callable[[Any], bool]:
    """Recognises functions that take f and x, and these, and nothing that is not known."""

    def recognises(function: Any) -> bool:
        roles = list(parts(function).values())
        return {"f", "x", *needed} <= set(roles) and "?" not in roles

    return recognises


def takes(*parameters: str) -> Callable[[Any], bool]:
    """Recognises functions that cannot do without these parameters, and can without any other."""

    def recognises(function: Any) -> bool:
        try:
            theirs = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):
            return False
        return tuple(p.name for p in theirs if p.default is p.empty) == parameters

    return recognises


def told(function: Any, _: Any) -> dict[str, Any]:
    """Without an argument for df, f gives a number; where df cannot be left out, an array."""
    names = {role: name for name, role in parts(function).items()}
    if "df" not in names:
        return {"domain": {"scalar": (True,)}}
    parameter = inspect.signature(function).parameters[names["df"]]
    return {"domain": {"scalar": (False,)}} if parameter.default is parameter.empty else {}


class NumericalGradient:
    """`NAME(f, x)`, also with df, h and verbose: df(x), for any x, which is as before afterwards.

    f takes an array like x and gives a number, or an array like df. Without df it is a number.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._function, self._roles = forward, parts(forward)
        self._own_step = _asked_step(self._plain)

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        step = self._own_step or USUAL
        if not SMALLEST <= step <= LARGEST:
            raise WrongResult(f"its step, where none is given, is {step:.3g}")
        x, told = inputs["x"], "h" in self._roles.values()
        unit = 1.0 if told else at["h"] / step
        handed = np.array(x / unit, x.dtype)
        f = differentiated(at, inputs)
        dx = self._call(lambda u: f(u * unit), handed, inputs.get("df"), at["h"])
        if not np.allclose(handed * unit, x, rtol=1e-6, atol=1e-6) and x.flags.writeable:
            x[...] = handed * unit
        numeric = isinstance(dx, (np.ndarray, np.floating, float))
        return {"dx": dx / unit if numeric else dx}, None

    def _plain(self, f: Callable[[Any], Any], x: np.ndarray) -> Any:
        df = np.ones(()) if "df" in self._roles.values() else None
        return self._call(f, x, df, None)

    def _call(self, f: Callable[[Any], Any], x: np.ndarray, df: Any, h: float | None) -> Any:
        values = {"f": f, "x": x, "df": df, "h": h, "verbose": False}
        chosen = {name: values[role] for name, role in self._roles.items()}
        return given(self._function(**{n: v for n, v in chosen.items() if v is not None}))

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


class TensorNumericalGradient(NumericalGradient):
    """`NAME(f, x, dLdf, h)` on tensors: f gives a tensor like dLdf, or one number without it."""

    def _call(self, f: Callable[[Any], Any], x: np.ndarray, df: Any, h: float | None) -> Any:
        def on_tensors(t: Any) -> Any:
            return to_tensor(np.array(f(to_array("what f is given", t))))

        df = None if df is None else to_tensor(np.array(df))
        return to_array("the gradient", super()._call(on_tensors, to_tensor(x), df, h))


def _asked_step(gradient: Callable[..., Any]) -> float:
    """The step that a function takes of its own accord at 0; 0 where it cannot be told."""

    def question() -> float:
        seen: list[float] = []

        def f(u: Any) -> Any:
            seen.append(float(np.abs(np.asarray(u)).max()))
            return np.sum(np.asarray(u))

        gradient(f, np.zeros(1))
        return max(seen)

    return float(asked(question) or 0.0)


class RelativeError:
    """`rel_error(x, y)`: the largest |x - y| / max(1e-8, |x| + |y|)."""

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._function = forward

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        return {"error": given(self._function(inputs["x"], inputs["y"]))}, None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


class TensorRelativeError(RelativeError):
    """`rel_error(x, y, eps)` on tensors: the largest |x - y| over the largest |x| + |y|."""

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        tensors = (to_tensor(inputs[name]) for name in ("x", "y"))
        found = given(self._function(*tensors, eps=at["floor"]))
        return {"error": to_array("the error", found)}, None
