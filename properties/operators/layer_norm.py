"""layer_norm: strategy over leading and normalised axes, oracle, laws and mistakes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.values import Values

GIVEN = {"gamma": "scaled", "beta": "shifted"}


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    lead_dims = draw(domain.choice("lead_dims", (1, 2, 0, 3)))
    lead = [draw(domain.size("batch", (1, 2, 3, 4, 0)))][:lead_dims]
    lead += [draw(domain.integer("lead", 1, 3)) for _ in range(lead_dims - 1)]
    eps = draw(domain.choice("eps", (1e-5, 1e-3, 1e-1)))
    dims = draw(domain.choice("feature_dims", (1, 2, 3)))
    rest = [draw(domain.integer("feature", 1, 3)) for _ in range(dims - 1)]
    # Of one or two values, and so of their gradients, nothing is left but a sign and what eps adds.
    fewest = 1 if eps >= 0.1 else math.ceil(3 / math.prod(rest))
    features = (draw(domain.integer("feature", fewest, 5 if dims == 1 else 3)), *rest)
    scaled, shifted = draw(domain.boolean("scaled")), draw(domain.boolean("shifted"))
    # Without arrays that tell them, several normalised axes must be stated.
    stated = (None, features) if scaled or shifted or dims == 1 else (features,)
    drawn = {
        "lead": tuple(lead),
        "features": features,
        "scaled": scaled,
        "shifted": shifted,
        "eps": eps,
        "normalized_shape": draw(domain.choice("normalized_shape", stated)),
    }
    absent = [name for name, given in GIVEN.items() if not drawn[given]]
    return drawn | dict.fromkeys(absent)


def inputs(at: Attributes, values: Values) -> Arrays:
    features = at["features"]
    few = math.prod(features) < 3  # where they are large, only rounding is left of them
    x = (values.tame if few else values.array)("x", (*at["lead"], *features))
    vectors = [name for name, given in GIVEN.items() if at[given]]
    return {"x": x} | {name: values.tame(name, features) for name in vectors}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import layer_norm

    gamma, beta = tensors.get("gamma"), tensors.get("beta")
    return {"out": layer_norm(tensors["x"], at["features"], gamma, beta, eps=at["eps"])}


def neutral(inputs: Arrays) -> Arrays:
    """The same inputs with gamma 1 and beta 0, where they are given."""
    constants = {"gamma": 1.0, "beta": 0.0}
    return {n: np.full_like(a, constants[n]) if n in constants else a for n, a in inputs.items()}


def over_features(case: Case, array: np.ndarray) -> np.ndarray:
    """The sum over the normalised axes of an array in the shape of x."""
    return np.asarray(array.sum(axis=tuple(range(-len(case.attributes["features"]), 0))))


def centred(run: Any, case: Case, inputs: Arrays) -> Pairs:
    total = over_features(case, run(neutral(inputs))["out"])
    yield "the sum of out over a sample", total, np.zeros_like(total)


def shift_invariant(run: Any, case: Case, inputs: Arrays) -> Pairs:
    lead, dims = case.attributes["lead"], len(case.attributes["features"])
    shift = Values("normal", case.seed, 1).array("shift", (*lead, *[1] * dims))
    yield "out", run(inputs | {"x": inputs["x"] + shift})["out"], run(inputs)["out"]


def affine(run: Any, case: Case, inputs: Arrays) -> Pairs:
    normalised = run(neutral(inputs))["out"]
    yield "out", run(inputs)["out"], normalised * inputs.get("gamma", 1.0) + inputs.get("beta", 0.0)


def sample_independent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    alone = run(inputs | {"x": inputs["x"][:1].copy()})["out"]
    yield "out[:1]", alone, run(inputs)["out"][:1]


def gradient_sums_to_zero(run: Any, case: Case, inputs: Arrays) -> Pairs:
    dout = Values("normal", case.seed, 1).array("dout", inputs["x"].shape)
    total = over_features(case, run.gradients(inputs, {"out": dout})["x"])
    yield "dx summed over a sample", total, np.zeros_like(total)


MEAN = "mean = np.sum(x[n]) / D"
VAR = "var = np.sum((x[n] - mean) ** 2) / D"
ROOT = "np.sqrt(var + eps)"
XHAT = "xhat[n] = (x[n] - mean) * scale[n]"
SCALED = "out[n] *= gamma"
SHIFTED = "if beta is not None:\n            out[n] += beta"
CACHE = "return out, (xhat, scale, gamma, beta is not None)"
DBETA = "dbeta += dout[n]"
DGAMMA = "dgamma += dout[n] * xhat[n]"
DXHAT = "dxhat = dout[n] if gamma is None else dout[n] * gamma"
THROUGH_MEAN = "dx[n] -= np.sum(dxhat) / D"
THROUGH_VAR = "dx[n] -= xhat[n] * np.sum(dxhat * xhat[n]) / D"
GRADIENTS = "return dx, None if gamma is None else dgamma, dbeta if shifted else None"
SAMPLES = "max(math.prod(lead), 1)"


def statistics(of: str, axes: str) -> tuple[str, str]:
    """An edit after which out is normalised by the statistics of an array over some axes."""
    lines = (
        XHAT,
        f"taken, axes = {of}, {axes}",
        "mean_ = np.mean(taken, axis=axes, keepdims=True)",
        "var_ = np.mean((taken - mean_) ** 2, axis=axes, keepdims=True)",
        "normal = (taken - mean_) / np.sqrt(var_ + eps)",
        "xhat[n] = normal.reshape(x.shape)[n] if normal.size == x.size else normal",
    )
    return XHAT, "\n        ".join(lines)


MISTAKES = (
    edit(
        "statistics over the batch",
        "every feature is normalised over the samples (batch normalisation)",
        *statistics("x.reshape(-1, *features)", "0"),
    ),
    edit(
        "statistics over everything",
        "one mean and one variance are taken of the whole array",
        *statistics("x", "None"),
    ),
    edit(
        "statistics over all axes but the first",
        "x (N, T, D) is normalised over T and D together, where gamma says D alone",
        *statistics("x", "tuple(range(min(1, len(lead)), x.ndim))"),
    ),
    edit(
        "statistics over the last axis only",
        "of several axes to be normalised together the last one is taken alone",
        *statistics("x", "-1"),
    ),
    edit(
        "not centred",
        "x is divided by the root of its mean square, and no mean subtracted",
        MEAN,
        "mean = 0",
    ),
    edit(
        "eps missing",
        "x is divided by the root of the variance alone, which is 0 where x is constant",
        ROOT,
        "np.sqrt(var)",
    ),
    edit(
        "eps outside the root",
        "eps is added to the standard deviation, not to the variance",
        ROOT,
        "(np.sqrt(var) + eps)",
    ),
    edit("eps ignored", "eps is 1e-5 whatever the argument says", ROOT, "np.sqrt(var + 1e-5)"),
    edit(
        "unbiased variance",
        "the variance is divided by the number of features less one",
        VAR,
        "var = np.sum((x[n] - mean) ** 2) / max(D - 1, 1)",
    ),
    edit(
        "divided by the variance",
        "the root is left out: x is divided by the variance",
        ROOT,
        "(var + eps)",
    ),
    edit(
        "one-pass variance",
        "the variance is the mean of squares less the squared mean, which cancels for large means",
        VAR,
        "var = np.sum(x[n] ** 2) / D - mean**2",
    ),
    edit("gamma left out", "the normalised input is not scaled", SCALED, "pass"),
    edit("beta left out", "the normalised input is not shifted", SHIFTED, "pass"),
    edit(
        "beta added before the scale",
        "out is gamma (xhat + beta), so that gamma scales beta as well",
        SHIFTED,
        "if beta is not None:\n            out[n] += beta if gamma is None else gamma * beta",
    ),
    edit(
        "gamma read transposed",
        "gamma is read in the memory order of its transpose",
        SCALED,
        "out[n] *= gamma.T.reshape(features)",
    ),
    edit(
        "one gamma for all features",
        "every feature is scaled by the first gamma",
        SCALED,
        "out[n] *= gamma.ravel()[0]",
    ),
    edit(
        "gradient ignores the mean",
        "dx lacks the share that reaches x through the mean",
        THROUGH_MEAN,
        "pass",
    ),
    edit(
        "gradient ignores the variance",
        "dx lacks the share that reaches x through the variance",
        THROUGH_VAR,
        "pass",
    ),
    edit(
        "gradient of fixed statistics",
        "dx takes mean and variance for constants, as batch normalisation does in evaluation",
        THROUGH_MEAN,
        "pass",
        THROUGH_VAR,
        "pass",
    ),
    edit(
        "gradient of batch normalisation",
        "dx has the shares through the statistics of a feature, not of a sample",
        THROUGH_MEAN,
        "all_dxhat = (dout if gamma is None else dout * gamma).reshape(-1, *features)\n"
        "        all_xhat = xhat.reshape(-1, *features)\n"
        "        dx[n] -= np.mean(all_dxhat, axis=0)",
        THROUGH_VAR,
        "dx[n] -= xhat[n] * np.mean(all_dxhat * all_xhat, axis=0)",
    ),
    edit(
        "gradient divided by the number of samples",
        "dx takes means over a sample for sums divided by the size of the batch",
        THROUGH_MEAN,
        f"dx[n] -= np.sum(dxhat) / {SAMPLES}",
        THROUGH_VAR,
        f"dx[n] -= xhat[n] * np.sum(dxhat * xhat[n]) / {SAMPLES}",
    ),
    edit(
        "gamma left out of dx",
        "dx is the gradient of the normalisation alone",
        DXHAT,
        "dxhat = dout[n]",
    ),
    edit(
        "dx not divided by the standard deviation",
        "dx lacks the factor 1 / sqrt(var + eps)",
        "dx[n] *= scale[n]",
        "pass",
    ),
    edit(
        "dgamma without normalisation",
        "dgamma sums dout times the centred input, which is not divided by the deviation",
        DGAMMA,
        DGAMMA + " / scale[n]",
    ),
    edit(
        "dgamma multiplied by gamma",
        "gamma is multiplied into dout before dgamma is summed",
        DGAMMA,
        "dgamma += dout[n] * xhat[n] * (1 if gamma is None else gamma)",
    ),
    edit(
        "dgamma of the last sample only",
        "dgamma is overwritten by each sample instead of added up",
        DGAMMA,
        DGAMMA.replace("dgamma +=", "dgamma[...] ="),
    ),
    edit(
        "dbeta of the last sample only",
        "dbeta is overwritten by each sample instead of added up",
        DBETA,
        DBETA.replace("+=", "= 0 * dbeta +"),
    ),
    edit(
        "dgamma averaged over the batch",
        "dgamma is divided by the number of samples",
        DGAMMA,
        f"{DGAMMA} / {SAMPLES}",
    ),
    edit(
        "dbeta averaged over the batch",
        "dbeta is divided by the number of samples",
        DBETA,
        f"{DBETA} / {SAMPLES}",
    ),
    edit(
        "dgamma summed over the features",
        "dgamma is one sum over everything, spread over the features",
        DGAMMA,
        "dgamma += np.sum(dout[n] * xhat[n])",
    ),
    edit(
        "dgamma of shape (1, D)",
        "dgamma keeps an axis over which it was summed",
        GRADIENTS,
        GRADIENTS.replace("dgamma,", "dgamma[None],"),
    ),
    edit(
        "dbeta summed over the first axis only",
        "dbeta of x (N, T, D) has shape (T, D)",
        GRADIENTS,
        GRADIENTS.replace("dbeta if", "(dout.sum(axis=0) if lead else dbeta) if"),
    ),
    edit(
        "input changed in place",
        "x is centred where it stands, so the caller's array is spoiled",
        XHAT,
        "x[n] -= mean\n        xhat[n] = x[n] * scale[n]",
    ),
    edit(
        "dout changed in place",
        "backward multiplies the caller's dout by gamma where it stands",
        DXHAT,
        "if gamma is not None:\n            dout[n] *= gamma\n        dxhat = dout[n]",
    ),
    edit(
        "cache consumed by backward",
        "the cached normalised input is overwritten, so a second backward is wrong",
        THROUGH_VAR,
        "xhat[n] *= np.sum(dxhat * xhat[n]) / D\n        dx[n] -= xhat[n]",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        CACHE,
        CACHE.replace("out,", "out.astype(np.result_type(out, np.float64)),"),
    ),
    edit(
        "accumulated in float16",
        "the mean is added up in half precision",
        MEAN,
        "mean = np.sum(x[n], dtype=None if x.dtype.kind == 'c' else np.float16) / D",
    ),
)

CORNERS: Corners = {
    "three axes": lambda case: len(case.attributes["lead"]) == 2,
    "no leading axis": lambda case: case.attributes["lead"] == (),
    "several axes normalised": lambda case: len(case.attributes["features"]) > 1,
    "axes stated": lambda case: case.attributes["normalized_shape"] is not None,
    "batch 1": lambda case: case.attributes["lead"][:1] == (1,),
    "empty": lambda case: 0 in case.attributes["lead"],
    "one value": lambda case: math.prod(case.attributes["features"]) == 1,
    "scaled, not shifted": lambda case: (
        case.attributes["scaled"] and not case.attributes["shifted"]
    ),
    "shifted, not scaled": lambda case: (
        case.attributes["shifted"] and not case.attributes["scaled"]
    ),
    "constant": lambda case: case.regime == "constant",
    "mean 1e4": lambda case: case.regime == "offset",
}

operator = Operator(
    name="layer_norm",
    source="torch.nn.functional.layer_norm",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x", "gamma", "beta"),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        Law("centring", "with gamma 1 and beta 0, out of a sample adds up to 0", centred),
        Law("shift", "a constant added to a sample changes nothing", shift_invariant),
        Law("affine", "out is gamma times the normalised x, plus beta", affine),
        Law(
            "sample independence",
            "a sample's output does not depend on the others",
            sample_independent,
            applies=lambda case: len(case.attributes["lead"]) > 0,
        ),
        Law(
            "conservation",
            "dx of a sample adds up to 0",
            gradient_sums_to_zero,
            needs_backward=True,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "course",
            {
                "lead": (100,),
                "features": (500,),
                "scaled": True,
                "shifted": True,
                "eps": 1e-5,
                "normalized_shape": None,
            },
        ),
        Workload(
            "transformer block",
            {
                "lead": (16, 128),
                "features": (512,),
                "scaled": True,
                "shifted": True,
                "eps": 1e-5,
                "normalized_shape": None,
            },
        ),
    ),
)
