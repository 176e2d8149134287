"""residual_block: strategy over both kinds of skip, oracle, laws and mistakes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators._corners import each
from properties.operators._sandwiches import (
    BATCH_ORDER,
    homogeneity,
    normalised,
    off_zero,
    unit_scale,
)
from properties.trembling import shaken
from properties.values import Array, Values
from reference.vectorized.conv2d import conv2d_forward


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    skip = draw(domain.choice("skip", ("identity", "projection")))
    channels = draw(domain.integer("channels", 1, 3))
    filters, stride = channels, 1
    if skip == "projection":
        filters, stride = (
            draw(domain.integer("filters", 1, 3)),
            draw(domain.integer("stride", 1, 3)),
        )
    out = draw(domain.pair("out", 2, 3))
    remainder = draw(domain.choice("remainder", (0, 1, 2))) if stride > 1 else 0
    # A few values may be nearly equal by chance, and then it is rounding that is normalised.
    fewest = math.ceil(8 / math.prod(out))
    return {
        "skip": skip,
        "batch": draw(domain.integer("batch", fewest, 4)),
        "channels": channels,
        "filters": filters,
        "stride": stride,
        "size": tuple((n - 1) * stride + 1 + min(remainder, stride - 1) for n in out),
        "eps": draw(domain.choice("eps", (1e-5, 1e-3, 1e-1))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    C, F, stride, eps = at["channels"], at["filters"], at["stride"], at["eps"]
    x = values.array("x", (at["batch"], C, *at["size"]))
    arrays = {"x": x}
    layers = {"1": (F, C, 3, 3), "2": (F, F, 3, 3)}
    if at["skip"] == "projection":
        layers["_skip"] = (F, C, 1, 1)
    for name, shape in layers.items():
        arrays["w" + name] = values.array("w" + name, shape)
        arrays["gamma" + name] = values.array("gamma" + name, (F,))
        arrays["beta" + name] = values.array("beta" + name, (F,))  # chosen below before a relu

    def layer(name: str, x: Array, noise: Array, **geometry: Any) -> tuple[Array, Array]:
        """A convolution and its normalisation before the shift, and what rounding comes from."""
        w, gamma = arrays["w" + name], arrays["gamma" + name]
        if values.regime != "integers":
            w *= unit_scale(conv2d_forward(x, w, **geometry)[0])[..., None]
        pre, _ = conv2d_forward(x, w, **geometry)
        noise, _ = conv2d_forward(noise, np.abs(w), **geometry)
        return normalised(pre, noise, gamma, eps)

    norm, noise = layer("1", x, np.abs(x), stride=stride, padding=1)
    beta = arrays["beta1"] = off_zero(values, "beta1", norm, noise)
    hidden = np.maximum(norm + beta[:, None, None], 0)
    norm, noise = layer("2", hidden, noise + np.abs(beta[:, None, None]), padding=1)
    skip, skip_noise = x, np.abs(x)
    if at["skip"] == "projection":
        skip, skip_noise = layer("_skip", x, np.abs(x), stride=stride)
        skip = skip + arrays["beta_skip"][:, None, None]
    arrays["beta2"] = off_zero(values, "beta2", norm + skip, noise + skip_noise)
    return arrays


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch import nn
    from torch.func import functional_call
    from torchvision.models.resnet import BasicBlock

    C, F, stride, x = at["channels"], at["filters"], at["stride"], tensors["x"]
    norm, downsample = partial(nn.BatchNorm2d, eps=at["eps"]), None
    names = {"conv1.weight": "w1", "bn1.weight": "gamma1", "bn1.bias": "beta1"}
    names |= {"conv2.weight": "w2", "bn2.weight": "gamma2", "bn2.bias": "beta2"}
    if at["skip"] == "projection":
        downsample = nn.Sequential(nn.Conv2d(C, F, 1, stride, bias=False), norm(F))
        names |= {"downsample.0.weight": "w_skip"}
        names |= {"downsample.1.weight": "gamma_skip", "downsample.1.bias": "beta_skip"}
    block = BasicBlock(C, F, stride, downsample, norm_layer=norm).to(x.dtype)
    parameters = {theirs: tensors[ours] for theirs, ours in names.items()}
    return {"out": functional_call(block, parameters, (x,))}


def _projects(case: Case) -> bool:
    return case.attributes["skip"] == "projection"


def branch_off(run: Any, case: Case, inputs: Arrays) -> Pairs:
    zero = np.zeros_like(inputs["beta2"])
    yield "out", run(inputs | {"gamma2": zero, "beta2": zero})["out"], np.maximum(inputs["x"], 0)


CONV1 = "pre1, conv1_cache = conv2d_forward(x, w1, stride=stride, padding=1)"
NORM1 = "norm1, norm1_cache = _norm(pre1, gamma1, beta1, eps)"
RELU1 = "hidden, relu1_cache = relu_forward(norm1)"
CONV2 = "pre2, conv2_cache = conv2d_forward(hidden, w2, padding=1)"
NORM2 = "norm2, norm2_cache = _norm(pre2, gamma2, beta2, eps)"
SKIP = "skip, skip_cache = x, None"
CONV_SKIP = "pre_skip, conv_skip_cache = conv2d_forward(x, w_skip, stride=stride)"
NORM_SKIP = "skip, norm_skip_cache = _norm(pre_skip, gamma_skip, beta_skip, eps)"
RELU2 = "out, relu2_cache = relu_forward(norm2 + skip)"
CACHES = "return out, (first, second, skip_cache)"
FIRST_CACHES = "(conv1_cache, norm1_cache, relu1_cache), second, skip_cache = cache"
SECOND_CACHES = "conv2_cache, norm2_cache, relu2_cache = second"
DSUM = "dsum = relu_backward(dout, relu2_cache)"
DPRE2 = "dpre2, dgamma2, dbeta2 = batch_norm_backward(dsum, norm2_cache)"
DNORM1 = "dnorm1 = relu_backward(dhidden, relu1_cache)"
DPRE1 = "dpre1, dgamma1, dbeta1 = batch_norm_backward(dnorm1, norm1_cache)"
DSKIP = "dx_skip, dw_skip, dgamma_skip, dbeta_skip = dsum, None, None, None"
DPRE_SKIP = "dpre_skip, dgamma_skip, dbeta_skip = batch_norm_backward(dsum, norm_skip_cache)"
DX = "dx = dx_main + dx_skip"
MAIN = "main = dx, dw1, dgamma1, dbeta1, dw2, dgamma2, dbeta2"

MISTAKES = (
    edit(
        "skip left out",
        "out is the relu of the main branch alone",
        RELU2,
        "out, relu2_cache = relu_forward(norm2)",
    ),
    edit(
        "skip added twice",
        "out contains the skip two times",
        RELU2,
        RELU2.replace("+ skip", "+ 2 * skip"),
    ),
    edit(
        "skip added before the normalisation",
        "the second normalisation reads the sum of convolution and skip",
        f"    {NORM2}\n",
        "",
        RELU2,
        f"{NORM2.replace('pre2,', 'pre2 + skip,')}\n    out, relu2_cache = relu_forward(norm2)",
    ),
    edit(
        "skip added after relu",
        "relu is taken of the main branch before the skip is added, and the sum may be negative",
        RELU2,
        "out, relu2_cache = relu_forward(norm2)\n    out = out + skip",
    ),
    edit(
        "last relu left out",
        "out is the sum itself, negative elements included",
        RELU2,
        f"{RELU2}\n    out = norm2 + skip",
    ),
    edit(
        "relu in the middle left out",
        "the second convolution reads the first normalisation, negative elements included",
        RELU1,
        f"{RELU1}\n    hidden = norm1",
    ),
    edit(
        "third relu on the main branch",
        "the second normalisation goes through a relu before the skip is added",
        RELU2,
        f"norm2, _ = relu_forward(norm2)\n    {RELU2}",
    ),
    edit(
        "skip from relu",
        "the skip starts from relu(x), as after a relu in place",
        SKIP,
        f"x, _ = relu_forward(x)\n    {SKIP}",
    ),
    edit(
        "skip from the middle",
        "x is replaced by the hidden map where the shapes agree",
        SKIP,
        f"x = hidden if hidden.shape == x.shape else x\n    {SKIP}",
    ),
    edit(
        "first normalisation left out",
        "relu reads the first convolution",
        RELU1,
        "hidden, relu1_cache = relu_forward(pre1)",
    ),
    edit(
        "second normalisation left out",
        "the skip is added to the second convolution",
        RELU2,
        RELU2.replace("norm2", "pre2"),
    ),
    edit(
        "projection not normalised",
        "the projected skip is added as the 1x1 convolution gives it",
        NORM_SKIP,
        f"{NORM_SKIP}\n        skip = pre_skip",
    ),
    edit(
        "projection left out where shapes agree",
        "the skip is x wherever it can be, though a projection is given",
        NORM_SKIP,
        f"{NORM_SKIP}\n        skip = x if x.shape == skip.shape else skip",
    ),
    edit(
        "projection without stride",
        "the skip is as large as x, and cut to the size of the main branch",
        CONV_SKIP,
        "pre_skip, conv_skip_cache = conv2d_forward(x, w_skip)\n"
        "        pre_skip = pre_skip[:, :, : pre2.shape[2], : pre2.shape[3]]",
    ),
    edit(
        "stride in the second convolution",
        "the first convolution has stride 1 and the second the stride of the block",
        CONV1,
        CONV1.replace("stride=stride, ", ""),
        CONV2,
        CONV2.replace("w2, ", "w2, stride=stride, "),
    ),
    edit(
        "one normalisation for both convolutions",
        "gamma and beta of the first normalisation serve in the second as well",
        NORM2,
        NORM2.replace("gamma2, beta2", "gamma1, beta1"),
    ),
    edit(
        "eps not handed on",
        "every normalisation adds 1e-5 to the variance whatever eps",
        "None, None, training=True, eps=eps)",
        "None, None, training=True)",
    ),
    edit(
        "skip gradient dropped",
        "dx lacks what reaches x through the skip",
        DX,
        "dx = dx_main",
    ),
    edit(
        "skip gradient added twice",
        "what reaches x through the skip counts two times",
        DX,
        "dx = dx_main + dx_skip + dx_skip",
    ),
    edit(
        "gradient of the main branch dropped",
        "dx is what reaches x through the skip alone",
        DX,
        "dx = dx_skip",
    ),
    edit(
        "gradient halved at the sum",
        "dout is shared between main branch and skip instead of going to both",
        DSUM,
        f"{DSUM} / 2",
    ),
    edit(
        "last relu gradient left out",
        "dout goes to both branches as it is, also where out is 0",
        DSUM,
        "dsum = dout",
    ),
    edit(
        "last relu gradient left out on the skip",
        "dout goes to the skip as it is, also where out is 0",
        DSKIP,
        DSKIP.replace("dsum", "dout"),
        DPRE_SKIP,
        DPRE_SKIP.replace("dsum", "dout"),
    ),
    edit(
        "relu gradient in the middle left out",
        "the gradient of the hidden map goes on also where that is 0",
        DNORM1,
        "dnorm1 = dhidden",
    ),
    edit(
        "relu masks exchanged",
        "the sum is masked as the hidden map and the reverse",
        SECOND_CACHES,
        f"{SECOND_CACHES}\n    relu1_cache, relu2_cache = relu2_cache, relu1_cache",
    ),
    edit(
        "caches of the normalisations exchanged",
        "each normalisation's backward is given the other one's cache",
        SECOND_CACHES,
        f"{SECOND_CACHES}\n    norm1_cache, norm2_cache = norm2_cache, norm1_cache",
    ),
    edit(
        "caches of the convolutions exchanged",
        "each 3x3 convolution's backward is given the other one's cache",
        SECOND_CACHES,
        f"{SECOND_CACHES}\n    conv1_cache, conv2_cache = conv2_cache, conv1_cache",
    ),
    edit(
        "normalisation gradient left out on the projection",
        "dout goes to the 1x1 convolution past its normalisation",
        DPRE_SKIP,
        f"{DPRE_SKIP}\n        dpre_skip = dsum",
    ),
    edit(
        "normalisation gradient left out",
        "the gradient goes from relu to the first convolution past the normalisation",
        DPRE1,
        f"{DPRE1}\n    dpre1 = dnorm1",
    ),
    edit(
        "dgamma1 and dgamma2 exchanged",
        "the gradients come back in another order",
        MAIN,
        "main = dx, dw1, dgamma2, dbeta2, dw2, dgamma1, dbeta1",
    ),
    edit(
        "dw_skip dropped",
        "backward returns no gradient of the projection's weights",
        "return *main, dw_skip,",
        "return *main, None,",
    ),
    edit(
        "cache kept for the last call",
        "backward uses the cache of the latest forward, whatever cache it is given",
        CACHES,
        f"residual_block_forward.last = first, second, skip_cache\n    {CACHES}",
        FIRST_CACHES,
        FIRST_CACHES.replace("= cache", "= residual_block_forward.last"),
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
        DSUM,
        f"dout[...] = relu_backward(dout, relu2_cache)\n    {DSUM}",
    ),
    edit(
        "cache consumed by backward",
        "the cached hidden map is overwritten, so a second backward is wrong",
        MAIN,
        f"conv2_cache[0][...] = 0\n    {MAIN}",
    ),
    edit(
        "rounded to float16 between the layers",
        "the second convolution reads the hidden map in half precision",
        CONV2,
        "hidden = hidden if x.dtype.kind == 'c' else hidden.astype(np.float16).astype(x.dtype)\n"
        f"    {CONV2}",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        CACHES,
        f"out = out.astype(np.result_type(out, np.float64))\n    {CACHES}",
    ),
)

CORNERS: Corners = {
    **each("skip", ("identity", "projection")),
    **each("stride", (1, 2, 3)),
    "batch 1": lambda case: case.attributes["batch"] == 1,
    "non-square map": lambda case: case.attributes["size"][0] != case.attributes["size"][1],
    "more channels": lambda case: case.attributes["filters"] > case.attributes["channels"],
    "projection of equal shape": lambda case: (
        _projects(case)
        and case.attributes["filters"] == case.attributes["channels"]
        and case.attributes["stride"] == 1
    ),
}

SKIP_ARRAYS = ("w_skip", "gamma_skip", "beta_skip")
LAST_SHIFTS = homogeneity("gamma2", "beta2", "gamma_skip", "beta_skip")

operator = Operator(
    name="residual_block",
    source="torchvision.models.resnet.BasicBlock",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    trembling=shaken(oracle),
    differentiable=("x", "w1", "gamma1", "beta1", "w2", "gamma2", "beta2", *SKIP_ARRAYS),
    regimes=("integers", "normal"),  # others cancel: see `unit_scale`
    laws=(
        replace(LAST_SHIFTS, applies=_projects),
        Law(
            "identity",
            "with gamma2 and beta2 zero the block is relu, if the skip is the identity",
            branch_off,
            applies=lambda case: not _projects(case),
        ),
        BATCH_ORDER,
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "ResNet on CIFAR-10",
            {
                "skip": "projection",
                "batch": 16,
                "channels": 16,
                "filters": 32,
                "stride": 2,
                "size": (32, 32),
                "eps": 1e-5,
            },
        ),
    ),
)
