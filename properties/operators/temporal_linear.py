"""temporal_linear: strategy over batches of sequences, oracle, laws and mistakes."""

from __future__ import annotations

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
    return {
        "batch": draw(domain.size("batch", (2, 3, 1, 4, 0))),
        "time": draw(domain.integer("time", 1, 4)),
        "in_features": draw(domain.integer("in_features", 1, 4)),
        "out_features": draw(domain.integer("out_features", 1, 4)),
        "bias": draw(domain.boolean("bias")),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    N, T, D, M = at["batch"], at["time"], at["in_features"], at["out_features"]
    arrays = {"x": values.array("x", (N, T, D)), "w": values.tame("w", (M, D))}
    if at["bias"]:
        arrays["b"] = values.tame("b", (M,))
    return arrays


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import linear

    return {"out": linear(tensors["x"], tensors["w"], tensors.get("b"))}


def step_independent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    last = run(inputs | {"x": inputs["x"][:, -1:].copy()})["out"]
    yield "out[:, -1:]", last, run(inputs)["out"][:, -1:]


def turned_around(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = run(inputs | {"x": inputs["x"].swapaxes(0, 1).copy()})["out"]
    yield "out", turned, run(inputs)["out"].swapaxes(0, 1)


OUT = "out[n, t, m] = np.sum(x[n, t] * w[m])"
BIAS = "out[n, t, m] += b[m]"
DX = "dx[n, t] += dout[n, t, m] * w[m]"
DW = "dw[m] += dout[n, t, m] * x[n, t]"
DB = "db[m] += dout[n, t, m]"
CACHE = "(x.copy(), w.copy(), b is not None)"
RESULT = "return dx, dw, db if biased else None"

MISTAKES = (
    edit(
        "bias broadcast over time",
        "the bias is picked by the step instead of the output, which fits where T = M",
        BIAS,
        "out[n, t, m] += b[t % M]",
    ),
    edit(
        "bias broadcast over the batch",
        "the bias is picked by the sample instead of the output",
        BIAS,
        "out[n, t, m] += b[n % M]",
    ),
    edit(
        "first bias for every output",
        "one bias is added to all outputs",
        BIAS,
        "out[n, t, m] += b[0]",
    ),
    edit("bias left out", "the output does not contain the bias", BIAS, "pass"),
    edit(
        "bias added at the first step only",
        "later steps lack the bias",
        BIAS,
        "out[n, t, m] += b[m] * (t == 0)",
    ),
    edit(
        "input flattened time-major",
        "the rows of x are taken step by step and given back sample by sample",
        OUT,
        "out[n, t, m] = np.sum(x.swapaxes(0, 1).reshape(x.shape)[n, t] * w[m])",
    ),
    edit(
        "input reshaped with features and time exchanged",
        "x is read as if it were (N, D, T) in memory",
        OUT,
        "out[n, t, m] = np.sum(x.reshape(N, -1, T).swapaxes(1, 2)[n, t] * w[m])",
    ),
    edit(
        "output time-major",
        "the output comes back as (T, N, M)",
        f"return out, {CACHE}",
        f"return out.swapaxes(0, 1), {CACHE}",
    ),
    edit(
        "last step only",
        "every step gives the output of the last one",
        OUT,
        "out[n, t, m] = np.sum(x[n, -1] * w[m])",
    ),
    edit(
        "steps added up",
        "a step gives the sum of the outputs up to it",
        OUT,
        "out[n, t, m] = np.sum(x[n, : t + 1] * w[m])",
    ),
    edit(
        "weights read transposed",
        "w is read in the memory order of its transpose",
        OUT,
        "out[n, t, m] = np.sum(x[n, t] * w.T.reshape(w.shape)[m])",
    ),
    edit(
        "input gradient of the last output only",
        "dx is overwritten for each output instead of added up",
        DX,
        DX.replace("+=", "="),
    ),
    edit(
        "input gradient without weights",
        "dx is the sum of dout, the weights are not multiplied in",
        DX,
        "dx[n, t] += dout[n, t, m]",
    ),
    edit(
        "input gradient time-major",
        "dout is flattened sample by sample and dx is filled step by step",
        DX,
        "dx[(n * T + t) % N, (n * T + t) // N] += dout[n, t, m] * w[m]",
    ),
    edit(
        "weight gradient of the last step only",
        "dw adds up the samples at the last step and leaves the steps before it out",
        DW,
        f"{DW} * (t == T - 1)",
    ),
    edit(
        "weight gradient of the last sample only",
        "dw is overwritten by each sample instead of added up",
        DW,
        "dw[m] = dw[m] * (t > 0) + dout[n, t, m] * x[n, t]",
    ),
    edit(
        "weight gradient averaged over the batch",
        "dw is divided by the number of samples",
        DW,
        f"{DW} / N",
    ),
    edit(
        "weight gradient averaged over time",
        "dw is divided by the number of steps",
        DW,
        f"{DW} / T",
    ),
    edit(
        "bias gradient summed over the batch only",
        "db keeps the time axis: it comes back as (T, M)",
        RESULT,
        "return dx, dw, dout.sum(axis=0) if biased else None",
    ),
    edit(
        "bias gradient of the last step only",
        "db adds up the samples at the last step and leaves the steps before it out",
        DB,
        f"{DB} * (t == T - 1)",
    ),
    edit(
        "bias gradient averaged over batch and time",
        "db is divided by the number of rows",
        DB,
        f"{DB} / (N * T)",
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
        RESULT,
        f"dout *= 0.5\n    {RESULT}",
    ),
    edit(
        "cache consumed by backward",
        "the cached x is overwritten, so a second backward is wrong",
        RESULT,
        f"x *= 0\n    {RESULT}",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        "out = np.zeros((N, T, M), x.dtype)",
        "out = np.zeros((N, T, M), np.result_type(x, np.float64))",
    ),
    edit(
        "accumulated in float16",
        "products are added up in half precision",
        OUT,
        "out[n, t, m] = np.sum(x[n, t] * w[m], dtype=None if x.dtype.kind == 'c' else np.float16)",
    ),
)

CORNERS: Corners = {
    "one sample": lambda case: case.attributes["batch"] == 1,
    "one step": lambda case: case.attributes["time"] == 1,
    "no sample": lambda case: case.attributes["batch"] == 0,
    "as many steps as outputs": lambda case: (
        case.attributes["bias"] and case.attributes["time"] == case.attributes["out_features"] > 1
    ),
    "no bias": lambda case: not case.attributes["bias"],
}

operator = Operator(
    name="temporal_linear",
    source="torch.nn.functional.linear",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x", "w", "b"),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        ADDITIVITY,
        Law("step independence", "the last step alone gives its own output", step_independent),
        Law(
            "steps as samples",
            "batch and time exchanged in x are exchanged in out",
            turned_around,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "captions",
            {"batch": 16, "time": 16, "in_features": 128, "out_features": 1004, "bias": True},
        ),
    ),
)
