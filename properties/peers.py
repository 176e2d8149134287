"""What rounding costs right code: the errors of PyTorch and of a reference in low precision."""

from __future__ import annotations

import numpy as np

from properties.case import Attributes
from properties.operator import Arrays, Operator
from properties.oracle import Expected, evaluate
from properties.references import has_references, reference
from properties.torch_functions import NAMES


def peer_errors(
    operator: Operator,
    attributes: Attributes,
    inputs: Arrays,
    expected: Expected,
    dtype: str,
    judged: str,
) -> tuple[Arrays, Arrays] | None:
    """Errors of outputs and gradients, the larger of the peers', or None where one overflows.

    A single element can be right by luck, so each error has the mean error of its array added.
    `judged` is the name of the implementation, which is no peer of its own: PyTorch on a device is
    compared with the references alone.
    """
    cotangents = expected.cotangents if expected.gradients else None
    of_torch = judged in NAMES.values()
    paths = ["naive"] if judged == "vectorized" else ["vectorized"]
    if not has_references(operator):
        of_torch, paths = False, []
    elif of_torch:
        paths = ["naive", "vectorized"]
    peers = [run_reference(operator, p, attributes, inputs, cotangents, dtype) for p in paths]
    if not of_torch:
        peers.append(evaluate(operator, attributes, inputs, cotangents, dtype))
    outputs = largest_errors(expected.outputs, [peer[0] for peer in peers])
    gradients = largest_errors(expected.gradients, [peer[1] for peer in peers])
    errors = [*outputs.values(), *gradients.values()]
    return (outputs, gradients) if all(np.isfinite(e).all() for e in errors) else None


def run_reference(
    operator: Operator,
    path: str,
    attributes: Attributes,
    inputs: Arrays,
    cotangents: Arrays | None,
    dtype: str,
) -> tuple[Arrays, Arrays]:
    """Outputs and gradients of a reference in a precision; without cotangents no gradients."""
    functions = reference(operator, path).functions
    with np.errstate(all="ignore"):
        outputs, cache = functions.forward(attributes, cast(inputs, dtype))
        if cotangents is None:
            return outputs, {}
        return outputs, functions.backward(cast(cotangents, dtype), cache)


def largest_errors(expected: Arrays, peers: list[Arrays]) -> Arrays:
    """The larger of the peers' errors, with the mean of its array added, by name."""
    errors = {}
    with np.errstate(invalid="ignore"):
        for name, right in expected.items():
            distances = [np.abs(np.asarray(p[name], np.float64) - right) for p in peers]
            error = np.maximum.reduce(distances)
            errors[name] = error + (error.mean() if error.size else 0.0)
    return errors


def cast(arrays: Arrays, dtype: str) -> Arrays:
    """Floating arrays in another dtype, others as they are."""
    return {n: a.astype(dtype) if a.dtype.kind == "f" else a for n, a in arrays.items()}
