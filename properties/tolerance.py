"""How a result is compared with what is expected: type and shape, then finiteness, then value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from properties.implementation import Foreign, Result

C = 16.0
"""Largest error of right code, in units of the rounding that its condition explains, with room.

The worst measured was 11.3: batch norm of three values a channel whose mean is 4,000 in float32.
"""

EPS = {"float64": 2.0**-52, "float32": 2.0**-23}
LOGIC_SLACK = 2.0**10
"""Logic is judged in float64 with this factor more: a wrong term is far larger, FFT is not."""

EXACT_GRID = 16
"""Integer-regime results are multiples of 1/16 and must be met within a quarter of that."""


@dataclass
class Failed(Exception):
    """A property does not hold on a case. Arrays are described by their worst element."""

    message: str
    output: str | None = None
    index: tuple[int, ...] = ()
    expected: Any = None
    got: Any = None
    bound: Any = None
    differing: int = 0
    size: int = 0
    status: str | None = None  # where it is not the property's own
    call: str | None = None  # "forward" or "backward", where the output does not tell
    frames: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.message


OUTPUT_UNIT = 0.25


def rounding_bound(
    expected: np.ndarray,
    condition: np.ndarray | None,
    eps: float,
    peer: np.ndarray | float = 0.0,
    unit: float = OUTPUT_UNIT,
) -> np.ndarray:
    """C * (eps * (condition + |y| + mean condition + 0.1 mean |y| + unit) + peer), elementwise.

    The mean condition has a share because a few probes may all miss one element. `unit` is the
    size of numbers that right code passes through even where its result is tiny and insensitive,
    such as softmax - 1: for gradients the largest cotangent. Without a condition the bound is the
    least that it can be: what it admits, any condition does.
    """
    size = np.abs(expected)
    if condition is None:
        condition = np.zeros(())
    spread = 0.1 * size.mean() + condition.mean() if size.size else 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        noise = condition + size + spread + unit
        return C * (eps * noise + peer)


def within(result: np.ndarray, expected: np.ndarray, bound: np.ndarray) -> bool:
    """Whether |result - expected| <= bound everywhere: what is not finite is not."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.all(np.abs(result.astype(np.float64) - expected) <= bound))


def check_kind(name: str, result: Result, expected: np.ndarray) -> None:
    """Type and shape: a plain floating array (integer where that is expected) of the same shape."""
    if isinstance(result, Foreign):
        status = "missing" if result.kind == "None" else None
        message = f"{name} is {result.kind}, expected {_describe(expected)}"
        raise Failed(message, name, status=status)
    if result.shape != expected.shape:
        raise Failed(f"{name} has shape {result.shape}, expected {expected.shape}", name)
    kinds = "f" if expected.dtype.kind == "f" else "biuf"
    if result.dtype.kind not in kinds:
        raise Failed(f"{name} is an array of {result.dtype}, expected {_describe(expected)}", name)


def _describe(expected: np.ndarray) -> str:
    kind = "floating-point" if expected.dtype.kind == "f" else "integer"
    return f"a {kind} array of shape {expected.shape}"


def check_values(
    name: str, result: np.ndarray, expected: np.ndarray, bound: np.ndarray | float
) -> None:
    """Finiteness, then |result - expected| <= bound everywhere, in float64."""
    result = result.astype(np.float64)
    expected = expected.astype(np.float64)
    bound = np.broadcast_to(bound, expected.shape)
    bad = ~np.isfinite(result)
    if bad.any():
        raise _worst(name, result, expected, bound, bad, bad.astype(float), "is not finite")
    error = np.abs(result - expected)
    bad = ~(error <= bound)
    if bad.any():
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(error > 0, error / bound, 0.0)
        raise _worst(name, result, expected, bound, bad, ratio, "differs")


def _worst(
    name: str,
    result: np.ndarray,
    expected: np.ndarray,
    bound: np.ndarray,
    bad: np.ndarray,
    badness: np.ndarray,
    verb: str,
) -> Failed:
    flat = int(np.argmax(np.where(bad, badness, -1.0)))
    index = tuple(int(i) for i in np.unravel_index(flat, expected.shape))
    got, wanted, limit = float(result[index]), float(expected[index]), float(bound[index])
    place = f"[{', '.join(map(str, index))}]" if index else ""
    units = badness[index]
    size = f", {units:.3g} times the bound" if verb == "differs" and np.isfinite(units) else ""
    count = f"{int(bad.sum())} of {bad.size} elements" if bad.size > 1 else "the only element"
    values = "expected {}, got {}".format(*distinct(wanted, got))
    message = f"{name}{place} {verb}: {values}{size} ({count})"
    return Failed(message, name, index, wanted, got, limit, int(bad.sum()), bad.size)


def distinct(first: float, second: float) -> tuple[str, str]:
    """Both numbers with six digits, or with as many as it takes to tell them apart."""
    for digits in (6, 9, 12, 17):
        texts = f"{first:.{digits}g}", f"{second:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def check_unchanged(name: str, what: str, before: Result, now: Result) -> None:
    """The very values as before; `what` says in words what happened in between."""
    if isinstance(before, Foreign) or isinstance(now, Foreign):
        same = isinstance(before, Foreign) and isinstance(now, Foreign) and before == now
        if not same:
            raise Failed(f"{name} {what}", name)
        return
    if before.shape != now.shape or before.dtype != now.dtype:
        raise Failed(f"{name} {what}: its shape or dtype changed", name)
    differs = ~((before == now) | (np.isnan(before) & np.isnan(now)))
    if differs.any():
        failed = _worst(name, now, before, np.zeros(before.shape), differs, differs * 1.0, "is")
        place = f"[{', '.join(map(str, failed.index))}]" if failed.index else ""
        failed.message = f"{name}{place} {what}: " + "was {}, is {}".format(
            *distinct(failed.expected, failed.got)
        )
        raise failed


def check_repeats(name: str, what: str, first: Result, again: Result, unit: float = 0.0) -> None:
    """The same result as before up to the last bits, which summation order may move.

    unit: what a gradient is a multiple of; one that is zero by cancellation is nothing but bits.
    """
    if isinstance(first, Foreign) or isinstance(again, Foreign):
        return check_unchanged(name, what, first, again)
    if first.shape != again.shape:
        raise Failed(f"{name} {what}: its shape was {first.shape}, is {again.shape}", name)
    if not np.isfinite(first).all():
        return check_unchanged(name, what, first, again)
    size = np.abs(first.astype(np.float64))
    eps, least = (1e-4, 1e-6) if first.dtype == np.float32 else (1e-9, 1e-15)
    bound = eps * (size + size.mean() if size.size else size) + least * unit
    try:
        check_values(name, again, first, bound)
    except Failed as failed:
        failed.message = f"{name} {what}: {failed.message}"
        raise


def on_grid(expected: np.ndarray) -> bool:
    """Whether an integer-regime result is exact: small multiples of 1/16."""
    scaled = expected * EXACT_GRID
    return bool(np.all(scaled == np.round(scaled)) and np.all(np.abs(expected) < 2**16))
