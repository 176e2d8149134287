"""linear: strategy over leading dimensions, oracle, laws and mistakes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators._laws import ADDITIVITY
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    lead_dims = draw(domain.choice("lead_dims", (1, 2, 3, 0)))
    batch = [draw(domain.size("batch", (1, 2, 3, 4, 0))) for _ in range(lead_dims)]
    # x is flat in its last dimension; `features` says what a course flattens it from.
    dims = draw(domain.choice("feature_dims", (1, 2, 3)))
    highest = 4 if dims == 1 else 3
    return {
        "lead": tuple(batch),
        "features": tuple(draw(domain.integer("feature", 1, highest)) for _ in range(dims)),
        "out_features": draw(domain.integer("out_features", 1, 4)),
        "bias": draw(domain.boolean("bias")),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    D, M = math.prod(at["features"]), at["out_features"]
    arrays = {"x": values.array("x", (*at["lead"], D)), "w": values.tame("w", (M, D))}
    if at["bias"]:
        arrays["b"] = values.tame("b", (M,))
    return arrays


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import linear

    return {"out": linear(tensors["x"], tensors["w"], tensors.get("b"))}


def row_independent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out[:1]", run(inputs | {"x": inputs["x"][:1].copy()})["out"], run(inputs)["out"][:1]


OUT = "out[n][o] = np.sum(x[n] * w[o])"
BIAS = "out[n][o] += b[o]"
DX = "dx[n] += dout[n][o] * w[o]"
DW = "dw[o] += dout[n][o] * x[n]"
DB = "db[o] += dout[n][o]"
CACHE = "(x.copy(), w.copy(), b is not None)"
SIZE = "max(int(np.prod(rows)), 1)"

MISTAKES = (
    edit("bias left out", "the output does not contain the bias", BIAS, "pass"),
    edit(
        "bias along the wrong axis",
        "the bias is picked by the row instead of the column",
        BIAS,
        "out[n][o] += b[(n[-1] if n else 0) % OUT]",
    ),
    edit(
        "first bias for every output",
        "one bias is added to all outputs",
        BIAS,
        "out[n][o] += b[0]",
    ),
    edit(
        "weights read transposed",
        "w is read in the memory order of its transpose",
        OUT,
        "out[n][o] = np.sum(x[n] * w.T.reshape(w.shape)[o])",
    ),
    edit(
        "features read backwards",
        "the features of x are paired with the weights in reverse order",
        OUT,
        "out[n][o] = np.sum(x[n][::-1] * w[o])",
    ),
    edit(
        "input gradient of the last output only",
        "dx is overwritten for each output instead of added up",
        DX,
        DX.replace("+=", "="),
    ),
    edit(
        "weight gradient of the last row only",
        "dw is overwritten by each row instead of added up",
        DW,
        DW.replace("+=", "="),
    ),
    edit(
        "weight gradient averaged over the batch",
        "dw is divided by the number of rows",
        DW,
        DW + " / " + SIZE,
    ),
    edit(
        "bias gradient averaged over the batch",
        "db is divided by the number of rows",
        DB,
        DB + " / " + SIZE,
    ),
    edit(
        "bias gradient of the last row only",
        "db is overwritten by each row instead of added up",
        DB,
        DB.replace("+=", "="),
    ),
    edit(
        "bias gradient keeps an axis",
        "db comes back as (1, out) instead of (out,)",
        "return dx, dw, db if biased else None",
        "return dx, dw, db[None] if biased else None",
    ),
    edit(
        "input gradient without weights",
        "dx is the sum of dout, the weights are not multiplied in",
        DX,
        "dx[n] += dout[n][o]",
    ),
    edit(
        "input changed in place",
        "the caller's x is scaled where it stands",
        f"return out, {CACHE}",
        f"kept = {CACHE}\n    x *= 2\n    return out, kept",
    ),
    edit(
        "dout changed in place",
        "backward scales the caller's dout where it stands",
        "return dx, dw, db if biased else None",
        "dout *= 0.5\n    return dx, dw, db if biased else None",
    ),
    edit(
        "cache consumed by backward",
        "the cached x is overwritten, so a second backward is wrong",
        "return dx, dw, db if biased else None",
        "x *= 0\n    return dx, dw, db if biased else None",
    ),
    edit(
        "accumulated in float16",
        "products are added up in half precision",
        OUT,
        "out[n][o] = np.sum(x[n] * w[o], dtype=None if x.dtype.kind == 'c' else np.float16)",
    ),
)

CORNERS: Corners = {
    "no leading dimension": lambda case: case.attributes["lead"] == (),
    "three leading dimensions": lambda case: len(case.attributes["lead"]) == 3,
    "flattened features": lambda case: len(case.attributes["features"]) == 3,
    "empty": lambda case: 0 in case.attributes["lead"],
}

operator = Operator(
    name="linear",
    source="torch.nn.functional.linear",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x", "w", "b"),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        ADDITIVITY,
        Law(
            "row independence",
            "one row alone gives its own output",
            row_independent,
            applies=lambda case: len(case.attributes["lead"]) > 0,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "two-layer net",
            {"lead": (100,), "features": (3, 32, 32), "out_features": 100, "bias": True},
        ),
    ),
)
