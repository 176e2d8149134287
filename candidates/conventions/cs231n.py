"""Stanford CS231n, 2016 to 2026: `layers.py`, `rnn_layers.py` and `layer_utils.py`.

What the course's own text says, in our words, is the promise: convolution and pooling have one
stride for both axes, one zero padding, no dilation, no groups, and sizes that the stride divides
(`H' = 1 + (H + 2 pad - HH) / stride`); pooling is unpadded; every layer has a bias. Batch norm
keeps running averages by `running = momentum * running + (1 - momentum) * sample`, so momentum is
the fraction kept, with the biased sample variance, starting at zero, in the dictionary it is
given. Backward of batch norm is asked for after a forward in training mode only. Group norm has
scales of shape (1, C, 1, 1). Dropout is inverted; its p is the fraction dropped until 2017, the
fraction kept since, as the text of the function says. Losses give their gradient with them: the
hinge loss adds up the classes, the temporal softmax the steps, both divide by N. An LSTM has its
gates in the order i, f, o, g; its cell starts at zero and is not returned. In
`rnn_layers_pytorch.py`, since 2025, the recurrent layers are functions on torch tensors that return
no cache; their gradients are autograd's. Gradients at kinks (relu
at 0, ties in a pooling window) are not defined by the text: any subgradient will do. Nothing is
said about float32 staying float32.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from candidates.conventions._tensors import LAYOUTS, by_autograd, on_torch
from candidates.spelling import Convention, Pair, Signature, Spelling, among, pair
from properties.host import Functions
from properties.plain import WrongResult, given, named_results
from properties.promise import Promise


class Layer(Pair):
    """A pair of functions of the course."""

    def __init__(self, forward: Callable[..., Any], backward: Callable[..., Any] | None) -> None:
        whole = None if backward is None else _without_extension(backward)
        super().__init__(_without_extension(forward), whole)


EXTENSION = ("im2col_cython", "col2im_cython", "col2im_6d_cython", "im2col")


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
        theirs = {n: a if n not in GATED else _exchanged(a) for n, a in inputs.items()}
        for name in GATED:
            theirs[name].flags.writeable = inputs[name].flags.writeable
        outputs, cache = super().forward(at, theirs)
        _write_back(inputs, theirs)
        return outputs, (cache, inputs, theirs)

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        cache, inputs, theirs = cache
        gradients = super().backward(cotangents, cache)
        _write_back(inputs, theirs)
        return {n: _exchanged(g) if n in GATED else g for n, g in gradients.items()}


class Lstm(LstmStep):
    """`lstm_forward(x, h0, Wx, Wh, b)`: the cell starts at zero, and is not returned."""

    outputs = ("h",)
    gradients = ("x", "h0", "Wx", "Wh", "b")


GATED = ("Wx", "Wh", "b")


def _exchanged(array: Any) -> Any:
    """The last two of four gates exchanged along the last axis; anything else as it is."""
    if not isinstance(array, np.ndarray) or not array.ndim or array.shape[-1] % 4:
        return array
    i, f, g, o = np.split(array, 4, axis=-1)
    return np.concatenate((i, f, o, g), axis=-1)


def _write_back(inputs: Mapping[str, Any], theirs: Mapping[str, Any]) -> None:
    for name in GATED:
        if inputs[name].flags.writeable:
            inputs[name][...] = _exchanged(theirs[name])


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

CONV_RELU_POOL = replace(
    BASE,
    domain={
        "batch": (1, 2, 3),
        "remainder": (0,),
        "bias": (True,),
        "default_stride": (False,),
    },
    square=("stride", "padding", "pool_stride"),
    beyond=("remainder",),
)
CONV_NORM_RELU = replace(
    NORM,
    domain={
        "remainder": (0,),
        "bias": (True,),
        "running_var_update": ("biased",),
    },
    square=("stride", "padding"),
    beyond=("remainder",),
)
SVM = replace(
    BASE,
    domain={
        "margin": (1.0,),
        "p": (1,),
        "reduction": ("mean",),
        "class_mean": (False,),
        "classes": (2, 3, 4, 5),
    },
    differs="summed over the classes, where PyTorch takes their mean",
)
LAYER_NORM = replace(
    BASE,
    domain={
        "lead_dims": (1,),
        "feature_dims": (1,),
        "batch": (1, 2, 3, 4),
        "scaled": (True,),
        "shifted": (True,),
        "normalized_shape": (None,),
    },
)
GROUP_NORM = replace(
    BASE,
    domain={"batch": (1, 2, 3), "ndim": (4,), "scaled": (True,), "shifted": (True,)},
    differs="scale and shift have the shape (1, C, 1, 1)",
)
DROPOUT = replace(
    BASE,
    domain={
        "given": (False,),
        "p": (0.5, 0.2, 0.8, 0.1),
        "ndim": (2, 1, 3, 4),
        "empty": (False,),
    },
    stochastic=True,
)
EMBEDDING = replace(BASE, domain={"ndim": (2,), "padded": (False,), "empty": (False,)})
TEMPORAL_LINEAR = replace(BASE, domain={"bias": (True,), "batch": (2, 3, 1, 4)})
TEMPORAL_LOSS = replace(
    BASE,
    domain={"reduction": ("batch",), "pad_id": (0, None)},
    differs="summed over time, divided by the number of sequences",
)
STEP = replace(BASE, domain={"batch": (1, 2, 3)})
SEQUENCE = replace(BASE, domain={"batch": (1, 2, 3), "packed": (False,)})
GATES = "the gates are i, f, o, g"
LSTM_STEP = replace(STEP, differs=GATES)
LSTM = replace(
    SEQUENCE,
    domain={**SEQUENCE.domain, "initial_cell": (False,)},
    outputs=("h",),
    differs=f"{GATES}, the cell starts at zero",
)


def _drops(forward: Any) -> bool:
    """Whether the text says that p is the fraction dropped, as it did until 2017."""
    return "drop each neuron output with probability p" in (forward.__doc__ or "")


OTHERS = ("parameters", "inputs")  # what sequences are called in other courses


def _without(*parameters: str) -> Callable[[Any], bool]:
    """Whether a function has no such parameters, which other courses have under its name."""

    def when(forward: Any) -> bool:
        try:
            return inspect.signature(forward).parameters.keys().isdisjoint(parameters)
        except (TypeError, ValueError):
            return True

    return when


def _norm(ndim: int) -> Promise:
    return replace(NORM, domain={**NORM.domain, "ndim": (ndim,)})


def _pairs(stem: str, *suffixes: str) -> list[tuple[str, str]]:
    return [(f"{stem}_forward_{suffix}", f"{stem}_backward_{suffix}") for suffix in suffixes]


SPELLINGS = (
    Spelling("linear", "affine_forward", "affine_backward", pair(Affine), LINEAR),
    Spelling("relu", "relu_forward", "relu_backward", pair(Layer), RELU),
    *(
        Spelling(
            "conv2d", forward, backward, pair(Conv), CONV, when=_without("stride", "hparameters")
        )
        for forward, backward in _pairs("conv", "naive", "im2col", "strided", "fast")
    ),
    *(
        Spelling("max_pool2d", forward, backward, pair(MaxPool), POOL, when=_without("stride"))
        for forward, backward in _pairs("max_pool", "naive", "im2col", "fast")
    ),
    Spelling("batch_norm", "batchnorm_forward", "batchnorm_backward", pair(BatchNorm), _norm(2)),
    Spelling(
        "batch_norm",
        "batchnorm_forward",
        "batchnorm_backward_alt",
        pair(BatchNorm),
        _norm(2),
        variant=True,
    ),
    Spelling(
        "batch_norm",
        "spatial_batchnorm_forward",
        "spatial_batchnorm_backward",
        pair(BatchNorm),
        _norm(4),
    ),
    Spelling("linear_relu", "affine_relu_forward", "affine_relu_backward", pair(Affine), LINEAR),
    Spelling("conv_relu", "conv_relu_forward", "conv_relu_backward", pair(Conv), CONV),
    Spelling(
        "conv_relu_pool",
        "conv_relu_pool_forward",
        "conv_relu_pool_backward",
        pair(ConvReluPool),
        CONV_RELU_POOL,
    ),
    Spelling(
        "conv_bn_relu",
        "conv_bn_relu_forward",
        "conv_bn_relu_backward",
        pair(ConvBatchNormRelu),
        CONV_NORM_RELU,
    ),
    Spelling("layer_norm", "layernorm_forward", "layernorm_backward", pair(LayerNorm), LAYER_NORM),
    Spelling(
        "group_norm",
        "spatial_groupnorm_forward",
        "spatial_groupnorm_backward",
        pair(GroupNorm),
        GROUP_NORM,
    ),
    Spelling(
        "dropout",
        "dropout_forward",
        "dropout_backward",
        pair(Dropout),
        replace(DROPOUT, differs="p is the fraction kept"),
        when=lambda forward: not _drops(forward),
    ),
    Spelling(
        "dropout",
        "dropout_forward",
        "dropout_backward",
        pair(DropoutOfDropped),
        replace(DROPOUT, differs="p is the fraction dropped, as its text says"),
        when=_drops,
    ),
    Spelling("cross_entropy", "softmax_loss", None, pair(Loss), SOFTMAX),
    Spelling("multiclass_hinge", "svm_loss", None, pair(Loss), SVM),
    Spelling(
        "temporal_linear",
        "temporal_affine_forward",
        "temporal_affine_backward",
        pair(TemporalAffine),
        TEMPORAL_LINEAR,
    ),
    Spelling(
        "temporal_cross_entropy",
        "temporal_softmax_loss",
        None,
        pair(TemporalSoftmaxLoss),
        TEMPORAL_LOSS,
    ),
    Spelling(
        "embedding",
        "word_embedding_forward",
        "word_embedding_backward",
        pair(Embedding),
        EMBEDDING,
    ),
    Spelling("rnn_step", "rnn_step_forward", "rnn_step_backward", pair(RnnStep), STEP),
    Spelling("rnn", "rnn_forward", "rnn_backward", pair(Rnn), SEQUENCE, when=_without(*OTHERS)),
    Spelling("lstm_step", "lstm_step_forward", "lstm_step_backward", pair(LstmStep), LSTM_STEP),
    Spelling("lstm", "lstm_forward", "lstm_backward", pair(Lstm), LSTM, when=_without(*OTHERS)),
)


class TensorLoss(TemporalSoftmaxLoss):
    """`loss = temporal_softmax_loss(x, y, mask)`: summed over time, divided by N."""

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return Pair.backward(self, cotangents, cache)


def _on_tensors(operator: str, name: str, kind: type[Pair], promise: Promise) -> Spelling:
    """A function on tensors without a cache, whose gradients are autograd's."""

    def adapter(forward: Any, backward: Any, signature: Signature) -> Functions:
        return kind(*by_autograd(forward, kind.outputs))

    adapter.__doc__ = f"The same on torch tensors, and without a cache:\n{kind.__doc__}"
    promise = replace(promise, layouts=LAYOUTS)
    return Spelling(operator, name, None, adapter, promise, when=_is_of_2025, needs_torch=True)


def _is_of_2025(forward: Any) -> bool:
    """Whether a function is one on tensors: it has no backward beside it.

    One with a backward that calls torch all the same is no layer of its own, and forbidden.
    """
    name = getattr(forward, "__name__", "").replace("_forward", "_backward")
    backward = getattr(forward, "__globals__", {}).get(name)
    return on_torch(forward) and (backward is None or backward is forward)


def _on_arrays(spelling: Spelling) -> Spelling:
    """A spelling of functions on arrays: some on tensors have the same names."""
    when = spelling.when
    if spelling.forward not in {s.forward for s in ON_TENSORS}:
        return spelling
    return replace(spelling, when=lambda forward: not _is_of_2025(forward) and when(forward))


ON_TENSORS = (
    _on_tensors("linear", "affine_forward", Affine, LINEAR),
    _on_tensors("temporal_linear", "temporal_affine_forward", TemporalAffine, TEMPORAL_LINEAR),
    _on_tensors("temporal_cross_entropy", "temporal_softmax_loss", TensorLoss, TEMPORAL_LOSS),
    _on_tensors("embedding", "word_embedding_forward", Embedding, EMBEDDING),
    _on_tensors("rnn_step", "rnn_step_forward", RnnStep, STEP),
    _on_tensors("rnn", "rnn_forward", Rnn, SEQUENCE),
    _on_tensors("lstm_step", "lstm_step_forward", LstmStep, LSTM_STEP),
    _on_tensors("lstm", "lstm_forward", Lstm, LSTM),
)

ON_ARRAYS = tuple(map(_on_arrays, SPELLINGS))


convention = Convention(
    "cs231n",
    "Stanford CS231n, layers.py, rnn_layers.py and layer_utils.py of 2016 to 2026",
    among((*ON_ARRAYS, *ON_TENSORS)),
    text=__doc__,
)
