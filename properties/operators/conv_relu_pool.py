"""conv_relu_pool: strategy over both geometries, off all kinks, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes
from properties.domain import Domain, Pair
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Operator, Workload
from properties.operators._sandwiches import INDEPENDENCE, homogeneity
from properties.values import Array, Shape, Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    pool_kernel = draw(domain.pair("pool_kernel_size", 1, 3))
    as_kernel = draw(domain.boolean("default_stride"))
    pool_stride = pool_kernel if as_kernel else draw(domain.pair("pool_stride", 1, 3))
    pooled = _covered(draw, domain, draw(domain.pair("out", 1, 2)), pool_kernel, pool_stride)
    kernel, stride = draw(domain.pair("kernel", 1, 3)), draw(domain.pair("stride", 1, 2))
    # One tap must lie in the map in every window: see `inputs`.
    highs = (kernel[0] - 1) // 2, (kernel[1] - 1) // 2
    drawn = draw(domain.pair("padding", 0, highs))
    padding = min(drawn[0], highs[0]), min(drawn[1], highs[1])
    padded = _covered(draw, domain, pooled, kernel, stride)
    return {
        "batch": draw(domain.size("batch", (1, 2, 3, 0))),
        "channels": draw(domain.integer("channels", 1, 2)),
        "filters": draw(domain.integer("filters", 1, 3)),
        "bias": draw(domain.boolean("bias")),
        "kernel": kernel,
        "stride": stride,
        "padding": padding,
        "size": (padded[0] - 2 * padding[0], padded[1] - 2 * padding[1]),
        "pool_kernel_size": pool_kernel,
        "pool_stride": None if as_kernel else pool_stride,
    }


def _covered(draw: DrawFn, domain: Domain, out: Pair, kernel: Pair, stride: Pair) -> Pair:
    """The size of a map with `out` windows an axis, and a remainder smaller than the stride."""
    remainder = draw(domain.choice("remainder", (0, 1, 2))) if max(stride) > 1 else 0
    height, width = (
        (out[a] - 1) * stride[a] + kernel[a] + min(remainder, stride[a] - 1) for a in (0, 1)
    )
    return height, width


def inputs(at: Attributes, values: Values) -> Arrays:
    """Arrays for which no two elements of a pooling window are equal before relu, and none is 0.

    All are whole multiples of a grid. What x and w are modulo the window's number of elements,
    plus one, is 0, but for one tap of each filter, which is 1 or -1, and for the pixels of that
    channel, which differ wherever the tap may meet them within a window. So the convolution
    differs there too and is not 0; a bias moves it by an odd multiple of half a grid step.
    """
    N, C, F, (KH, KW) = at["batch"], at["channels"], at["filters"], at["pool_kernel_size"]
    whole = values.regime == "integers"
    modulus, grid = KH * KW + 1, 1.0 if whole else 1 / 64

    def multiples(name: str, shape: Shape) -> Array:
        return modulus * np.trunc(values.tame(name, shape) * (0.5 if whole else 1 / grid / modulus))

    x, w = multiples("x", (N, C, *at["size"])), multiples("w", (F, C, *at["kernel"]))
    residues = values.rng("residues").permuted(np.tile(np.arange(1.0, modulus), (N, 1)), axis=1)
    rows, columns = np.indices(at["size"])
    i, j = rows // at["stride"][0] % KH, columns // at["stride"][1] % KW
    x[:, 0] += residues[:, i * KW + j]
    w[:, 0, at["padding"][0], at["padding"][1]] += values.rng("tap").choice((-1.0, 1.0), F)
    scale = 2.0 ** values.rng("scale").integers(-10, 14) if values.regime == "large" else 1.0
    arrays = {"x": x * grid * scale, "w": w * grid}
    if at["bias"]:
        arrays["b"] = (np.trunc(values.tame("b", (F,)) / grid**2) + 0.5) * grid**2 * scale
    return arrays


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import conv2d, max_pool2d, relu

    pre = conv2d(
        tensors["x"],
        tensors["w"],
        tensors.get("b"),
        stride=at["stride"],
        padding=at["padding"],
    )
    return {"out": max_pool2d(relu(pre), at["pool_kernel_size"], stride=at["pool_stride"])}


CONV = "pre, conv_cache = conv2d_forward(x, w, b, stride=stride, padding=padding)"
RELU = "act, relu_cache = relu_forward(pre)"
POOL = "out, pool_cache = max_pool2d_forward(act, pool_kernel_size, stride=pool_stride)"
CACHES = "return out, (conv_cache, relu_cache, pool_cache)"
UNPACKED = "conv_cache, relu_cache, pool_cache = cache"
DACT = "dact = max_pool2d_backward(dout, pool_cache)"
DPRE = "dpre = relu_backward(dact, relu_cache)"
RETURN = "return dx, dw, db"

MISTAKES = (
    edit(
        "relu left out",
        "out is the largest of the convolution, negative elements included",
        RELU,
        f"{RELU}\n    act = pre",
    ),
    edit(
        "relu before the convolution",
        "the convolution reads relu(x) and is pooled as it is",
        CONV,
        f"x, relu_cache = relu_forward(x)\n    {CONV.replace('pre', 'act', 1)}",
        f"    {RELU}\n",
        "",
        DPRE,
        "dpre = dact",
        RETURN,
        "return relu_backward(dx, relu_cache), dw, db",
    ),
    edit(
        "bias added after relu",
        "out is the pooled relu of the convolution without bias, plus the bias",
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
        CONV.replace(", padding=padding", ""),
    ),
    edit(
        "stride of the convolution taken for the pooling",
        "windows of the pooling advance by the stride of the convolution",
        POOL,
        POOL.replace("=pool_stride", "=stride"),
    ),
    edit(
        "stride of the pooling taken for the convolution",
        "the convolution advances by the stride of the pooling",
        CONV,
        CONV.replace("=stride", "=pool_stride"),
    ),
    edit(
        "stride of the pooling taken as its kernel",
        "windows of the pooling advance by their own size whatever the stride",
        POOL,
        POOL.replace("=pool_stride", "=None"),
    ),
    edit(
        "stride of the pooling 1 by default",
        "without a stride the windows of the pooling advance by one, not by their own size",
        "pool_kernel_size, pool_stride = check_pool(pool_kernel_size, pool_stride)",
        "pool_stride = 1 if pool_stride is None else pool_stride\n"
        "    pool_kernel_size, pool_stride = check_pool(pool_kernel_size, pool_stride)",
    ),
    edit(
        "height and width of the pooling exchanged",
        "windows of the pooling are as high as they should be wide and the reverse",
        POOL,
        POOL.replace("pool_kernel_size,", "pool_kernel_size[::-1],"),
    ),
    edit(
        "pooling left out",
        "out is the relu of the convolution, of its full size",
        CACHES,
        f"out = act\n    {CACHES}",
    ),
    edit(
        "average of the window",
        "out is the mean of a window instead of its largest element",
        CACHES,
        """for n, f, i, j in np.ndindex(out.shape):
        top, left = i * pool_stride[0], j * pool_stride[1]
        rows = slice(top, top + pool_kernel_size[0])
        out[n, f, i, j] = np.mean(act[n, f, rows, left : left + pool_kernel_size[1]])
    """
        + CACHES,
    ),
    edit(
        "relu gradient left out",
        "dout reaches the convolution where a whole window is 0 as well",
        DPRE,
        "dpre = dact",
    ),
    edit(
        "gradient masked the wrong way round",
        "dout passes where relu gave 0 and not where it passed x",
        DPRE,
        "dpre = dact - relu_backward(dact, relu_cache)",
    ),
    edit(
        "gradient masked by its own sign",
        "dout passes where dout, not the convolution, is positive",
        DPRE,
        "dpre = np.where(dact > 0, dact, np.zeros_like(dact))",
    ),
    edit(
        "gradient to every element of the window",
        "dout goes to all positive elements of its window, not to the largest alone",
        DACT,
        """argmax, g, dtype = pool_cache
    (KH, KW), dact = g.kernel, np.zeros((*dout.shape[:2], *g.padded), dtype)
    for n, f, i, j in np.ndindex(dout.shape):
        top, left = i * g.stride[0], j * g.stride[1]
        dact[n, f, top : top + KH, left : left + KW] += dout[n, f, i, j]""",
    ),
    edit(
        "gradient to the first of each window",
        "dout goes to the upper left element of its window, wherever the largest is",
        DACT,
        """argmax, g, dtype = pool_cache
    corners = np.moveaxis(np.indices(g.out), 0, -1) * np.array(g.stride)
    dact = max_pool2d_backward(dout, (np.zeros_like(argmax) + corners, g, dtype))""",
    ),
    edit(
        "dx from the pooling",
        "dx passes by the relu, dw and db do not",
        RETURN,
        "return conv2d_backward(dact, conv_cache)[0], dw, db",
    ),
    edit(
        "dw from the pooling",
        "dw passes by the relu, dx and db do not",
        RETURN,
        "return dx, conv2d_backward(dact, conv_cache)[1], db",
    ),
    edit(
        "db from dout",
        "db is the sum of dout over its map, also where out is 0",
        RETURN,
        "return dx, dw, None if db is None else dout.sum(axis=(0, 2, 3))",
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
        "the relu's backward is given the pooling's cache and the reverse",
        UNPACKED,
        "conv_cache, pool_cache, relu_cache = cache",
    ),
    edit(
        "cache kept for the last call",
        "backward uses the cache of the latest forward, whatever cache it is given",
        CACHES,
        f"conv_relu_pool_forward.last = conv_cache, relu_cache, pool_cache\n    {CACHES}",
        UNPACKED,
        "conv_cache, relu_cache, pool_cache = conv_relu_pool_forward.last",
    ),
    edit(
        "input changed in place",
        "negative elements of the caller's x are set to 0",
        CACHES,
        f"x[x.real < 0] = 0\n    {CACHES}",
    ),
    edit(
        "dout changed in place",
        "the caller's dout is halved where it stands",
        RETURN,
        f"dout *= 0.5\n    {RETURN}",
    ),
    edit(
        "cache consumed by backward",
        "the places of the maxima are overwritten, so a second backward is wrong",
        RETURN,
        f"pool_cache[0][...] = 0\n    {RETURN}",
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
    "overlapping windows": lambda case: (
        case.attributes["pool_stride"] is not None
        and case.attributes["pool_stride"][0] < case.attributes["pool_kernel_size"][0]
    ),
    "stride by default": lambda case: case.attributes["pool_stride"] is None,
    "non-square window": lambda case: (
        case.attributes["pool_kernel_size"][0] != case.attributes["pool_kernel_size"][1]
    ),
    "non-square kernel": lambda case: case.attributes["kernel"][0] != case.attributes["kernel"][1],
    "non-square map": lambda case: case.attributes["size"][0] != case.attributes["size"][1],
    "padded": lambda case: max(case.attributes["padding"]) > 0,
    "strides differ": lambda case: case.attributes["stride"] != case.attributes["pool_stride"],
    "batch 0": lambda case: case.attributes["batch"] == 0,
    "no bias": lambda case: not case.attributes["bias"],
}

operator = Operator(
    name="conv_relu_pool",
    source="torch.nn.functional.max_pool2d of relu of conv2d",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("x", "w", "b"),
    regimes=("integers", "normal", "large"),
    laws=(homogeneity("w", "b"), INDEPENDENCE),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "course",
            {
                "batch": 20,
                "channels": 3,
                "filters": 32,
                "bias": True,
                "kernel": (7, 7),
                "stride": (1, 1),
                "padding": (3, 3),
                "size": (32, 32),
                "pool_kernel_size": (2, 2),
                "pool_stride": (2, 2),
            },
            {"default_stride": False, "remainder": 0},
        ),
    ),
)
