"""What NumPy had and has no more, for code that was right in its year.

The equivalents are those that NumPy's own messages and release notes name (1.20, 1.24, 2.0 to 2.4).
"""

from __future__ import annotations

import ast
import inspect
import warnings
from typing import Any

import numpy as np

from candidates.worker.stubs import STATE

WHY = "gone from NumPy, its equivalent is used"


def _asfarray(a: Any, dtype: Any = np.float64) -> np.ndarray:
    return np.asarray(a, dtype if np.issubdtype(dtype, np.inexact) else np.float64)


def _in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False) -> np.ndarray:
    return np.isin(np.ravel(ar1), ar2, assume_unique=assume_unique, invert=invert)


def _msort(a: Any) -> np.ndarray:
    return np.sort(a, axis=0)


def _asscalar(a: Any) -> Any:
    return a.item()


NAMES: dict[str, Any] = {
    "float": float,
    "int": int,
    "bool": bool,
    "object": object,
    "str": str,
    "complex": complex,
    "long": int,
    "unicode": str,
    "float_": np.float64,
    "complex_": np.complex128,
    "cfloat": np.complex128,
    "longfloat": np.longdouble,
    "string_": np.bytes_,
    "unicode_": np.str_,
    "bool8": np.bool_,
    "int0": np.intp,
    "uint0": np.uintp,
    "str0": np.str_,
    "object0": np.object_,
    "Inf": np.inf,
    "Infinity": np.inf,
    "infty": np.inf,
    "PINF": np.inf,
    "NINF": -np.inf,
    "NaN": np.nan,
    "PZERO": 0.0,
    "NZERO": -0.0,
    "product": np.prod,
    "cumproduct": np.cumprod,
    "alltrue": np.all,
    "sometrue": np.any,
    "row_stack": np.vstack,
    "round_": np.round,
    "mat": np.asmatrix,
    "rank": np.ndim,
    "trapz": getattr(np, "trapezoid", None),
    "asfarray": _asfarray,
    "in1d": _in1d,
    "msort": _msort,
    "asscalar": _asscalar,
}
"""Old names, and what they were."""

_restored: set[str] = set()


ENDED: dict[str, str] = {
    "only 0-dimensional arrays can be converted to Python scalars": (
        "until NumPy 2.4 an array of one element could be; in every version a.item() is its number"
    ),
    "inhomogeneous shape": (
        "until NumPy 1.24 such a list became an array of objects, as np.array(a, object) makes"
    ),
}
"""What NumPy's errors say of something that it did once, and what that was."""


def ended(error: BaseException) -> str | None:
    """What NumPy did once where it raises an error now, or None."""
    if not isinstance(error, (TypeError, ValueError)):
        return None
    return next((once for said, once in ENDED.items() if said in str(error)), None)


def restore() -> None:
    """Give numpy those of its old names that it has lost, and `reshape` its `newshape`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are going
        for name, value in NAMES.items():
            if not hasattr(np, name):
                setattr(np, name, value)
                _restored.add(name)
    given = {*inspect.signature(np.reshape).parameters, *_restored}
    if "newshape" not in given:  # not even by an earlier call
        now = np.reshape

        def reshape(a: Any, *arguments: Any, **named: Any) -> np.ndarray:
            if "newshape" in named:
                named["shape"] = named.pop("newshape")
            return now(a, *arguments, **named)

        np.reshape = reshape
        _restored.add("newshape")


def note(tree: ast.Module) -> None:
    """Name what of it a file uses among the imports that are replaced."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in ("np", "numpy") and node.attr in _restored:
                STATE.stubbed[f"numpy.{node.attr}"] = WHY
        elif isinstance(node, ast.keyword) and node.arg == "newshape" and node.arg in _restored:
            STATE.stubbed["newshape of numpy.reshape"] = WHY
