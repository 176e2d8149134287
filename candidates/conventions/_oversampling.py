"""Oversampling as a free function in NumPy: `random_oversample(X, y, seed)`.

A function that draws every class anew, and so loses samples, or that brings classes to another size
than the largest by a parameter of its own, is not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from candidates.conventions._free import Unclear, parameters_of
from candidates.conventions._splits import SEED, Kind, Told, X, Y, called
from properties.plain import WrongResult

Call = Callable[..., Any]

KNOWN = {"x": f"{X} x_train xs", "y": f"{Y} y_train", "seed": SEED}
COUNTS = (12, 5, 2)


def pair(results: Any) -> tuple[np.ndarray, np.ndarray]:
    """x and y, which may be lists. Raises WrongResult."""
    if not isinstance(results, (tuple, list)) or len(results) != 2:
        raise WrongResult("does not return x and y")
    x, y = (np.asarray(part) for part in results)
    return x, y


def ask(function: Call, named: Mapping[str, str]) -> Any:
    form: dict[str, Any] = {"words": "", "domain": {}}
    y = np.repeat(np.arange(3), COUNTS)
    x = np.arange(float(len(y)))[:, None]
    try:
        first, other = (
            pair(called(function, named, seed, x=x.copy(), y=y.copy())) for seed in (1, 2)
        )
    except NotImplementedError:
        return form
    except WrongResult as error:
        raise Unclear(f"it {error}") from None
    if first[0].ndim != 2 or first[1].ndim != 1:
        raise Unclear(f"its results have shapes {first[0].shape} and {first[1].shape}")
    after = np.bincount(first[1], minlength=3)[:3]
    if any(after != max(COUNTS)) and options(function, named):
        raise Unclear("a parameter of its own says how large classes become")
    lost = not np.isin(x[y == 0], first[0]).all()
    if lost and after[0] == max(COUNTS):
        raise Unclear("it draws every class anew, so that samples of the largest are lost")
    if "seed" not in named and np.array_equal(first[0], other[0]):
        form = {"words": "every call draws the same", "domain": {"seeded": [False]}}
    return form


def options(function: Call, named: Mapping[str, str]) -> bool:
    """Whether it has parameters that are left as they are."""
    return any(p.name not in named.values() for p in parameters_of(function))


class Oversample:
    """A function of x and y, behind the names of the operator."""

    def __init__(self, function: Call, named: Mapping[str, str], form: Told) -> None:
        self._function, self._named = function, named

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        x, y = pair(called(self._function, self._named, at["seed"], **inputs))
        return {"x_out": x, "y_out": y}, None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


OVERSAMPLE = Kind(
    "oversample",
    "oversample random_oversample oversample_data oversample_minority random_oversampling "
    "over_sample oversample_classes balance_classes random_over_sample oversampling "
    "oversample_minority_class balance_dataset random_oversampler",
    KNOWN,
    "x y",
    ask,
    Oversample,
    {},
    """`random_oversample(X, y, seed)`: rare classes repeated until all are as large as the largest.

    Returns X and y, arrays or lists, in any order.
    """,
)
SPELLINGS = OVERSAMPLE.spellings
