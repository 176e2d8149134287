"""The classes of `mytorch` as adapters: how each is made, called and read off."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from candidates.conventions._objects import (
    CHANNELS,
    COLUMN,
    ROW,
    TRANSPOSED,
    Held,
    Layer,
    Turn,
    Used,
    flattened,
    kept_random_state,
    names,
    turned_back,
)
from properties.plain import WrongResult

Named = Mapping[str, Any]


class Returning(Layer):
    """`forward(A)`, and `backward(dLdZ)`, which returns dLdA."""

    returned: tuple[str, ...] = ("x",)
    zeroed = True


def scaled(gradients: dict[str, Any], factor: Any, *scaled: str) -> dict[str, Any]:
    """The gradients, those named times a factor."""
    for name in scaled:
        if isinstance(gradients[name], np.ndarray):
            gradients[name] = gradients[name] * factor
    return gradients


class Linear(Returning):
    """`Linear(in_features, out_features, debug=False)`: A (N, in), W (out, in), b (out, 1).

    `backward(dLdZ)` returns dLdA and leaves `.dLdW` and `.dLdb`.
    """

    held: Mapping[str, Held] = {"w": Held("W", "dLdW"), "b": Held("b", "dLdb", COLUMN)}

    def construct(self, kind: Any, at: Named, inputs: Named) -> Any:
        return kind(*inputs["w"].shape[::-1])


class AveragingLinear(Linear):
    """`Linear(in_features, out_features, debug=False)` of 2022: `.dLdW` and `.dLdb` are averages.

    A (N, in), W (out, in), b (out, 1); `backward(dLdZ)` returns dLdA.
    """

    def backward(self, cotangents: Named, cache: Used) -> dict[str, Any]:
        gradients = super().backward(cotangents, cache)
        return scaled(gradients, len(cache.inputs["x"]), "w", "b")


class FlatLinear(Linear):
    """`Linear(in_features, out_features)` with `init_weights`: A (..., in), W (out, in), b (out,).

    `backward(dLdZ)` returns dLdA and leaves `.dLdW` and `.dLdb`.
    """

    held: Mapping[str, Held] = {"w": Held("W", "dLdW"), "b": Held("b", "dLdb")}


class OldFlatLinear(AveragingLinear):
    """`Linear(in_feature, out_feature)` with `init_weights`: x (N, in), W (out, in), b (out,).

    `backward(delta)` returns dx and leaves `.dW` and `.db`, averages over the batch.
    """

    held: Mapping[str, Held] = {"w": Held("W", "dW"), "b": Held("b", "db")}


class OldLinear(AveragingLinear):
    """`Linear(in_feature, out_feature, weight_init_fn, bias_init_fn)`: W (in, out), b (1, out).

    x (N, in); `backward(delta)` returns dx and leaves `.dW` and `.db`, averages over the batch.
    """

    held: Mapping[str, Held] = {"w": Held("W", "dW", TRANSPOSED), "b": Held("b", "db", ROW)}
    transposed = ("w",)

    def construct(self, kind: Any, at: Named, inputs: Named) -> Any:
        w, b = inputs["w"].T, inputs["b"][None]
        return kind(*w.shape, lambda *sizes: w, lambda size: b)


class Activation(Returning):
    """`forward(Z)`, and `backward(dLdA)`, which returns dLdZ."""


class Derivative(Activation):
    """`forward(Z)`, and `backward()` or, until 2021, `derivative()`: the derivative at Z."""

    def call_backward(self, made: Any, cotangents: Named, cache: Used) -> Any:
        derivative = made.backward() if hasattr(made, "backward") else made.derivative()
        if not isinstance(derivative, np.ndarray):
            return derivative
        dout = cotangents["out"]
        if derivative.shape != dout.shape:
            raise WrongResult(f"dAdZ has shape {derivative.shape}, expected {dout.shape}")
        return dout * derivative


class SoftmaxAlong(Activation):
    """`Softmax(dim=-1)`, `forward(Z)`, and `backward(dLdA)`, which returns dLdZ."""

    def construct(self, kind: Any, at: Named, inputs: Named) -> Any:
        return kind(dim=at["axis"])


class BatchNorm1d(Returning):
    """`BatchNorm1d(num_features, alpha=0.9)`, `forward(Z, eval=False)`, `backward(dLdBZ)`.

    Z (N, C); `.BW`, `.Bb`, `.running_M`, `.running_V`, `.dLdBW` and `.dLdBb` are (1, C), where a
    flat (C,) does as well; `.eps` is set.
    """

    turn = ROW
    attributes: tuple[str, ...] = ("BW", "Bb", "running_M", "running_V", "dLdBW", "dLdBb")

    def __init__(self, *functions: Any) -> None:
        super().__init__(*functions)
        gamma, beta, mean, var, dgamma, dbeta = self.attributes
        self.held = {
            "gamma": Held(gamma, dgamma, self.turn),
            "beta": Held(beta, dbeta, self.turn),
            "running_mean": Held(mean, turn=self.turn),
            "running_var": Held(var, turn=self.turn),
        }

    def construct(self, kind: Any, at: Named, inputs: Named) -> Any:
        return kind(inputs["x"].shape[1], 1 - at["momentum"])

    def call(self, made: Any, at: Named, inputs: Named) -> Any:
        made.alpha, made.eps = 1 - at["momentum"], at["eps"]
        return made.forward(inputs["x"], eval=not at["training"])

    def results(self, used: Used) -> dict[str, Any]:
        outputs = super().results(used)
        for name in ("running_mean", "running_var"):
            attribute = self.held[name].parameter
            found = getattr(used.made, attribute, None)
            outputs[name] = turned_back(attribute, self.turn, found, used.inputs[name])
        return outputs


class BatchNorm2d(BatchNorm1d):
    """`BatchNorm2d(num_features, alpha=0.9)`, `forward(Z, eval=False)`, `backward(dLdBZ)`.

    Z (N, C, H, W); `.BW`, `.Bb`, `.running_M`, `.running_V`, `.dLdBW` and `.dLdBb` are
    (1, C, 1, 1); `.eps` is set.
    """

    turn = CHANNELS


class OldBatchNorm(BatchNorm1d):
    """`BatchNorm(in_feature, alpha=0.9)`, `forward(x, eval=False)`, `backward(delta)`.

    x (N, C); `.gamma`, `.beta`, `.running_mean`, `.running_var`, `.dgamma`, `.dbeta` are (1, C).
    """

    attributes = ("gamma", "beta", "running_mean", "running_var", "dgamma", "dbeta")


class Conv2dStride1(Returning):
    """`Conv2d_stride1(in_channels, out_channels, kernel_size, weight_init_fn, bias_init_fn)`.

    A (N, C, H, W), W (F, C, K, K), b (F,); `backward(dLdZ)` returns dLdA, leaves `.dLdW`, `.dLdb`.
    """

    held: Mapping[str, Held] = {"w": Held("W", "dLdW"), "b": Held("b", "dLdb")}

    def construct(self, kind: Any, at: Named, inputs: Named) -> Any:
        offered = {
            "stride": at["stride"][0],
            "padding": at["padding"][0],
            "weight_init_fn": lambda *sizes: inputs["w"],
            "bias_init_fn": lambda size: inputs["b"],
        }
        taken = {name: offered[name] for name in names(kind.__init__) if name in offered}
        return kind(at["channels"], at["filters"], at["kernel"][0], **taken)

    def holder(self, made: Any) -> Any:
        inner = getattr(made, "conv2d_stride1", None)
        return inner if hasattr(inner, "W") else made


class Conv2d(Conv2dStride1):
    """`Conv2d(in_channels, out_channels, kernel_size, stride, padding=0, weight_init_fn, ...)`.

    A (N, C, H, W), W (F, C, K, K), b (F,); `backward(dLdZ)` returns dLdA, leaves `.dLdW`, `.dLdb`.
    Parameters and gradients are on its `.conv2d_stride1`, or on the object itself.
    """


class OldConv2D(Conv2dStride1):
    """`Conv2D(in_channel, out_channel, kernel_size, stride, weight_init_fn=None, ...)`.

    x (N, C, H, W), W (F, C, K, K), b (F,); `backward(delta)` returns dx and adds to `.dW`, `.db`.
    """

    held: Mapping[str, Held] = {"w": Held("W", "dW"), "b": Held("b", "db")}


class Pool(Returning):
    """`MaxPool2d(kernel, stride)` and `MeanPool2d(kernel, stride)`: A (N, C, H, W)."""

    def construct(self, kind: Any, at: Named, inputs: Named) -> Any:
        return kind(at["kernel_size"][0], at["stride"][0])


class PoolStride1(Returning):
    """`MaxPool2d_stride1(kernel)` and `MeanPool2d_stride1(kernel)`: A (N, C, H, W)."""

    def construct(self, kind: Any, at: Named, inputs: Named) -> Any:
        return kind(at["kernel_size"][0])


def scalar(loss: Any) -> Any:
    """A loss without axes: the writeup's matrix product gives one of shape (1, 1)."""
    return loss.reshape(()) if isinstance(loss, np.ndarray) and loss.size == 1 else loss


class MseLoss(Layer):
    """`MSELoss()`, `forward(A, Y)` the mean of (A - Y)^2, and `backward()`, which returns dLdA.

    A, Y (N, C); the loss may have the shape (1, 1).
    """

    outputs = ("loss",)
    returned = ("x",)

    def call(self, made: Any, at: Named, inputs: Named) -> Any:
        return made.forward(inputs["x"], inputs["target"])

    def results(self, used: Used) -> dict[str, Any]:
        return {"loss": scalar(used.result)}

    def call_backward(self, made: Any, cotangents: Named, cache: Used) -> Any:
        return made.backward()

    def backward(self, cotangents: Named, cache: Used) -> dict[str, Any]:
        gradients = super().backward(cotangents, cache)
        return scaled(gradients, cotangents["loss"], "x")


class HalvedMseLoss(MseLoss):
    """`MSELoss()`, `forward(A, Y)` half the mean of (A - Y)^2, and `backward()`: dLdA.

    A, Y (N, C); the loss may have the shape (1, 1).
    """

    def results(self, used: Used) -> dict[str, Any]:
        loss = super().results(used)["loss"]
        number = isinstance(loss, (float, np.floating, np.ndarray))
        return {"loss": loss * 2 if number else loss}

    def backward(self, cotangents: Named, cache: Used) -> dict[str, Any]:
        return scaled(super().backward(cotangents, cache), 2, "x")


class DifferenceMseLoss(MseLoss):
    """`MSELoss()`, `forward(A, Y)` the mean of (A - Y)^2, and `backward()`: A - Y.

    A, Y (N, C); the loss may have the shape (1, 1).
    """

    def backward(self, cotangents: Named, cache: Used) -> dict[str, Any]:
        return scaled(super().backward(cotangents, cache), 2 / cache.inputs["x"].size, "x")


class CrossEntropyLoss(MseLoss):
    """`CrossEntropyLoss()`, `forward(A, Y)` the mean, and `backward()`, which returns dLdA.

    A (N, C) logits, Y (N, C) one-hot; the loss may have the shape (1, 1).
    """

    def call(self, made: Any, at: Named, inputs: Named) -> Any:
        return made.forward(inputs["x"], one_hot(inputs["y"], inputs["x"]))


def one_hot(ids: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Y (N, C) of ids (N,), read-only: it is ours, and a write into it would go unseen."""
    rows = np.eye(x.shape[1], dtype=x.dtype)[ids]
    rows.flags.writeable = False
    return rows


class UndividedCrossEntropyLoss(CrossEntropyLoss):
    """`CrossEntropyLoss()` of 2022: `forward(A, Y)` the mean, `backward()` softmax(A) - Y.

    A (N, C) logits, Y (N, C) one-hot; the loss may have the shape (1, 1).
    """

    def backward(self, cotangents: Named, cache: Used) -> dict[str, Any]:
        return scaled(super().backward(cotangents, cache), 1 / len(cache.inputs["x"]), "x")


class SoftmaxCrossEntropy(CrossEntropyLoss):
    """`SoftmaxCrossEntropy()`, `forward(x, y)` a loss a sample, `backward()` or `derivative()`: dx.

    x (N, C) logits, y (N, C) one-hot, the losses (N,).
    """

    def results(self, used: Used) -> dict[str, Any]:
        return {"loss": used.result}

    def call_backward(self, made: Any, cotangents: Named, cache: Used) -> Any:
        return made.backward() if hasattr(made, "backward") else made.derivative()

    def backward(self, cotangents: Named, cache: Used) -> dict[str, Any]:
        gradients = Layer.backward(self, cotangents, cache)
        if np.shape(gradients["x"]) != cache.inputs["x"].shape:
            return gradients
        return scaled(gradients, cotangents["loss"][:, None], "x")


class Dropout(Returning):
    """`Dropout(p=0.5)`, `forward(x, train=True)` or `(x, eval=False)`, and `backward(delta)`.

    p is the fraction dropped. The mask is read off the output: x has no zeros.
    """

    def construct(self, kind: Any, at: Named, inputs: Named) -> Any:
        return kind(at["p"])

    def call(self, made: Any, at: Named, inputs: Named) -> Any:
        train = names(type(made).forward)[1] == "train"
        return made.forward(inputs["x"], at["training"] if train else not at["training"])

    def results(self, used: Used) -> dict[str, Any]:
        x, out = used.inputs["x"], used.result
        shown = isinstance(out, np.ndarray) and out.shape == x.shape and used.attributes["training"]
        return {"out": out, "mask": out != 0 if shown else np.ones(x.shape, bool)}


class UnscaledDropout(Dropout):
    """`Dropout(p=0.5)`, `forward(x, train=True)`, and `backward(delta)`: the mask times delta.

    p is the fraction dropped. The mask is read off the output: x has no zeros.
    """

    def backward(self, cotangents: Named, cache: Used) -> dict[str, Any]:
        gradients = super().backward(cotangents, cache)
        return scaled(gradients, 1 / (1 - cache.attributes["p"]), "x")


class RnnCell(Returning):
    """`RNNCell(input_size, hidden_size)`: `forward(x, h_prev_t)`, tanh of both products.

    x (N, D), h (N, H); W_ih (H, D), W_hh (H, H), b_ih and b_hh (H,), of which each is half of b.
    `backward(delta, h_t, h_prev_l, h_prev_t)` returns dx and dh_prev_t, and adds averages over the
    batch to `.dW_ih`, `.dW_hh`, `.db_ih` and `.db_hh`; db is the mean of the last two.
    """

    outputs = ("next_h",)
    returned = ("x", "prev_h")
    transposed = ("Wx", "Wh")
    held: Mapping[str, Held] = {
        "Wx": Held("W_ih", "dW_ih", TRANSPOSED),
        "Wh": Held("W_hh", "dW_hh", TRANSPOSED),
        "bx": Held("b_ih", "db_ih"),
        "bh": Held("b_hh", "db_hh"),
    }

    def construct(self, kind: Any, at: Named, inputs: Named) -> Any:
        return kind(*inputs["Wx"].shape)

    def _call(self, made: Any, at: Named, inputs: Named) -> tuple[Any, Any]:
        halves = {"bx": inputs["b"] / 2, "bh": inputs["b"] / 2}  # exactly halves
        for half in halves.values():
            half.flags.writeable = inputs["b"].flags.writeable
        outputs, used = super()._call(made, at, {**inputs, **halves})
        _write_back(used.inputs)
        return outputs, used

    def call(self, made: Any, at: Named, inputs: Named) -> Any:
        return made.forward(inputs["x"], inputs["prev_h"])

    def call_backward(self, made: Any, cotangents: Named, cache: Used) -> Any:
        delta, inputs = cotangents["next_h"], cache.inputs
        return made.backward(delta, cache.result, inputs["x"], inputs["prev_h"])

    def backward(self, cotangents: Named, cache: Used) -> dict[str, Any]:
        gradients = super().backward(cotangents, cache)
        _write_back(cache.inputs)
        gradients = scaled(gradients, len(cache.inputs["x"]), "Wx", "Wh", "bx", "bh")
        halves = gradients.pop("bx"), gradients.pop("bh")
        return gradients | {"b": _mean(*halves)}


def _write_back(inputs: Named) -> None:
    """What was written into the halves of the bias, into the bias."""
    if inputs["b"].flags.writeable:
        inputs["b"][...] = inputs["bx"] + inputs["bh"]


def _mean(first: Any, second: Any) -> Any:
    """The mean of two gradients that should be equal, or the one that is none."""
    if not isinstance(first, np.ndarray) or not isinstance(second, np.ndarray):
        return second if isinstance(first, np.ndarray) else first
    if first.shape != second.shape:
        raise WrongResult(f"db_ih has shape {first.shape}, and db_hh {second.shape}")
    return (first + second) / 2


GATES = ("r", "z", "n")
_SINGLE = Turn(flattened, flattened)


def _gru_names(bias: Callable[[str, str], str]) -> dict[str, Held]:
    """The twelve parameters of a GRU cell, by our names: Wrx to bnh."""
    held = {}
    for gate, side in itertools.product(GATES, "xh"):
        weight, name = f"W{gate}{side}", bias(gate, side)
        held[weight] = Held(weight, f"d{weight}", TRANSPOSED)
        held[f"b{gate}{side}"] = Held(name, f"d{name}", _SINGLE)
    return held


class GruCell(Returning):
    """`GRUCell(input_size, hidden_size)`: `forward(x, h_prev_t)` of one sample, x (D,), h (H,).

    Wrx, Wzx, Wnx (H, D), Wrh, Wzh, Wnh (H, H), and the biases brx to bnh (H,). `backward(delta)`
    returns dx and dh_prev_t, (D,) and (H,) or (1, D) and (1, H), and leaves `.dWrx` to `.dbnh`:
    n = tanh(Wnx x + bnx + r (Wnh h + bnh)), h_t = (1 - z) n + z h. Delta is (H,), or (1, H) where
    the class cannot take that: the course's tests gave it as a row in some years.
    """

    outputs = ("h",)
    returned = ("x", "h0")
    unwritten = ("r", "z", "n")
    transposed = ("Wx", "Wh")
    held: Mapping[str, Held] = _gru_names(lambda gate, side: f"b{gate}{side}")

    def __init__(self, *functions: Any) -> None:
        super().__init__(*functions)
        flat, row = (_takes(self._kind, np.ones(shape)) for shape in ((3,), (1, 3)))
        self._takes_row = row and not flat

    def construct(self, kind: Any, at: Named, inputs: Named) -> Any:
        return kind(at["features"], at["hidden"])

    def _call(self, made: Any, at: Named, inputs: Named) -> tuple[Any, Any]:
        theirs = dict(inputs)
        for name in ("Wx", "Wh", "bx", "bh"):
            parts = np.split(inputs[name], len(GATES), axis=-1)  # views
            theirs |= {f"{name[0]}{g}{name[1]}": part for g, part in zip(GATES, parts, strict=True)}
        return super()._call(made, at, theirs)

    def call(self, made: Any, at: Named, inputs: Named) -> Any:
        return made.forward(inputs["x"][0, 0], inputs["h0"][0])

    def results(self, used: Used) -> dict[str, Any]:
        expected = used.inputs["h0"][0].shape
        if isinstance(used.result, np.ndarray) and used.result.shape != expected:
            raise WrongResult(f"h_t has shape {used.result.shape}, expected {expected}")
        made = used.result
        return {"h": made[None, None] if isinstance(made, np.ndarray) else made}

    def call_backward(self, made: Any, cotangents: Named, cache: Used) -> Any:
        delta = cotangents["h"][0]
        return made.backward(delta if self._takes_row else delta[0])

    def backward(self, cotangents: Named, cache: Used) -> dict[str, Any]:
        parts = super().backward(cotangents, cache)
        gradients = {
            "x": _sample("dx", parts["x"], cache.inputs["x"]),
            "h0": _sample("dh_prev_t", parts["h0"], cache.inputs["h0"]),
        }
        for name in ("Wx", "Wh", "bx", "bh"):
            gradients[name] = _joined([parts[f"{name[0]}{gate}{name[1]}"] for gate in GATES])
        return gradients


class OldGruCell(GruCell):
    """`GRUCell(in_dim, hidden_dim)` of 2021, with the biases bir, biz, bin, bhr, bhz and bhn.

    `forward(x, h)` of one sample, x (D,), h (H,); Wrx, Wzx, Wnx (H, D), Wrh, Wzh, Wnh (H, H).
    `backward(delta)` returns dx (1, D) and dh (1, H) and leaves `.dWrx` to `.dbhn`.
    """

    held = _gru_names(lambda gate, side: f"b{'i' if side == 'x' else 'h'}{gate}")


def _takes(kind: Any, delta: np.ndarray) -> bool:
    """Whether a GRU cell's backward takes a delta of this shape and leaves weights' gradients."""
    with kept_random_state():
        try:
            made = kind(2, delta.size)
            made.forward(np.ones(2), np.ones(delta.size))
            made.backward(delta)
            return np.shape(made.dWrx) == (delta.size, 2)
        except Exception:
            return False


def _sample(name: str, gradient: Any, ours: np.ndarray) -> Any:
    """The gradient of one sample, flat or as a row, in the operator's shape."""
    if not isinstance(gradient, np.ndarray):
        return gradient
    if gradient.shape not in ((ours.size,), (1, ours.size)):
        raise WrongResult(f"{name} has shape {gradient.shape}, expected {(1, ours.size)}")
    return gradient.reshape(ours.shape)


def _joined(parts: list[Any]) -> Any:
    """The gates side by side, or the first that is no array."""
    for part in parts:
        if not isinstance(part, np.ndarray):
            return part
    return np.concatenate(parts, axis=-1)


class Attention(Returning):
    """`ScaledDotProductAttention()`, `forward(Q, K, V, mask=None)`, and `backward(d_output)`.

    Q (N, ..., H, L, E), K (N, ..., H, S, E), V (N, ..., H, S, Ev); the mask, of a shape that
    broadcasts to (N, ..., H, L, S), is true where a key is ignored. Backward returns d_Q, d_K, d_V.
    """

    returned = ("q", "k", "v")

    def call(self, made: Any, at: Named, inputs: Named) -> Any:
        arrays = inputs["q"], inputs["k"], inputs["v"]
        if "mask" not in inputs:
            return made.forward(*arrays)
        ignored = ~inputs["mask"]
        ignored.flags.writeable = False  # it is ours, and a write into it would go unseen
        return made.forward(*arrays, ignored)
