"""The worker half of CS231n: how its functions are called, and what their results are named."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from candidates.conventions._cs231n_extension import supply
from candidates.spelling import Pair
from properties.plain import WrongResult, given, named_results


class Layer(Pair):
    """A pair of functions of the course."""

    def __init__(self, forward: Callable[..., Any], backward: Callable[..., Any] | None) -> None:
        supply(forward)
        supply(backward)
        whole = None if backward is None else _without_extension(backward)
        super().__init__(_without_extension(forward), whole)


EXTENSION = ("im2col",)


def _without_extension(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, missing where it needs what the course has compiled and we have not."""

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except NameError as error:
            if error.name not in EXTENSION:
                raise
            raise NotImplementedError(f"{error.name} of the course is not compiled") from None

    return call


class TemporalAffine(Layer):
    """`temporal_affine_forward(x, w, b)`: x (N, T, D), w is (D, M)."""

    gradients = ("x", "w", "b")
    transposed = ("w",)

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        return inputs["x"], inputs["w"].T, inputs["b"]

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        gradients = super().backward(cotangents, cache)
        if isinstance(gradients["w"], np.ndarray):
            gradients["w"] = gradients["w"].T
        return gradients


class Affine(TemporalAffine):
    """`affine_forward(x, w, b)`: x (N, d1, ..., dk) is flattened, w is (D, M)."""

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        x = inputs["x"]
        shaped = len(x), *at["features"]
        outputs, cache = super().forward(at, {**inputs, "x": x.reshape(shaped)})
        return outputs, (cache, x.shape, shaped)

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        theirs, flat, shaped = cache
        gradients = super().backward(cotangents, theirs)
        if isinstance(gradients["x"], np.ndarray):
            if gradients["x"].shape != shaped:
                raise WrongResult(f"dx has shape {gradients['x'].shape}, expected {shaped}")
            gradients["x"] = gradients["x"].reshape(flat)
        return gradients


def conv_param(at: Mapping[str, Any]) -> dict[str, int]:
    return {"stride": at["stride"][0], "pad": at["padding"][0]}


class Conv(Layer):
    """`conv_forward_naive(x, w, b, conv_param)` with the keys stride and pad."""

    gradients = ("x", "w", "b")

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        return inputs["x"], inputs["w"], inputs["b"], conv_param(at)


def pool_param(kernel_size: Sequence[int], stride: Sequence[int]) -> dict[str, int]:
    height, width = kernel_size
    return {"pool_height": height, "pool_width": width, "stride": stride[0]}


class MaxPool(Layer):
    """`max_pool_forward_naive(x, pool_param)` with pool_height, pool_width and stride."""

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        return inputs["x"], pool_param(at["kernel_size"], at["stride"])


class ConvReluPool(Conv):
    """`conv_relu_pool_forward(x, w, b, conv_param, pool_param)`."""

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        pooling = pool_param(at["pool_kernel_size"], at["pool_stride"])
        return (*super().arguments(at, inputs), pooling)


class BatchNorm(Layer):
    """`batchnorm_forward(x, gamma, beta, bn_param)`, whose statistics live in the dictionary."""

    gradients: tuple[str, ...] = ("x", "gamma", "beta")

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
        results = given(self._forward(*self.arguments(at, inputs), bn_param))
        outputs, cache = named_results(("out",), results, cache=True)
        return outputs | {n: bn_param.get(n, a) for n, a in statistics.items()}, cache

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        return inputs["x"], inputs["gamma"], inputs["beta"]


class ConvBatchNormRelu(BatchNorm):
    """`conv_bn_relu_forward(x, w, b, gamma, beta, conv_param, bn_param)`."""

    gradients = ("x", "w", "b", "gamma", "beta")

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        return (*(inputs[name] for name in self.gradients), conv_param(at))


class LayerNorm(Layer):
    """`layernorm_forward(x, gamma, beta, ln_param)` with the key eps."""

    gradients: tuple[str, ...] = ("x", "gamma", "beta")

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        return inputs["x"], inputs["gamma"], inputs["beta"], {"eps": at["eps"]}


class GroupNorm(Layer):
    """`spatial_groupnorm_forward(x, gamma, beta, G, gn_param)`: scale and shift (1, C, 1, 1).

    The text says (C,) for them in some years, where the notebook passes (1, C, 1, 1) all the same;
    then their gradients may have either shape.
    """

    gradients: tuple[str, ...] = ("x", "gamma", "beta")

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        gamma, beta = (inputs[name][None, :, None, None] for name in ("gamma", "beta"))
        return inputs["x"], gamma, beta, at["groups"], {"eps": at["eps"]}

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        gradients = super().backward(cotangents, cache)
        channels = cotangents["out"].shape[1]
        either = "shape (C,)" in (getattr(self._backward, "__doc__", None) or "")
        for name in ("gamma", "beta"):
            shape = np.shape(gradients[name])
            if shape == (1, channels, 1, 1):
                gradients[name] = gradients[name].reshape(channels)
            elif isinstance(gradients[name], np.ndarray) and not (either and shape == (channels,)):
                raise WrongResult(f"d{name} has shape {shape}, expected {(1, channels, 1, 1)}")
        return gradients


class Dropout(Layer):
    """`dropout_forward(x, dropout_param)` with p, the fraction kept, and mode.

    The mask is in no fixed place of the cache, so it is read off the output: x has no zeros.
    """

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        x = inputs["x"]
        outputs, cache = super().forward(at, inputs)
        out = outputs["out"]
        shown = isinstance(out, np.ndarray) and out.shape == x.shape and at["training"]
        return outputs | {"mask": out != 0 if shown else np.ones(x.shape, bool)}, cache

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        mode = "train" if at["training"] else "test"
        return inputs["x"], {"p": self.fraction(at["p"]), "mode": mode}

    def fraction(self, p: float) -> float:
        return 1 - p


class DropoutOfDropped(Dropout):
    """The same in the years when p was the fraction dropped."""

    def fraction(self, p: float) -> float:
        return p


class Embedding(Layer):
    """`word_embedding_forward(x, W)`: x (N, T) ids."""

    gradients = ("W",)


class RnnStep(Layer):
    """`rnn_step_forward(x, prev_h, Wx, Wh, b)`."""

    outputs: tuple[str, ...] = ("next_h",)
    gradients: tuple[str, ...] = ("x", "prev_h", "Wx", "Wh", "b")

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(inputs[name] for name in self.gradients)


class Rnn(RnnStep):
    """`rnn_forward(x, h0, Wx, Wh, b)`: x (N, T, D), all hidden states (N, T, H)."""

    outputs = ("h",)
    gradients = ("x", "h0", "Wx", "Wh", "b")


class LstmStep(RnnStep):
    """`lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b)` with the gates in the order i, f, o, g.

    PyTorch's order is i, f, g, o, so the last two are exchanged, which also leads back. What the
    function writes into the exchanged weights is written back into those that it was given.
    """

    outputs: tuple[str, ...] = ("next_h", "next_c")
    gradients: tuple[str, ...] = ("x", "prev_h", "prev_c", "Wx", "Wh", "b")

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        theirs = {n: a if n not in GATED else exchanged(a) for n, a in inputs.items()}
        for name in GATED:
            theirs[name].flags.writeable = inputs[name].flags.writeable
        outputs, cache = super().forward(at, theirs)
        _write_back(inputs, theirs)
        return outputs, (cache, inputs, theirs)

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        cache, inputs, theirs = cache
        gradients = super().backward(cotangents, cache)
        _write_back(inputs, theirs)
        return {n: exchanged(g) if n in GATED else g for n, g in gradients.items()}


class Lstm(LstmStep):
    """`lstm_forward(x, h0, Wx, Wh, b)`: the cell starts at zero, and is not returned."""

    outputs = ("h",)
    gradients = ("x", "h0", "Wx", "Wh", "b")


GATED = ("Wx", "Wh", "b")


def exchanged(array: Any) -> Any:
    """The last two of four gates exchanged along the last axis; anything else as it is."""
    if not isinstance(array, np.ndarray) or not array.ndim or array.shape[-1] % 4:
        return array
    i, f, g, o = np.split(array, 4, axis=-1)
    return np.concatenate((i, f, o, g), axis=-1)


def _write_back(inputs: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
    for name in GATED:
        if inputs[name].flags.writeable:
            inputs[name][...] = exchanged(theirs[name])


class Loss(Layer):
    """`loss, dx = softmax_loss(x, y)` and `svm_loss`: the gradient comes with the loss."""

    outputs = ("loss",)

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        if not isinstance(cache, np.ndarray):
            raise WrongResult(f"dx is {type(cache).__name__}, expected an array")
        return {"x": cotangents["loss"] * cache}


class TemporalSoftmaxLoss(Loss):
    """`loss, dx = temporal_softmax_loss(x, y, mask)`: summed over time, divided by N."""

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        mask = inputs["mask"] if "mask" in inputs else np.ones(inputs["y"].shape, bool)
        return inputs["x"], inputs["y"], mask
