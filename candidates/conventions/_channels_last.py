"""Functions of deeplearning.ai and of Holberton's machine learning: channels last, columns samples.

Coursera's course passes dictionaries (`hparameters`, `parameters`) and hands back a cache;
Holberton's passes everything, and its backward takes the arrays of the forward once more.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from candidates.conventions._axes import arranged, restored
from candidates.spelling import Pair, Spelling, pair
from properties.plain import WrongResult, given, named_results, written
from properties.promise import Promise
from properties.values import REGIMES


class Arranged(Pair):
    """A pair whose arrays have their axes in another order. `orders`: see `_axes`, by name."""

    orders: Mapping[str, str] = {}

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        theirs = {n: arranged(a, self.orders[n]) for n, a in inputs.items()}
        outputs, cache = self.called(at, theirs)
        return {n: restored(n, r, self.orders[n]) for n, r in outputs.items()}, cache

    def called(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        """Outputs and cache of the forward function, all in its own order of axes."""
        return super().forward(at, inputs)

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        theirs = {n: arranged(c, self.orders[n]) for n, c in cotangents.items()}
        gradients = super().backward(theirs, cache)
        return {n: restored(f"d{n}", g, self.orders[n]) for n, g in gradients.items()}


class Biases(np.ndarray):
    """Biases whose single elements are numbers, as `Z + float(b)` of the course's text asks.

    NumPy 2.4 has ended what it did before: to convert arrays of one element and some axes.
    """

    def __float__(self) -> float:
        return float(self.item())


def _plain(result: Any) -> Any:
    return result.view(np.ndarray) if type(result) is Biases else result


MAPS = {"x": "nchw>nhwc", "out": "nchw>nhwc"}
FILTERS = {"w": "fchw>hwcf", "b": "f>111f"}


class Conv(Arranged):
    """`conv_forward(A_prev, W, b, hparameters)` with the keys stride and pad.

    A_prev (m, n_H, n_W, n_C_prev), W (f, f, n_C_prev, n_C), b (1, 1, 1, n_C); returns Z and cache.
    `conv_backward(dZ, cache)` gives dA_prev, dW, db.
    """

    gradients = ("x", "w", "b")
    orders = MAPS | FILTERS

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        hparameters = {"stride": at["stride"][0], "pad": at["padding"][0]}
        return inputs["x"], inputs["w"], inputs["b"].view(Biases), hparameters

    def called(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        outputs, cache = super().called(at, inputs)
        return {name: _plain(out) for name, out in outputs.items()}, cache

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        gradients = super().backward(cotangents, cache)
        return {name: _plain(gradient) for name, gradient in gradients.items()}


class Pool(Arranged):
    """`pool_forward(A_prev, hparameters, mode)` with the keys f and stride, and "max" or "average".

    A_prev (m, n_H, n_W, n_C); returns A and cache. `pool_backward(dA, cache, mode)` gives dA_prev.
    """

    orders = MAPS
    mode = "max"

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        return inputs["x"], {"f": at["kernel_size"][0], "stride": at["stride"][0]}, self.mode

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        dA = arranged(cotangents["out"], self.orders["out"])
        dx = given(written(self._backward)(dA, cache, self.mode))
        return {"x": restored("dx", dx, self.orders["x"])}


class AveragePool(Pool):
    mode = "average"


class HolbertonConv(Arranged):
    """`conv_forward(A_prev, W, b, activation, padding="valid", stride=(sh, sw))`, no activation.

    A_prev (m, h, w, c_prev), W (kh, kw, c_prev, c_new), b (1, 1, 1, c_new); returns the output.
    `conv_backward(dZ, A_prev, W, b, padding, stride)` gives dA_prev, dW, db.
    """

    orders = MAPS | FILTERS

    def called(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        arrays = tuple(inputs[name] for name in ("x", "w", "b"))
        settings = {"padding": "valid", "stride": tuple(at["stride"])}
        out = given(self._forward(*arrays, lambda Z: Z, **settings))
        return {"out": out}, (arrays, settings)

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        arrays, settings = cache
        dZ = arranged(cotangents["out"], self.orders["out"])
        results = given(written(self._backward)(dZ, *arrays, **settings))
        gradients, _ = named_results(("x", "w", "b"), results, cache=False)
        return {n: restored(f"d{n}", g, self.orders[n]) for n, g in gradients.items()}


class HolbertonPool(Arranged):
    """`pool_forward(A_prev, kernel_shape, stride=(sh, sw), mode)`, mode "max" or "avg".

    A_prev (m, h, w, c); returns the output. `pool_backward(dA, A_prev, kernel_shape, stride, mode)`
    gives dA_prev.
    """

    orders = MAPS
    mode = "max"

    def called(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        settings = tuple(at["kernel_size"]), tuple(at["stride"]), self.mode
        out = given(self._forward(inputs["x"], *settings))
        return {"out": out}, (inputs["x"], *settings)

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        dA = arranged(cotangents["out"], self.orders["out"])
        dx = given(written(self._backward)(dA, *cache))
        return {"x": restored("dx", dx, self.orders["x"])}


class HolbertonAveragePool(HolbertonPool):
    mode = "avg"


PREDICTIONS = 2  # n_y: how many classes the output layer has, which is not judged


class Cell(Arranged):
    """A recurrent function of the course, with a dictionary of parameters and one of gradients.

    outputs: what it returns before the cache; those that the operator does not have are left out.
    keys: the operator's inputs by the keys of their gradients.
    """

    orders: Mapping[str, str] = {}
    returned: tuple[str, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = {}

    def called(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        results = given(self._forward(*self.arguments(at, inputs)))
        outputs, cache = named_results(self.returned, results, cache=True)
        return {name: outputs[name] for name in self.outputs}, cache

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        upstream = (arranged(cotangents[n], self.orders[n]) for n in self.outputs)
        results = given(written(self._backward)(*upstream, cache))
        if not isinstance(results, dict):
            raise WrongResult(f"gradients are {type(results).__name__}, expected a dictionary")
        return self.named(results)

    def named(self, gradients: Mapping[str, Any]) -> dict[str, Any]:
        """The operator's gradients of the course's dictionary."""
        return {
            name: restored(f"d{name}", entry(gradients, *keys), self.orders[name])
            for name, keys in self.keys.items()
        }


def entry(gradients: Mapping[str, Any], *keys: str) -> Any:
    """The first of the keys that is there. Raises WrongResult naming what is missing."""
    for key in keys:
        if key in gradients:
            return gradients[key]
    raise WrongResult(f"the gradients have no {keys[0]!r}, only {', '.join(map(str, gradients))}")


class RnnCell(Cell):
    """`rnn_cell_forward(xt, a_prev, parameters)` with the keys Wax, Waa, Wya, ba, by.

    xt (n_x, m), a_prev (n_a, m), Wax (n_a, n_x), Waa (n_a, n_a), ba (n_a, 1); returns a_next,
    yt_pred (not judged) and cache. `rnn_cell_backward(da_next, cache)` gives a dictionary of
    dxt, da_prev, dWax, dWaa, dba.
    """

    outputs: tuple[str, ...] = ("next_h",)
    returned: tuple[str, ...] = ("next_h", "prediction")
    state = "prev_h"
    orders: Mapping[str, str] = {
        "x": "nd>dn",
        "prev_h": "nh>hn",
        "next_h": "nh>hn",
        "Wx": "dh>hd",
        "Wh": "gh>hg",
        "b": "h>h1",
    }
    keys: Mapping[str, tuple[str, ...]] = {
        "x": ("dxt", "dx"),
        "prev_h": ("da_prev",),
        "Wx": ("dWax",),
        "Wh": ("dWaa",),
        "b": ("dba",),
    }

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        hidden = len(inputs["Wh"])
        parameters = {"Wax": inputs["Wx"], "Waa": inputs["Wh"], "ba": inputs["b"]}
        parameters |= {"Wya": np.zeros((PREDICTIONS, hidden)), "by": np.zeros((PREDICTIONS, 1))}
        return inputs["x"], inputs[self.state], parameters


class Rnn(RnnCell):
    """`rnn_forward(x, a0, parameters)`, the keys as in `rnn_cell_forward`.

    x (n_x, m, T_x), a0 (n_a, m); returns a (n_a, m, T_x), y_pred (not judged) and caches.
    `rnn_backward(da, caches)` gives a dictionary of dx, da0, dWax, dWaa, dba.
    """

    outputs = ("h",)
    returned = ("h", "prediction")
    state = "h0"
    orders: Mapping[str, str] = {**RnnCell.orders, "x": "ntd>dnt", "h0": "nh>hn", "h": "nth>hnt"}
    keys: Mapping[str, tuple[str, ...]] = {
        "x": ("dx",),
        "h0": ("da0",),
        "Wx": ("dWax",),
        "Wh": ("dWaa",),
        "b": ("dba",),
    }


GATES = ("i", "f", "c", "o")  # PyTorch's order, in the letters of the course


class LstmCell(Cell):
    """`lstm_cell_forward(xt, a_prev, c_prev, parameters)`: Wf, bf, Wi, bi, Wc, bc, Wo, bo, Wy, by.

    xt (n_x, m), a_prev and c_prev (n_a, m), W* (n_a, n_a + n_x) for a_prev above xt, b* (n_a, 1);
    returns a_next, c_next, yt_pred (not judged) and cache. `lstm_cell_backward(da_next, dc_next,
    cache)` gives a dictionary of dxt, da_prev, dc_prev, dW* and db*.
    """

    outputs: tuple[str, ...] = ("next_h", "next_c")
    returned: tuple[str, ...] = ("next_h", "next_c", "prediction")
    states: tuple[str, ...] = ("prev_h", "prev_c")
    orders: Mapping[str, str] = {
        "x": "nd>dn",
        **dict.fromkeys(("prev_h", "prev_c", "next_h", "next_c"), "nh>hn"),
        **dict.fromkeys(("Wx", "Wh"), "dg>dg"),
        "b": "g>g",
    }
    keys: Mapping[str, tuple[str, ...]] = {
        "x": ("dxt", "dx"),
        "prev_h": ("da_prev",),
        "prev_c": ("dc_prev",),
    }

    def called(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        parameters = stacked(inputs)
        arrays = (inputs["x"], *(inputs[name] for name in self.states))
        results = given(self._forward(*arrays, parameters))
        outputs, cache = named_results(self.returned, results, cache=True)
        write_back(inputs, parameters)
        return {name: outputs[name] for name in self.outputs}, (cache, inputs, parameters)

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        theirs, inputs, parameters = cache
        gradients = super().backward(cotangents, theirs)
        write_back(inputs, parameters)
        return gradients

    def named(self, gradients: Mapping[str, Any]) -> dict[str, Any]:
        weights = [entry(gradients, f"dW{gate}") for gate in GATES]
        biases = [restored("db", entry(gradients, f"db{gate}"), "h>h1") for gate in GATES]
        return super().named(gradients) | unstacked(weights, biases)


def stacked(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Wx (D, 4H), Wh (H, 4H) and b (4H,) as one matrix and one bias a gate."""
    hidden, writeable = len(inputs["Wh"]), inputs["Wx"].flags.writeable
    parameters: dict[str, Any] = {}
    for place, gate in enumerate(GATES):
        columns = slice(place * hidden, (place + 1) * hidden)
        both = [inputs["Wh"][:, columns].T, inputs["Wx"][:, columns].T]
        parameters[f"W{gate}"] = np.concatenate(both, axis=1)
        parameters[f"W{gate}"].flags.writeable = writeable
        parameters[f"b{gate}"] = inputs["b"][columns, None]
    prediction = {"Wy": np.zeros((PREDICTIONS, hidden)), "by": np.zeros((PREDICTIONS, 1))}
    return parameters | prediction


def write_back(inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
    """What the function wrote into the matrices of the gates, into the arrays they came from."""
    hidden = len(inputs["Wh"])
    if not inputs["Wx"].flags.writeable:
        return
    for place, gate in enumerate(GATES):
        columns, matrix = slice(place * hidden, (place + 1) * hidden), parameters[f"W{gate}"]
        if np.shape(matrix) == (hidden, hidden + len(inputs["Wx"])):
            inputs["Wh"][:, columns] = matrix[:, :hidden].T
            inputs["Wx"][:, columns] = matrix[:, hidden:].T


def unstacked(weights: list[Any], biases: list[Any]) -> dict[str, Any]:
    """Gradients of Wx, Wh and b of those of each gate."""
    for gate, matrix in zip(GATES, weights, strict=True):
        if np.ndim(matrix) != 2:
            raise WrongResult(f"dW{gate} is no matrix: its shape is {np.shape(matrix)}")
    hidden = len(weights[0])
    try:
        return {
            "Wx": np.concatenate([matrix[:, hidden:].T for matrix in weights], axis=1),
            "Wh": np.concatenate([matrix[:, :hidden].T for matrix in weights], axis=1),
            "b": np.concatenate(biases),
        }
    except ValueError:
        shapes = ", ".join(f"dW{g} {m.shape}" for g, m in zip(GATES, weights, strict=True))
        raise WrongResult(f"the gradients of the gates differ in shape: {shapes}") from None


class Lstm(LstmCell):
    """`lstm_forward(x, a0, parameters)`, the keys as in `lstm_cell_forward`.

    x (n_x, m, T_x), a0 (n_a, m), the first c is zero; returns a (n_a, m, T_x), y and c (neither is
    judged) and caches. `lstm_backward(da, caches)` gives a dictionary of dx, da0, dW* and db*.
    """

    outputs = ("h",)
    returned = ("h", "prediction", "c")
    states = ("h0",)
    orders: Mapping[str, str] = {**LstmCell.orders, "x": "ntd>dnt", "h0": "nh>hn", "h": "nth>hnt"}
    keys: Mapping[str, tuple[str, ...]] = {"x": ("dx",), "h0": ("da0",)}


BASE = Promise(keeps_dtype=False, kinks="weak")
SIZES = {"batch": (1, 2, 3), "dilation": (1,)}
SMOOTH = tuple(regime for regime in REGIMES if regime != "kinks")
CONV = replace(
    BASE,
    domain=SIZES | {"groups": (1,), "bias": (True,), "named_padding": (False,)},
    square=("kernel", "stride", "padding"),
)
POOL = replace(
    BASE,
    domain=SIZES | {"padding": (0,), "ceil_mode": (False,), "default_stride": (False,)},
    square=("kernel", "stride"),
)
MAX_POOL = replace(POOL, domain={**POOL.domain, "regime": SMOOTH})
AVG_POOL = replace(
    POOL, domain={**POOL.domain, "count_include_pad": (True,), "divisor_override": (None,)}
)
UNPADDED = replace(CONV, domain={**CONV.domain, "padding": (0,)}, square=())
STEP = replace(BASE, domain={"batch": (1, 2, 3)})
SEQUENCE = replace(STEP, domain={"batch": (1, 2, 3), "packed": (False,)})
LSTM = replace(
    SEQUENCE,
    domain={**SEQUENCE.domain, "initial_cell": (False,)},
    outputs=("h",),
    differs="the cell starts at zero",
)


def takes(*names: str) -> Callable[[Any], bool]:
    """Whether a function has parameters of these names."""

    def when(forward: Any) -> bool:
        try:
            return set(names) <= set(inspect.signature(forward).parameters)
        except (TypeError, ValueError):
            return False

    return when


def forward_alone(forward: Any, backward: Any) -> dict[str, Any]:
    """A function without a backward is judged on its forward alone."""
    return {"gradients": []} if backward is None else {}


def spelled(
    operator: str,
    names: tuple[str, str],
    kind: type[Pair],
    promise: Promise,
    when: Callable[[Any], bool],
) -> Spelling:
    return Spelling(operator, *names, pair(kind), promise, when=when, tells=forward_alone)


COURSERA, HOLBERTON = takes("hparameters"), takes("kernel_shape", "mode")
CONVS, POOLS = ("conv_forward", "conv_backward"), ("pool_forward", "pool_backward")
CELL = takes("parameters", "xt", "a_prev")
SEQUENCES = takes("x", "a0", "parameters")
MAX_PAIRS, AVG_PAIRS = (replace(promise, square=()) for promise in (MAX_POOL, AVG_POOL))

SPELLINGS = (
    spelled("conv2d", CONVS, Conv, CONV, COURSERA),
    spelled("max_pool2d", POOLS, Pool, MAX_POOL, COURSERA),
    spelled("avg_pool2d", POOLS, AveragePool, AVG_POOL, COURSERA),
    spelled("conv2d", CONVS, HolbertonConv, UNPADDED, takes("A_prev", "activation")),
    spelled("max_pool2d", POOLS, HolbertonPool, MAX_PAIRS, HOLBERTON),
    spelled("avg_pool2d", POOLS, HolbertonAveragePool, AVG_PAIRS, HOLBERTON),
    spelled("rnn_step", ("rnn_cell_forward", "rnn_cell_backward"), RnnCell, STEP, CELL),
    spelled("rnn", ("rnn_forward", "rnn_backward"), Rnn, SEQUENCE, SEQUENCES),
    spelled("lstm_step", ("lstm_cell_forward", "lstm_cell_backward"), LstmCell, STEP, CELL),
    spelled("lstm", ("lstm_forward", "lstm_backward"), Lstm, LSTM, SEQUENCES),
)
