"""Georgia Tech CS7643: the modules of assignment 2, and the base network of assignment 1.

What the course's own text says, in our words, is the promise. A module is made, its forward keeps
what backward needs, and `backward(dout)` returns nothing: the gradients stand in `.dx`, `.dw` and
`.db`. Convolution and pooling have one kernel size and one stride for both axes, zero padding of
convolution alone, no dilation, no groups, a bias, and sizes that the stride divides. `Linear`
flattens all but the first axis and has weights (in, out). The loss takes labels, divides by N, and
is returned with the probabilities, or alone; it is handed out, and takes the logarithm of the
probabilities, so nothing is promised where one of them rounds to 0. Gradients are those of the last
forward, for that batch alone: the optimizer takes them as they stand, and nobody sets them to zero,
so an object used for batch after batch must not add them up. A backward follows each forward of an
object, once. Of the base network of assignment 1, `sigmoid_dev(x)` and `ReLU_dev(x)` give the
derivative at x. `ConvNet` is judged as conv - relu - max pool - linear, described by the list of
dictionaries of the course's training script; its probabilities must be those that its loss is of.
Of the assignment on translation, `Encoder` and `Decoder` are judged as a pair, on torch, and
`Seq2Seq` on right ones. Gradients at kinks (relu at 0, ties in a pooling window) are not defined by
the text: any subgradient will do. Nothing is said about float32 staying float32.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from candidates.conventions._cs7643_models import ConvNet
from candidates.conventions._cs7643_seq2seq import (
    PAIR,
    TRANSLATION,
    EncoderDecoder,
    Translation,
    is_encoder,
    is_translation,
    pair_told,
    translation_told,
)
from candidates.conventions._objects import (
    TRANSPOSED,
    Held,
    Layer,
    Turn,
    Used,
    built_with,
    kept_random_state,
    mentions,
    names,
    turned_back,
)
from candidates.spelling import Convention, Signature, Spelling, among
from properties.models import numbered
from properties.plain import WrongResult, given
from properties.promise import Promise


class Module(Layer):
    """`forward(x)`, and `backward(dout)`, which leaves `.dx`."""

    left: Mapping[str, str] = {"x": "dx"}


class ReLU(Module):
    """`ReLU()`, `forward(x)`, and `backward(dout)`, which leaves `.dx`."""


class Conv2D(Module):
    """`Conv2D(in_channels, out_channels, kernel_size=3, stride=1, padding=0)`.

    `.weight` (F, C, K, K) and `.bias` (F,); `backward(dout)` leaves `.dx`, `.dw` and `.db`.
    """

    held: Mapping[str, Held] = {"w": Held("weight", "dw"), "b": Held("bias", "db")}

    def construct(self, kind: Any, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        geometry = at["kernel"][0], at["stride"][0], at["padding"][0]
        return kind(at["channels"], at["filters"], *geometry)


class MaxPooling(Module):
    """`MaxPooling(kernel_size, stride)`, `forward(x)`, and `backward(dout)`, which leaves `.dx`."""

    unwritten = ("H_out", "W_out")

    def construct(self, kind: Any, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        return kind(at["kernel_size"][0], at["stride"][0])


class Linear(Module):
    """`Linear(in_dim, out_dim)`: x (N, d1, ..., dk) is flattened, `.weight` is (in, out).

    `backward(dout)` leaves `.dx` in the shape of x, `.dw` and `.db`.
    """

    held: Mapping[str, Held] = {"w": Held("weight", "dw", TRANSPOSED), "b": Held("bias", "db")}
    transposed = ("w",)

    def construct(self, kind: Any, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        return kind(inputs["w"].shape[1], inputs["w"].shape[0])

    def call(self, made: Any, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        x = inputs["x"]
        return made.forward(x.reshape(len(x), *at["features"]))

    def backward(self, cotangents: Mapping[str, Any], cache: Used) -> dict[str, Any]:
        gradients = super().backward(cotangents, cache)
        x, features = cache.inputs["x"], cache.attributes["features"]
        turn = Turn(lambda a: a.reshape(len(a), *features), lambda a: a.reshape(x.shape))
        return gradients | {"x": turned_back("dx", turn, gradients["x"], x)}


class SoftmaxCrossEntropy(Module):
    """`SoftmaxCrossEntropy()`, `probs, loss = forward(x, y)`, and `backward()`, which leaves `.dx`.

    x (N, C) scores, y (N,) labels; forward may return the loss alone.
    """

    outputs = ("loss",)

    def call(self, made: Any, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        return made.forward(inputs["x"], inputs["y"])

    def results(self, used: Used) -> dict[str, Any]:
        both = isinstance(used.result, tuple) and len(used.result) == 2
        return {"loss": used.result[1] if both else used.result}

    def call_backward(self, made: Any, cotangents: Mapping[str, Any], cache: Used) -> Any:
        return made.backward()

    def backward(self, cotangents: Mapping[str, Any], cache: Used) -> dict[str, Any]:
        gradients = super().backward(cotangents, cache)
        if isinstance(gradients["x"], np.ndarray):
            gradients["x"] = cotangents["loss"] * gradients["x"]
        return gradients


class Probabilities(SoftmaxCrossEntropy):
    """`SoftmaxCrossEntropy()`, `probs, loss = forward(x, y)`: the probabilities (N, C)."""

    outputs = ("out",)

    def call(self, made: Any, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        return made.forward(inputs["x"], np.zeros(len(inputs["x"]), np.int64))

    def results(self, used: Used) -> dict[str, Any]:
        if not isinstance(used.result, tuple) or len(used.result) != 2:
            raise NotImplementedError("the loss is returned without probabilities")
        return {"out": used.result[0]}


class BaseMethod:
    """`_baseNetwork().NAME(x)`, and `_baseNetwork().NAME_dev(x)`, the derivative at x (N, C)."""

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._forward, self._backward = forward, backward

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        with kept_random_state():
            network = _owner(self._forward)()
        return {"out": given(self._forward(network, inputs["x"]))}, (network, inputs["x"])

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        if self._backward is None:
            raise NotImplementedError("there is no derivative")
        network, x = cache
        derivative = given(self._backward(network, x))
        if not isinstance(derivative, np.ndarray):
            return {"x": derivative}
        if derivative.shape != x.shape:
            raise WrongResult(f"the derivative has shape {derivative.shape}, expected {x.shape}")
        return {"x": cotangents["out"] * derivative}


def _owner(method: Any) -> Any:
    """The class in which a method is written."""
    return method.__globals__[method.__qualname__.split(".")[0]]


BASE = Promise(keeps_dtype=False, kinks="weak")
WINDOWS: dict[str, tuple[Any, ...]] = {"batch": (1, 2, 3), "dilation": (1,), "remainder": (0,)}
CONV = replace(
    BASE,
    domain=WINDOWS | {"groups": (1,), "bias": (True,), "named_padding": (False,)},
    square=("kernel", "stride", "padding"),
    beyond=("remainder",),
)
POOL = replace(
    BASE,
    domain=WINDOWS | {"padding": (0,), "ceil_mode": (False,), "default_stride": (False,)},
    square=("kernel", "stride"),
    beyond=("remainder",),
)
LINEAR = replace(BASE, domain={"lead_dims": (1,), "bias": (True,), "batch": (1, 2, 3, 4)})
RELU = replace(BASE, domain={"ndim": (2, 4, 3, 1), "empty": (False,)})
LOSS = replace(
    BASE,
    domain={
        "reduction": ("mean",),
        "spatial_dims": (0,),
        "ignored": (False,),
        "regime": ("integers", "constant", "sparse", "normal", "offset"),
    },
    beyond=("regime",),
)
NETWORK = replace(
    BASE,
    domain={
        "remainder": (0,),
        "reg": (0.0,),
        # Larger steps lead to probabilities that round to 0.
        "learning_rate": (0.1, 0.01),
        "regime": ("normal",),
    },
    beyond=("remainder", "regime"),
    layouts=(),
    outputs=("loss", *numbered("W", "b", last=2)),
    differs="forward gives probabilities, no scores",
)
OF_NETWORK = replace(BASE, domain={"ndim": (2,)})
SOFTMAX = replace(BASE, domain={"ndim": (2,), "axis": (-1,)}, gradients=())


def _is_network(kind: Any) -> bool:
    """Recognises the network that is made of a list of modules."""
    return inspect.isclass(kind) and names(kind.__init__) == ("modules", "criterion")


def _module(*constructor: str) -> Callable[[Any], bool]:
    """Recognises a module that leaves its gradients, by its constructor's parameters."""
    recognises = built_with(*constructor)
    return lambda kind: recognises(kind) and mentions(kind, "dx")


SPELLINGS = (
    Spelling(
        "conv2d",
        "Conv2D",
        "Conv2D.backward",
        Conv2D,
        CONV,
        when=built_with("in_channels", "out_channels", "kernel_size", "stride", "padding"),
    ),
    Spelling(
        "max_pool2d",
        "MaxPooling",
        "MaxPooling.backward",
        MaxPooling,
        POOL,
        when=built_with("kernel_size", "stride"),
    ),
    Spelling(
        "linear",
        "Linear",
        "Linear.backward",
        Linear,
        LINEAR,
        when=built_with("in_dim", "out_dim"),
    ),
    Spelling("relu", "ReLU", "ReLU.backward", ReLU, RELU, when=_module()),
    Spelling(
        "cross_entropy",
        "SoftmaxCrossEntropy",
        "SoftmaxCrossEntropy.backward",
        SoftmaxCrossEntropy,
        LOSS,
        when=_module(),
    ),
    Spelling("softmax", "SoftmaxCrossEntropy", None, Probabilities, SOFTMAX, when=_module()),
    Spelling(
        "conv_classifier",
        "ConvNet",
        "ConvNet.backward",
        ConvNet,
        NETWORK,
        when=_is_network,
        stand_ins="right_cs7643.py",
    ),
    *(
        Spelling(operator, f"_baseNetwork.{name}", f"_baseNetwork.{name}_dev", BaseMethod, promise)
        for operator, name, promise in (
            ("sigmoid", "sigmoid", OF_NETWORK),
            ("relu", "ReLU", OF_NETWORK),
        )
    ),
    Spelling("softmax", "_baseNetwork.softmax", None, BaseMethod, SOFTMAX),
    Spelling(
        "seq2seq",
        "Encoder",
        "Decoder",
        EncoderDecoder,
        PAIR,
        when=is_encoder,
        tells=pair_told,
        needs_torch=True,
    ),
    Spelling(
        "seq2seq",
        "Seq2Seq",
        None,
        Translation,
        TRANSLATION,
        when=is_translation,
        tells=translation_told,
        needs_torch=True,
    ),
)


convention = Convention(
    "cs7643",
    "Georgia Tech CS7643, the modules of assignments 1 and 2, and the translation model",
    among(SPELLINGS),
    text=__doc__,
)
