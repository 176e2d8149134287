"""normalize: strategy over axes and norms, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators._activations import draw_shape
from properties.operators._corners import each
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    shape = draw_shape(draw, domain, (2, 1, 3, 4))
    ndim = len(shape)
    axes = [axis for axis in (1, 0, -1, 2, 3, -2, -3, -4) if -ndim <= axis < ndim]
    return {
        "shape": shape,
        "p": draw(domain.choice("p", (2, 1))),
        "axis": draw(domain.choice("axis", axes)),
        "eps": draw(domain.choice("eps", (1e-12, 0.5, 2.0))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Vectors away from kinks; where eps is large, some shorter than it, and some of zeros."""
    shape, eps = at["shape"], at["eps"]

    def some_times(factor: float, x: np.ndarray) -> np.ndarray:
        return x * values.rng(f"times {factor}").choice((1.0, 1.0, factor), norm(at, x).shape)

    if values.regime == "kinks":  # -1, 0 and 1, and vectors of zeros
        x = some_times(0.0, np.trunc(values.array("x", shape) / 2))
        # At a norm of exactly eps, versions of PyTorch differ.
        return {"x": np.where(norm(at, x) == eps, 4 * x, x)}
    if shape[at["axis"]] == 1:  # of one number a sign is left: where it is small, only rounding
        x = values.tame("x", shape)
        x = x + np.where(x < 0, -1.0, 1.0)
    else:
        x = values.nonzero("x", shape) if at["p"] == 1 else values.array("x", shape)
        x = np.where(norm(at, x) == 0, values.nonzero("x", shape), x)
    if eps < 0.1:  # the gradient below eps, dout / eps, would drown all others
        return {"x": x}
    x = some_times(1 / 16, x)
    x = np.where((norm(at, x) > eps / 2) & (norm(at, x) < 2 * eps), 4 * x, x)
    return {"x": some_times(0.0, x)}


def norm(at: Attributes, x: np.ndarray) -> np.ndarray:
    """The norms of the vectors of x, which keep the axis."""
    powers = x**2 if at["p"] == 2 else np.abs(x)
    sums: np.ndarray = powers.sum(axis=at["axis"], keepdims=True)
    return np.sqrt(sums) if at["p"] == 2 else sums


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import normalize

    return {"out": normalize(tensors["x"], p=at["p"], dim=at["axis"], eps=at["eps"])}


def any_subgradient(
    at: Attributes, inputs: Arrays, outputs: Arrays, cotangents: Arrays, gradients: Arrays
) -> str | None:
    """Vectors of zeros have any finite gradient; else |x| at 0 has a slope from -1 to 1."""
    x, out, dout, dx = inputs["x"], outputs["out"], cotangents["out"], gradients["x"]
    if not np.isfinite(dx).all():
        return "dx is not finite"
    norms = norm(at, x)
    along = (dout * out).sum(axis=at["axis"], keepdims=True)
    slope = out if at["p"] == 2 else np.sign(x)
    error = np.abs(dx * norms - (dout - slope * along))
    most = np.abs(along) * ((x == 0) & (at["p"] == 1))
    if np.any((error > most + 1e-9 * (1 + np.abs(dout))) & (norms > at["eps"])):
        return "dx of a vector that is not 0 is no gradient"
    return None


def norm_of_one(run: Any, case: Case, inputs: Arrays) -> Pairs:
    at = case.attributes
    expected = np.minimum(norm(at, inputs["x"]) / at["eps"], 1.0)
    yield "the norm of out", norm(at, run(inputs)["out"]), expected


def scale_free(run: Any, case: Case, inputs: Arrays) -> Pairs:
    larger = run({"x": -8 * inputs["x"]}, eps=8 * case.attributes["eps"])["out"]
    yield "out", larger, -run(inputs)["out"]


def order_free(run: Any, case: Case, inputs: Arrays) -> Pairs:
    axis = case.attributes["axis"]
    turned = run({"x": np.flip(inputs["x"], axis).copy()})["out"]
    yield "out", turned, np.flip(run(inputs)["out"], axis)


def gradient_across(run: Any, case: Case, inputs: Arrays) -> Pairs:
    at, x = case.attributes, inputs["x"]
    dout = Values("normal", case.seed, 1).array("dout", x.shape)
    along = (run.gradients(inputs, {"out": dout})["x"] * x).sum(axis=at["axis"], keepdims=True)
    along = np.where(norm(at, x) > at["eps"], along, 0.0)
    yield "the product of dx and x", along, np.zeros_like(along)


NORM = "norm = np.sqrt(np.sum(v**2)) if p == 2 else np.sum(v * np.sign(v.real))"
CLIPPED = "clipped[n] = norm.real <= eps"
KEPT = "norms[n] = eps if clipped[n] else norm"
UNIT = "units[n] = v / norms[n]"
VECTORS = "vectors, units = np.moveaxis(x, axis, -1), np.moveaxis(out, axis, -1)"
CHECKED = "axis, eps = check_normalize(x, p, axis, eps)"
COPIED = "return out, (out.copy(), norms, clipped, p, axis)"
LONG = "if not clipped[n]:"
DNORM = "dnorm = units[n] if p == 2 else np.sign(units[n])"
ALONG = "dvectors[n] -= dnorm * np.sum(dunits[n] * units[n])"
DIVIDED = "dvectors[n] /= norms[n]"

MISTAKES = (
    edit(
        "zero vector divides by 0",
        "eps is left out, so a vector of zeros gives nan",
        KEPT,
        "norms[n] = norm",
    ),
    edit(
        "zero vector divided by 1",
        "only norms of exactly 0 are replaced, and small ones are not",
        CLIPPED,
        "clipped[n] = norm.real == 0",
        KEPT,
        "norms[n] = 1 if clipped[n] else norm",
    ),
    edit(
        "zero vector gives 1",
        "a vector of zeros comes back as ones",
        UNIT,
        UNIT + "\n        if norm == 0:\n            units[n] = 1",
    ),
    edit(
        "eps added to the norm",
        "x is divided by the norm plus eps, not by the larger of the two",
        KEPT,
        "norms[n] = norm + eps",
    ),
    edit(
        "eps inside the root",
        "eps is added to the sum of squares",
        KEPT,
        "norms[n] = np.sqrt(norm**2 + eps)",
    ),
    edit(
        "eps ignored",
        "eps is 1e-12 whatever the argument says",
        CHECKED,
        CHECKED + "\n    eps = 1e-12",
    ),
    edit("p ignored", "the norm is Euclidean whatever p says", CHECKED, CHECKED + "\n    p = 2"),
    edit(
        "sum of absolute values",
        "the norm is that of p = 1 whatever p says",
        CHECKED,
        CHECKED + "\n    p = 1",
    ),
    edit(
        "root left out",
        "x is divided by its sum of squares",
        NORM,
        NORM.replace("np.sqrt(np.sum(v**2))", "np.sum(v**2)"),
    ),
    edit(
        "root of the mean square",
        "x is divided by the root of the mean of its squares, not of their sum",
        NORM,
        NORM.replace("np.sum(v**2)", "np.mean(v**2)"),
    ),
    edit(
        "sum instead of absolute values",
        "for p = 1 x is divided by its sum, in which signs cancel",
        NORM,
        NORM.replace(" * np.sign(v.real)", ""),
        CLIPPED,
        "clipped[n] = np.abs(norm.real) <= eps",
    ),
    edit(
        "divided by the largest",
        "x is divided by its largest absolute value",
        NORM,
        "norm = np.max(v * np.sign(v.real)) if v.size else np.sum(v)",
    ),
    edit(
        "norm of the whole array",
        "all vectors are divided by one norm",
        NORM,
        "norm = np.sqrt(np.sum(x**2)) if p == 2 else np.sum(x * np.sign(x.real))",
    ),
    edit(
        "always along the first axis",
        "vectors lie along axis 0 whatever the argument says",
        CHECKED,
        CHECKED + "\n    axis = 0",
    ),
    edit(
        "always along the last axis",
        "vectors lie along the last axis whatever the argument says",
        CHECKED,
        CHECKED + "\n    axis = x.ndim - 1",
    ),
    edit(
        "multiplied by the norm",
        "x is multiplied by its norm, not divided",
        UNIT,
        "units[n] = v * norms[n]",
    ),
    edit(
        "gradient takes the norm for a constant",
        "dx is dout / norm, without the share through the norm",
        LONG,
        "if False:",
    ),
    edit(
        "gradient not divided by the norm",
        "dx is the part of dout across x",
        DIVIDED,
        "pass",
    ),
    edit(
        "gradient divided by the norm squared",
        "dx is smaller by one norm",
        DIVIDED,
        "dvectors[n] /= norms[n] ** 2",
    ),
    edit(
        "sign of the share through the norm",
        "the part of dout along x is added, not taken away",
        ALONG,
        ALONG.replace("-=", "+="),
    ),
    edit(
        "one share through the norm for all vectors",
        "the product of dout and out is summed over the whole array",
        ALONG,
        "dvectors[n] -= dnorm * np.sum(dout * out)",
    ),
    edit(
        "dout left out of the share through the norm",
        "the part of dout along x is taken to be the sum of x",
        ALONG,
        "dvectors[n] -= dnorm * np.sum(units[n])",
    ),
    edit(
        "Euclidean gradient for p = 1",
        "the share through the norm goes along out, not along the signs of x",
        DNORM,
        "dnorm = units[n]",
    ),
    edit(
        "gradient through the norm below eps",
        "where the norm is below eps dx has a share through it as well",
        LONG,
        "if True:",
    ),
    edit(
        "input changed in place",
        "x is divided where it stands, so the caller's array is spoiled",
        UNIT,
        "v /= norms[n]\n        units[n] = v",
    ),
    edit(
        "dout changed in place",
        "the caller's dout is divided by the norm",
        DIVIDED,
        DIVIDED + "\n        dunits[n] /= norms[n]",
    ),
    edit(
        "cache consumed by backward",
        "the cached output is overwritten, so a second backward is wrong",
        DIVIDED,
        DIVIDED + "\n        units[n] *= 0",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        COPIED,
        COPIED.replace("out,", "out.astype(np.result_type(out, np.float64)),", 1),
    ),
    edit(
        "accumulated in float16",
        "squares are added up in half precision",
        NORM,
        NORM.replace("v**2", "v**2, dtype=None if v.dtype.kind == 'c' else np.float16"),
    ),
)

CORNERS: Corners = {
    "one dimension": lambda case: len(case.attributes["shape"]) == 1,
    "first axis": lambda case: case.attributes["axis"] == 0 and len(case.attributes["shape"]) > 1,
    "axis from the last": lambda case: case.attributes["axis"] < 0,
    "one number": lambda case: case.attributes["shape"][case.attributes["axis"]] == 1,
    "empty": lambda case: 0 in case.attributes["shape"],
    "vectors of no number": lambda case: case.attributes["shape"][case.attributes["axis"]] == 0,
    "zeros by default eps": lambda case: case.regime == "kinks" and case.attributes["eps"] == 1e-12,
    **each("p", (1, 2)),
}

operator = Operator(
    name="normalize",
    source="torch.nn.functional.normalize",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x",),
    kinked=("x",),
    weak_kinks=any_subgradient,
    laws=(
        Law("unit norm", "the norm of out is 1, or that of x / eps where it is less", norm_of_one),
        Law("scale", "x and eps times 8 give the same output, and -x the opposite", scale_free),
        Law("order", "numbers of a vector in reverse order come out in that order", order_free),
        Law(
            "gradient across",
            "dx has no part along x where the norm is above eps",
            gradient_across,
            needs_backward=True,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload("embeddings", {"shape": (1000, 512), "p": 2, "axis": 1, "eps": 1e-12}),
        Workload("channels", {"shape": (8, 64, 32, 32), "p": 2, "axis": 1, "eps": 1e-12}),
    ),
)
