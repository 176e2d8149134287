"""conv_relu: the strategy of conv2d off the kinks of relu, oracle, laws and mistakes."""

from __future__ import annotations

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
from properties.operators.conv2d import attributes
from properties.values import Values
from reference.vectorized.conv2d import conv2d_forward


def inputs(at: Attributes, values: Values) -> Arrays:
    N, F = at["batch"], at["filters"]
    x_shape = (N, at["channels"], *at["size"])
    w_shape = (F, at["channels"] // at["groups"], *at["kernel"])
    if not at["bias"]:
        return one_signed(values, x_shape, (N, 1, 1, 1), w_shape)
    x, w = values.array("x", x_shape), values.tame("w", w_shape)
    if values.regime == "integers":
        return {"x": x, "w": w, "b": values.array("b", (F,)) + 0.5}
    geometry = {name: at[name] for name in ("stride", "padding", "dilation", "groups")}
    pre, _ = conv2d_forward(x, w, **geometry)
    noise, _ = conv2d_forward(np.abs(x), np.abs(w), **geometry)
    return {"x": x, "w": w, "b": off_zero(values, "b", pre, noise)}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import conv2d, relu

    pre = conv2d(
        tensors["x"],
        tensors["w"],
        tensors.get("b"),
        stride=at["stride"],
        padding=at["padding"],
        dilation=at["dilation"],
        groups=at["groups"],
    )
    return {"out": relu(pre)}


CONV = """pre, conv_cache = conv2d_forward(
        x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups
    )"""
RELU = "out, relu_cache = relu_forward(pre)"
CACHES = "return out, (conv_cache, relu_cache)"
DPRE = "dpre = relu_backward(dout, relu_cache)"
RETURN = "return dx, dw, db"

MISTAKES = (
    edit(
        "relu left out",
        "out is the convolution, negative elements included",
        RELU,
        f"{RELU}\n    out = pre",
    ),
    edit(
        "relu before the convolution",
        "the convolution reads relu(x)",
        CONV,
        f"x, relu_cache = relu_forward(x)\n    {CONV.replace('pre', 'out', 1)}",
        f"    {RELU}\n",
        "",
        DPRE,
        "dpre = dout",
        RETURN,
        "return relu_backward(dx, relu_cache), dw, db",
    ),
    edit(
        "bias added after relu",
        "out is the relu of the convolution without bias, plus the bias",
        CONV,
        CONV.replace("w, b,", "w, None if b is None else 0 * b,"),
        CACHES,
        f"out = out if b is None else out + b[:, None, None]\n    {CACHES}",
    ),
    edit(
        "bias left out",
        "out does not contain the bias",
        CONV,
        CONV.replace("w, b,", "w, None if b is None else 0 * b,"),
    ),
    edit(
        "stride not handed on",
        "the convolution has stride 1 whatever the stride",
        CONV,
        CONV.replace("stride=stride, ", ""),
    ),
    edit(
        "padding not handed on",
        "the convolution is unpadded whatever the padding",
        CONV,
        CONV.replace("padding=padding, ", ""),
    ),
    edit(
        "dilation not handed on",
        "the convolution reads neighbouring pixels whatever the dilation",
        CONV,
        CONV.replace("dilation=dilation, ", ""),
    ),
    edit(
        "relu gradient left out",
        "dout goes to the convolution as it is, also where out is 0",
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
        "dout passes where dout, not the convolution, is positive",
        DPRE,
        "dpre = np.where(dout > 0, dout, np.zeros_like(dout))",
    ),
    edit(
        "gradient multiplied by the output",
        "dout is multiplied by out instead of being passed where out is positive",
        CACHES,
        "return out, (conv_cache, (relu_cache, out.copy()))",
        DPRE,
        "dpre = relu_backward(dout, relu_cache[0]) * relu_cache[1]",
    ),
    edit(
        "relu gradient after the convolution's",
        "dx is masked where x is negative, and dout not at all",
        CACHES,
        "return out, (conv_cache, relu_forward(x)[1])",
        DPRE,
        "dpre = dout",
        RETURN,
        "return relu_backward(dx, relu_cache), dw, db",
    ),
    edit(
        "one mask for all filters",
        "dout of every filter is masked as the first filter's",
        DPRE,
        "dpre = np.where(relu_cache[0][:, :1], np.zeros_like(dout), dout)",
    ),
    edit(
        "one mask for the whole batch",
        "dout of every sample is masked as the first sample's",
        DPRE,
        "dpre = np.where(relu_cache[0][:1], np.zeros_like(dout), dout)",
    ),
    edit(
        "dx from dout",
        "dx passes by the relu, dw and db do not",
        RETURN,
        "return conv2d_backward(dout, conv_cache)[0], dw, db",
    ),
    edit(
        "dw from dout",
        "dw passes by the relu, dx and db do not",
        RETURN,
        "return dx, conv2d_backward(dout, conv_cache)[1], db",
    ),
    edit(
        "db from dout",
        "db passes by the relu, dx and dw do not",
        RETURN,
        "return dx, dw, conv2d_backward(dout, conv_cache)[2]",
    ),
    edit("db dropped", "backward returns no gradient of b", RETURN, "return dx, dw, None"),
    edit(
        "weight gradient averaged over the batch",
        "dw is divided by the number of samples",
        RETURN,
        "return dx, dw / max(len(dx), 1), db",
    ),
    edit(
        "caches exchanged",
        "each layer's backward is given the other layer's cache",
        "conv_cache, relu_cache = cache",
        "relu_cache, conv_cache = cache",
    ),
    edit(
        "cache kept for the last call",
        "backward uses the cache of the latest forward, whatever cache it is given",
        CACHES,
        f"conv_relu_forward.last = conv_cache, relu_cache\n    {CACHES}",
        "conv_cache, relu_cache = cache",
        "conv_cache, relu_cache = conv_relu_forward.last",
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
        "the cached padded input is overwritten, so a second backward is wrong",
        RETURN,
        f"conv_cache[0][...] = 0\n    {RETURN}",
    ),
    edit(
        "rounded to float16 between the layers",
        "relu reads the convolution in half precision",
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
    "stride above kernel": lambda case: case.attributes["stride"][0] > case.attributes["kernel"][0],
    "overlapping": lambda case: case.attributes["stride"][0] < case.attributes["kernel"][0],
    "non-square map": lambda case: case.attributes["size"][0] != case.attributes["size"][1],
    "dilated": lambda case: max(case.attributes["dilation"]) > 1,
    "same": lambda case: case.attributes["padding"] == "same",
    "depthwise": lambda case: case.attributes["groups"] == case.attributes["channels"] > 1,
    "batch 0": lambda case: case.attributes["batch"] == 0,
    "no bias": lambda case: not case.attributes["bias"],
}

operator = Operator(
    name="conv_relu",
    source="torch.nn.functional.relu of conv2d",
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
            "course",
            {
                "batch": 100,
                "channels": 3,
                "filters": 25,
                "groups": 1,
                "bias": True,
                "kernel": (3, 3),
                "stride": (2, 2),
                "padding": (1, 1),
                "dilation": (1, 1),
                "size": (31, 31),
            },
            {"named_padding": False, "remainder": 0},
        ),
    ),
)
