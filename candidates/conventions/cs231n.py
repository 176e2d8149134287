"""Stanford CS231n, assignments 1 to 3: `layers.py`, 2016 to 2026.

What the course's own text says, in our words, is the promise: convolution and pooling have one
stride for both axes, one zero padding, no dilation, no groups, and sizes that the stride divides
(`H' = 1 + (H + 2 pad - HH) / stride`); pooling is unpadded; every layer has a bias. Batch norm
keeps running averages by `running = momentum * running + (1 - momentum) * sample`, so momentum is
the fraction kept, with the biased sample variance, starting at zero, in the dictionary it is
given. Backward of batch norm is asked for after a forward in training mode only. Gradients at
kinks (relu at 0, ties in a pooling window) are not defined by the text: any subgradient will do.
Nothing is said about float32 staying float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from candidates.conventions import Convention, Signature, Spelling
from properties.host import Functions
from properties.plain import WrongResult, given, named_results
from properties.promise import Promise


class Layer:
    """`(out, cache) = forward(...)` and `gradients = backward(dout, cache)`, in a fixed order."""

    gradients: tuple[str, ...] = ("x",)
    transposed: tuple[str, ...] = ()

    def __init__(self, forward: Callable[..., Any], backward: Callable[..., Any] | None) -> None:
        self._forward, self._backward = forward, backward

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        """The forward function's positional arguments."""
        return tuple(inputs.values())

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        return named_results(
            ("out",), given(self._forward(*self.arguments(at, inputs))), cache=True
        )

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        if self._backward is None:
            raise NotImplementedError("there is no backward function")
        results = given(self._backward(cotangents["out"], cache))
        return named_results(self.gradients, results, cache=False)[0]


class Affine(Layer):
    """`affine_forward(x, w, b)`: x (N, d1, ..., dk) is flattened, w is (D, M)."""

    gradients = ("x", "w", "b")
    transposed = ("w",)

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        x = inputs["x"]
        self._flat, self._shaped = x.shape, (len(x), *at["features"])
        return x.reshape(self._shaped), inputs["w"].T, inputs["b"]

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        outputs, cache = super().forward(at, inputs)
        return outputs, (cache, self._flat, self._shaped)

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        theirs, flat, shaped = cache
        gradients = super().backward(cotangents, theirs)
        if np.shape(gradients["x"]) == shaped:
            gradients["x"] = gradients["x"].reshape(flat)
        if isinstance(gradients["w"], np.ndarray):
            gradients["w"] = gradients["w"].T
        return gradients


class Conv(Layer):
    """`conv_forward_naive(x, w, b, conv_param)` with the keys stride and pad."""

    gradients = ("x", "w", "b")

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        conv_param = {"stride": at["stride"][0], "pad": at["padding"][0]}
        return inputs["x"], inputs["w"], inputs["b"], conv_param


class MaxPool(Layer):
    """`max_pool_forward_naive(x, pool_param)` with pool_height, pool_width and stride."""

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        height, width = at["kernel_size"]
        pool_param = {"pool_height": height, "pool_width": width, "stride": at["stride"][0]}
        return inputs["x"], pool_param


class BatchNorm(Layer):
    """`batchnorm_forward(x, gamma, beta, bn_param)`, whose statistics live in the dictionary."""

    gradients = ("x", "gamma", "beta")

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        bn_param = {
            "mode": "train" if at["training"] else "test",
            "eps": at["eps"],
            "momentum": 1 - at["momentum"],
        }
        statistics = {n: inputs[n] for n in ("running_mean", "running_var")}
        # Both zero is how training starts, and then the keys are absent.
        if not at["training"] or any(array.any() for array in statistics.values()):
            bn_param |= statistics
        results = given(self._forward(inputs["x"], inputs["gamma"], inputs["beta"], bn_param))
        outputs, cache = named_results(("out",), results, cache=True)
        return outputs | {n: bn_param.get(n, a) for n, a in statistics.items()}, cache


class SoftmaxLoss(Layer):
    """`loss, dx = softmax_loss(x, y)`: the gradient comes with the loss."""

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        results = given(self._forward(inputs["x"], inputs["y"]))
        return named_results(("loss",), results, cache=True)

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        if not isinstance(cache, np.ndarray):
            raise WrongResult(f"dx is {type(cache).__name__}, expected an array")
        return {"x": cotangents["loss"] * cache}


def _layer(kind: type[Layer]) -> Callable[[Any, Any, Signature], Functions]:
    def adapter(forward: Any, backward: Any, signature: Signature) -> Functions:
        return kind(forward, backward)

    return adapter


BASE = Promise(keeps_dtype=False, kinks="weak")

WINDOWS: dict[str, tuple[Any, ...]] = {
    "batch": (1, 2, 3),
    "dilation": (1,),
    "remainder": (0,),
}
CONV = replace(
    BASE,
    domain=WINDOWS | {"groups": (1,), "bias": (True,), "named_padding": (False,)},
    square=("stride", "padding"),
    beyond=("remainder",),
)
POOL = replace(
    BASE,
    domain=WINDOWS | {"padding": (0,), "ceil_mode": (False,), "default_stride": (False,)},
    square=("stride",),
    beyond=("remainder",),
)
NORM = replace(
    BASE,
    domain={"running_var_update": ("biased",), "affine": (True,), "tracked": (True,)},
    may_change=("running_mean", "running_var"),
    backward_when={"training": (True,)},
    differs="momentum is the fraction kept, the running variance is the biased one",
)
LINEAR = replace(BASE, domain={"lead_dims": (1,), "bias": (True,), "batch": (1, 2, 3)})
RELU = replace(BASE, domain={"ndim": (1, 2, 3, 4), "empty": (False,)})
SOFTMAX = replace(
    BASE,
    domain={
        "reduction": ("mean",),
        "spatial_dims": (0,),
        "ignored": (False,),
        "batch": (1, 2, 3, 4, 5),
    },
)


def _norm(ndim: int) -> Promise:
    return replace(NORM, domain={**NORM.domain, "ndim": (ndim,)})


def _pairs(stem: str, *suffixes: str) -> list[tuple[str, str]]:
    return [(f"{stem}_forward_{suffix}", f"{stem}_backward_{suffix}") for suffix in suffixes]


SPELLINGS = (
    Spelling("linear", "affine_forward", "affine_backward", _layer(Affine), LINEAR),
    Spelling("relu", "relu_forward", "relu_backward", _layer(Layer), RELU),
    *(
        Spelling("conv2d", forward, backward, _layer(Conv), CONV)
        for forward, backward in _pairs("conv", "naive", "im2col", "strided", "fast")
    ),
    *(
        Spelling("max_pool2d", forward, backward, _layer(MaxPool), POOL)
        for forward, backward in _pairs("max_pool", "naive", "im2col", "fast")
    ),
    Spelling("batch_norm", "batchnorm_forward", "batchnorm_backward", _layer(BatchNorm), _norm(2)),
    Spelling(
        "batch_norm",
        "batchnorm_forward",
        "batchnorm_backward_alt",
        _layer(BatchNorm),
        _norm(2),
        variant=True,
    ),
    Spelling(
        "batch_norm",
        "spatial_batchnorm_forward",
        "spatial_batchnorm_backward",
        _layer(BatchNorm),
        _norm(4),
    ),
    Spelling("cross_entropy", "softmax_loss", None, _layer(SoftmaxLoss), SOFTMAX),
)


def spellings(operators: Sequence[str]) -> list[Spelling]:
    return [spelling for spelling in SPELLINGS if spelling.operator in operators]


convention = Convention("cs231n", "Stanford CS231n, layers.py of 2016 to 2026", spellings)
