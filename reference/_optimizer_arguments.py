"""The checked arguments of the optimizers, shared by both paths of all of them."""

from __future__ import annotations

from typing import Any

from reference._arguments import array, boolean, integers, number, same_dtype, shaped

VELOCITY_FORMS = ("torch", "scaled")
STARTS = ("gradient", "zero")


def check_parameter(w: Any, dw: Any, **state: Any) -> None:
    """Refuse arrays that are not all real, and of the shape and dtype of w.

    Raises TypeError or ValueError naming the bad one.
    """
    arrays = {"w": w, "dw": dw, **state}
    for name, value in arrays.items():
        if array(name, value).dtype.kind == "c":
            raise TypeError(f"{name} must be real, got an array of {value.dtype}")
        shaped(name, value, w.shape)
    same_dtype(**arrays)


def check_t(t: Any) -> int:
    """The number of steps done before, an integer array of shape ()."""
    shaped("t", integers("t", t), ())
    if t < 0:
        raise ValueError(f"t must be at least 0, got {t}")
    return int(t)


def rates(**named: Any) -> tuple[float, ...]:
    """Rates, decays and eps as Python floats, each at least 0."""
    return tuple(number(name, value, 0) for name, value in named.items())


def fractions(**named: Any) -> tuple[float, ...]:
    """Rates of moving averages as Python floats, from 0 to below 1."""
    found = rates(**named)
    for name, value in named.items():
        if value >= 1:
            raise ValueError(f"{name} must be below 1, got {value}")
    return found


def booleans(**named: Any) -> tuple[bool, ...]:
    """Choices as Python bools."""
    return tuple(boolean(name, value) for name, value in named.items())


def check_momentum(momentum: float, dampening: Any, nesterov: bool) -> float:
    """The dampening. Raises ValueError where Nesterov's momentum has none, or is dampened."""
    dampening = number("dampening", dampening)
    if nesterov and (momentum == 0 or dampening != 0):
        raise ValueError(
            "nesterov needs a momentum and no dampening, "
            f"got momentum {momentum} and dampening {dampening}"
        )
    return dampening


def check_forms(velocity_form: Any, start: Any) -> None:
    """Refuse what is no definition of a velocity, with ValueError."""
    if velocity_form not in VELOCITY_FORMS:
        raise ValueError(f"velocity_form must be one of {VELOCITY_FORMS}, got {velocity_form!r}")
    if start not in STARTS:
        raise ValueError(f"start must be one of {STARTS}, got {start!r}")
