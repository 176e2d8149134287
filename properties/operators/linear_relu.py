"""linear_relu: the strategy of linear off the kinks of relu, oracle, laws and mistakes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from properties.case import Attributes
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Operator, Workload
from properties.operators._sandwiches import (
    INDEPENDENCE,
    SPLITTING,
    homogeneity,
    off_zero,
    one_signed,
)
from properties.operators.linear import attributes
from properties.values import Values


def inputs(at: Attributes, values: Values) -> Arrays:
    lead, D, M = at["lead"], math.prod(at["features"]), at["out_features"]
    if not at["bias"]:
        return one_signed(values, (*lead, D), (*lead, 1), (M, D))
    x, w = values.array("x", (*lead, D)), values.tame("w", (M, D))
    if values.regime == "integers":
        return {"x": x, "w": w, "b": values.array("b", (M,)) + 0.5}
    rows = x.reshape(math.prod(lead), D)
    return {"x": x, "w": w, "b": off_zero(values, "b", rows @ w.T, np.abs(rows) @ np.abs(w).T)}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import linear, relu

    return {"out": relu(linear(tensors["x"], tensors["w"], tensors.get("b")))}


LINEAR = "pre, linear_cache = linear_forward(x, w, b)"
RELU = "out, relu_cache = relu_forward(pre)"
CACHES = "return out, (linear_cache, relu_cache)"
DPRE = "dpre = relu_backward(dout, relu_cache)"
GRADIENTS = "dx, dw, db = linear_backward(dpre, linear_cache)"
RETURN = "return dx, dw, db"

MISTAKES = (
    edit(
        "relu left out",
        "out is the linear layer's, negative elements included",
        RELU,
        f"{RELU}\n    out = pre",
    ),
    edit(
        "relu before the layer",
        "the layer is applied to relu(x)",
        LINEAR,
        "x, relu_cache = relu_forward(x)\n    out, linear_cache = linear_forward(x, w, b)",
        f"    {RELU}\n",
        "",
        f"    {DPRE}\n    {GRADIENTS}",
        "    dx, dw, db = linear_backward(dout, linear_cache)\n"
        "    dx = relu_backward(dx, relu_cache)",
    ),
    edit(
        "bias added after relu",
        "out is relu(x w.T) + b",
        LINEAR,
        f"{LINEAR}\n    pre = pre if b is None else pre - b",
        CACHES,
        f"out = out if b is None else out + b\n    {CACHES}",
    ),
    edit(
        "bias left out",
        "out does not contain the bias",
        LINEAR,
        LINEAR.replace(", b)", ", None if b is None else 0 * b)"),
    ),
    edit(
        "relu gradient left out",
        "dout goes to the linear layer as it is, also where out is 0",
        DPRE,
        "dpre = dout",
    ),
    edit(
        "gradient masked the wrong way round",
        "dout passes where relu gave 0 and not where it passed x",
        DPRE,
        "dpre = dout - relu_backward(dout, relu_cache)",
    ),
    edit(
        "gradient masked by its own sign",
        "dout passes where dout, not the output of the layer, is positive",
        DPRE,
        "dpre = np.where(dout > 0, dout, np.zeros_like(dout))",
    ),
    edit(
        "gradient multiplied by the output",
        "dout is multiplied by out instead of being passed where out is positive",
        CACHES,
        "return out, (linear_cache, (relu_cache, out.copy()))",
        DPRE,
        "dpre = relu_backward(dout, relu_cache[0]) * relu_cache[1]",
    ),
    edit(
        "relu gradient after the linear one",
        "dx is masked where x is negative, and dout not at all",
        CACHES,
        "return out, (linear_cache, relu_forward(x)[1])",
        DPRE,
        "dpre = dout",
        RETURN,
        "return relu_backward(dx, relu_cache), dw, db",
    ),
    edit(
        "dx from dout",
        "dx passes by the relu, dw and db do not",
        RETURN,
        "return linear_backward(dout, linear_cache)[0], dw, db",
    ),
    edit(
        "dw from dout",
        "dw passes by the relu, dx and db do not",
        RETURN,
        "return dx, linear_backward(dout, linear_cache)[1], db",
    ),
    edit(
        "db from dout",
        "db passes by the relu, dx and dw do not",
        RETURN,
        "return dx, dw, linear_backward(dout, linear_cache)[2]",
    ),
    edit("db dropped", "backward returns no gradient of b", RETURN, "return dx, dw, None"),
    edit(
        "weight gradient averaged over the batch",
        "dw is divided by the number of rows",
        RETURN,
        "return dx, dw / max(dout[..., 0].size, 1), db",
    ),
    edit(
        "dx and dw exchanged",
        "the gradients come back in another order",
        RETURN,
        "return dw, dx, db",
    ),
    edit(
        "caches exchanged",
        "each layer's backward is given the other layer's cache",
        "linear_cache, relu_cache = cache",
        "relu_cache, linear_cache = cache",
    ),
    edit(
        "cache kept for the last call",
        "backward uses the cache of the latest forward, whatever cache it is given",
        CACHES,
        f"linear_relu_forward.last = linear_cache, relu_cache\n    {CACHES}",
        "linear_cache, relu_cache = cache",
        "linear_cache, relu_cache = linear_relu_forward.last",
    ),
    edit(
        "input changed in place",
        "negative elements of the caller's x are set to 0",
        CACHES,
        f"x[x.real < 0] = 0\n    {CACHES}",
    ),
    edit(
        "dout changed in place",
        "the caller's dout is masked where it stands",
        DPRE,
        f"dout[...] = relu_backward(dout, relu_cache)\n    {DPRE}",
    ),
    edit(
        "cache consumed by backward",
        "the cached x is overwritten, so a second backward is wrong",
        RETURN,
        f"linear_cache[0][...] = 0\n    {RETURN}",
    ),
    edit(
        "rounded to float16 between the layers",
        "relu reads the output of the linear layer in half precision",
        RELU,
        f"pre = pre if x.dtype.kind == 'c' else pre.astype(np.float16).astype(x.dtype)\n    {RELU}",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        CACHES,
        f"out = out.astype(np.result_type(out, np.float64))\n    {CACHES}",
    ),
)

CORNERS: Corners = {
    "no leading dimension": lambda case: case.attributes["lead"] == (),
    "three leading dimensions": lambda case: len(case.attributes["lead"]) == 3,
    "flattened features": lambda case: len(case.attributes["features"]) == 3,
    "empty": lambda case: 0 in case.attributes["lead"],
    "no bias": lambda case: not case.attributes["bias"],
}

operator = Operator(
    name="linear_relu",
    source="torch.nn.functional.relu of linear",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x", "w", "b"),
    regimes=("integers", "constant", "sparse", "normal", "large", "rows"),
    laws=(SPLITTING, homogeneity("w", "b"), INDEPENDENCE),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "two-layer net",
            {"lead": (100,), "features": (3, 32, 32), "out_features": 100, "bias": True},
        ),
    ),
)
