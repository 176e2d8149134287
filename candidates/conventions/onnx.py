"""A file of ONNX with one node, run by onnxruntime: the node's attributes are the promise.

Strides, pads, kernel, groups, axis, epsilon, hidden size and the rest are those of the node; the
arrays are any, weights too, whether they were inputs or initializers. Its forward alone is judged,
in the types that the file declares, most often float32. What the row of an operator cannot say is
not judged: pads that differ at the two ends, `auto_pad` SAME, softmax before opset 13 (which
flattens), group norm before opset 21 (scales by group), GRU with `linear_before_reset` 0, other
activations, clipping, peepholes, reverse directions. Gates are in ONNX's orders (i, o, f, c and
z, r, h); recurrent nodes have no layout but 0 and need their initial state as an input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from candidates.spelling import Convention, Signature, Spelling, among
from candidates.worker.onnx_models import Node
from properties.host import Functions
from properties.onnx_arrays import hidden_states, recurrent_arrays, slopes
from properties.promise import Promise

At = Mapping[str, Any]
Inputs = Mapping[str, Any]
Domain = dict[str, Any]
PROMISE = Promise(keeps_dtype=False, dtypes=("float32",), gradients=(), layouts=())


class Unjudged(Exception):
    """A node that is no operator of ours: why, in words."""


@dataclass(frozen=True)
class Row:
    """How one of ONNX's operators is one of ours.

    arrays: the node's inputs of ours, None for one that it is not given. outputs: of ours, of all
    that the node returns. domain: the attribute values of the node. Raises Unjudged.
    last_output: the place of the last cell, which a node need not return.
    """

    name: str
    operator: str
    arrays: Callable[[Node, At, Inputs], Sequence[Any]]
    domain: Callable[[Node], Domain]
    outputs: Callable[[At, Sequence[np.ndarray]], dict[str, Any]] = lambda at, results: {
        "out": results[0]
    }
    inputs: tuple[str, ...] = ("x",)
    promise: Promise = field(default=PROMISE)
    last_output: int = 0

    @property
    def spelling(self) -> Spelling:
        return Spelling(
            self.operator,
            self.name,
            None,
            self._adapter,
            self.promise,
            when=lambda node: isinstance(node, Node),
            obstacle=self._obstacle,
            tells=lambda node, backward: self._told(node),
        )

    @property
    def _adapter(self) -> Callable[[Any, Any, Signature], Functions]:
        def adapter(forward: Any, backward: Any, signature: Signature) -> Functions:
            return OneNode(self, forward)

        adapter.__doc__ = f"`{self.name}`: its inputs are {', '.join(self.inputs)}."
        return adapter

    def _told(self, node: Node) -> dict[str, Any]:
        told: dict[str, Any] = {"domain": self.domain(node)}
        if self.last_output and not (self.last_output < len(node.returned) and node.returned[-1]):
            told["outputs"] = ["h"]
        return told

    def _obstacle(self, node: Node) -> str:
        try:
            self.domain(node)
        except Unjudged as why:
            return str(why)
        return ""


class OneNode:
    """A node as an implementation of a row's operator; it has no backward."""

    def __init__(self, row: Row, node: Node) -> None:
        self._row, self._node = row, node

    def forward(self, at: At, inputs: Inputs) -> tuple[dict[str, Any], Any]:
        results = self._node(*self._row.arrays(self._node, at, inputs))
        return self._row.outputs(at, results), None

    def backward(self, cotangents: Inputs, cache: Any) -> dict[str, Any]:
        raise NotImplementedError("a node has no backward")


def expect(node: Node, **values: tuple[Any, ...]) -> None:
    """Raises Unjudged where an attribute of the node has none of the values (None: absent)."""
    for name, allowed in values.items():
        value = node.attributes.get(name)
        value = tuple(value) if isinstance(value, list) else value
        if value not in allowed:
            known = " or ".join(str(v) for v in allowed if v is not None)
            raise Unjudged(f"its {name} is {value}, and only {known} is judged")


def given(node: Node, *places: int) -> None:
    """Raises Unjudged where the node lacks one of these inputs."""
    for place in places:
        if not has(node, place):
            raise Unjudged(f"it has no input {place}, which is part of the operator")


def has(node: Node, place: int) -> bool:
    return place < len(node.given) and node.given[place]


def pair(node: Node, name: str, default: int) -> tuple[int, int]:
    values = tuple(node.attributes.get(name, (default, default)))
    if len(values) != 2:
        raise Unjudged(f"its {name} is of {len(values)} axes, and only two are judged")
    return int(values[0]), int(values[1])


def pads(node: Node) -> tuple[int, int]:
    expect(node, auto_pad=(None, "NOTSET", "VALID"))
    top, left, *rest = node.attributes.get("pads", (0, 0, 0, 0))
    if rest != [top, left]:
        raise Unjudged(f"its pads are {[top, left, *rest]}, and only equal ends are judged")
    return top, left


def windows(node: Node) -> Domain:
    """What convolutions and pools have in common, each pair as it stands."""
    domain: Domain = {"stride": [pair(node, "strides", 1)], "padding": [pads(node)]}
    if "kernel_shape" in node.attributes:
        domain["kernel"] = [pair(node, "kernel_shape", 1)]
    return domain


def convolution(node: Node) -> Domain:
    return windows(node) | {
        "dilation": [pair(node, "dilations", 1)],
        "groups": [node.attributes.get("group", 1)],
        "bias": [has(node, 2)],
        "named_padding": [False],
        "batch": [1, 2, 3],
    }


def deformable(node: Node) -> Domain:
    domain = convolution(node) | {"bias": [has(node, 3)], "masked": [has(node, 4)]}
    return domain | {"offset_groups": [node.attributes.get("offset_group", 1)]}


def deformable_arrays(node: Node, at: At, inputs: Inputs) -> Sequence[Any]:
    return [inputs.get(name) for name in ("x", "w", "offset", "b", "mask")]


def pooling(node: Node) -> Domain:
    domain = windows(node)
    (kernel,), (padding,) = domain["kernel"], domain["padding"]
    if any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        raise Unjudged(f"its pads {padding} are more than half of its kernel {kernel}")
    ceil = bool(node.attributes.get("ceil_mode", 0))
    sizes = {"batch": [1, 2, 3], "default_stride": [False]}
    return domain | sizes | {"ceil_mode": [ceil]}


def max_pooling(node: Node) -> Domain:
    expect(node, storage_order=(None, 0))
    return pooling(node) | {"dilation": [pair(node, "dilations", 1)]}


def average_pooling(node: Node) -> Domain:
    expect(node, dilations=(None, (1, 1)))
    counted = bool(node.attributes.get("count_include_pad", 0))
    return pooling(node) | {"count_include_pad": [counted], "divisor_override": [None]}


def whole_map(node: Node) -> Domain:
    return {"output_size": [(1, 1)], "kept": [(False, False)], "batch": [1, 2, 3]}


def in_order(*names: str) -> Callable[[Node, At, Inputs], Sequence[Any]]:
    return lambda node, at, inputs: [inputs.get(name) for name in names]


def product(node: Node) -> Domain:
    """Gemm: one matrix, and weights whichever way round."""
    expect(node, alpha=(None, 1.0), beta=(None, 1.0), transA=(None, 0))
    return {"lead_dims": [1], "feature_dims": [1], "bias": [has(node, 2)], "batch": [1, 2, 3]}


def product_arrays(node: Node, at: At, inputs: Inputs) -> Sequence[Any]:
    w = inputs["w"] if node.attributes.get("transB", 0) else inputs["w"].T
    return [inputs["x"], w, inputs.get("b")]


def stacked_product(node: Node) -> Domain:
    return {"bias": [False], "feature_dims": [1], "batch": [1, 2, 3]}


ELEMENTWISE: Domain = {"empty": [False]}


def elementwise(**settings: tuple[str, float]) -> Callable[[Node], Domain]:
    """attribute of ours: the node's attribute and its default."""

    def domain(node: Node) -> Domain:
        values = {n: node.attributes.get(a, default) for n, (a, default) in settings.items()}
        return ELEMENTWISE | {n: [_short(value)] for n, value in values.items()}

    return domain


def _short(value: float) -> float:
    """The number that was written: attributes are float32, and 0.01 is none of them."""
    return float(np.format_float_positional(np.float32(value), unique=True))


def some_axes(node: Node) -> Domain:
    return ELEMENTWISE | {"ndim": [1, 2, 3, 4]}


def normalised(node: Node) -> Domain:
    if node.opset < 13:
        raise Unjudged(f"it is of opset {node.opset}, which flattens, and 13 or later is judged")
    axis = node.attributes.get("axis", -1)
    fewest = axis + 1 if axis >= 0 else -axis
    ndims = [n for n in (2, 3, 4, 1) if n >= fewest]
    return {"axis": [axis], "ndim": ndims or [fewest], "empty": [False]}


def inference(node: Node) -> Domain:
    expect(node, training_mode=(None, 0), spatial=(None, 1))
    eps = _short(node.attributes.get("epsilon", 1e-5))
    return {"eps": [eps], "training": [False], "steps": [1], "affine": [True], "fresh": [False]}


def layers(node: Node) -> Domain:
    expect(node, axis=(None, -1), stash_type=(None, 1))
    given(node, 1)
    return {
        "eps": [_short(node.attributes.get("epsilon", 1e-5))],
        "feature_dims": [1],
        "lead_dims": [1, 2, 3],
        "batch": [1, 2, 3, 4],
        "scaled": [True],
        "shifted": [has(node, 2)],
        "normalized_shape": [None],
    }


def grouped(node: Node) -> Domain:
    if node.opset < 21:
        raise Unjudged(f"it is of opset {node.opset}, with a scale a group; 21 or later is judged")
    expect(node, stash_type=(None, 1))
    return {
        "groups": [node.attributes["num_groups"]],
        "eps": [_short(node.attributes.get("epsilon", 1e-5))],
        "ndim": [4, 3, 5],
        "batch": [1, 2, 3],
        "scaled": [True],
        "shifted": [True],
    }


def recurrent(node: Node, *activations: str) -> Domain:
    """What the recurrent operators have in common: one direction, an initial state, no clipping."""
    hidden = node.attributes.get("hidden_size")
    if not node.returned[0]:
        raise Unjudged("it does not return all hidden states")
    expect(node, direction=(None, "forward"), layout=(None, 0), clip=(None,))
    expect(node, activations=(None, tuple(a.encode() for a in activations)))
    given(node, 5)
    return {"batch": [1, 2, 3], "hidden": [hidden], "packed": [has(node, 4)]}


def simple(node: Node) -> Domain:
    given(node, 3)
    return recurrent(node, "Tanh")


def long_short(node: Node) -> Domain:
    expect(node, input_forget=(None, 0))
    given(node, 3)
    if has(node, 7):
        raise Unjudged("it has peepholes, and only cells without are judged")
    domain = recurrent(node, "Sigmoid", "Tanh", "Tanh")
    return domain | {"initial_cell": [has(node, 6)]}


def gated(node: Node) -> Domain:
    expect(node, linear_before_reset=(1,))
    given(node, 3)
    return recurrent(node, "Sigmoid", "Tanh")


def recurrent_inputs(ours: str = "h", theirs: str = "h") -> Callable[..., Sequence[Any]]:
    return lambda node, at, inputs: recurrent_arrays(inputs, ours, theirs)


def states_of(at: At, results: Sequence[np.ndarray]) -> dict[str, Any]:
    return hidden_states(results)


def largest(node: Node) -> Domain:
    expect(node, sorted=(None, 1))
    axis = node.attributes.get("axis", -1)
    big = bool(node.attributes.get("largest", 1))
    return {"axis": [axis], "largest": [big], "ndim": [2, 3] if axis in (1, -2) else [2, 3, 1]}


def looked_up(node: Node) -> Domain:
    expect(node, axis=(None, 0))
    return {"padded": [False], "empty": [False]}


def encoded(node: Node) -> Domain:
    expect(node, axis=(None, -1))
    return {"inferred": [False], "ndim": [1, 2, 3], "size": [1, 2, 3, 4]}


def depth(node: Node, at: At, inputs: Inputs) -> Sequence[Any]:
    return [inputs["ids"], np.asarray(at["num_classes"]), np.array([0, 1])]


NORM_INPUTS = ("x", "gamma", "beta", "running_mean", "running_var")
STATES = ("x", "Wx", "Wh", "b", "lengths", "h0")
ROWS = (
    Row("Conv", "conv2d", in_order("x", "w", "b"), convolution, inputs=("x", "w", "b")),
    Row(
        "DeformConv",
        "deform_conv2d",
        deformable_arrays,
        deformable,
        inputs=("x", "w", "offset", "b", "mask"),
    ),
    Row("MaxPool", "max_pool2d", in_order("x"), max_pooling),
    Row("AveragePool", "avg_pool2d", in_order("x"), average_pooling),
    Row("GlobalAveragePool", "adaptive_avg_pool2d", in_order("x"), whole_map),
    Row("Gemm", "linear", product_arrays, product, inputs=("x", "w", "b")),
    Row(
        "MatMul",
        "linear",
        lambda node, at, inputs: [inputs["x"], inputs["w"].T],
        stacked_product,
        inputs=("x", "w"),
    ),
    Row("Relu", "relu", in_order("x"), elementwise()),
    Row("LeakyRelu", "leaky_relu", in_order("x"), elementwise(negative_slope=("alpha", 0.01))),
    Row("PRelu", "prelu", lambda node, at, inputs: slopes(inputs), some_axes, inputs=("x", "w")),
    Row("Elu", "elu", in_order("x"), elementwise(alpha=("alpha", 1.0))),
    Row("Sigmoid", "sigmoid", in_order("x"), elementwise()),
    Row("Tanh", "tanh", in_order("x"), elementwise()),
    Row("Softmax", "softmax", in_order("x"), normalised),
    Row("LogSoftmax", "log_softmax", in_order("x"), normalised),
    Row(
        "BatchNormalization",
        "batch_norm",
        in_order(*NORM_INPUTS),
        inference,
        inputs=NORM_INPUTS,
        promise=Promise(
            keeps_dtype=False, dtypes=("float32",), gradients=(), layouts=(), outputs=("out",)
        ),
    ),
    Row(
        "LayerNormalization",
        "layer_norm",
        in_order("x", "gamma", "beta"),
        layers,
        inputs=("x", "gamma", "beta"),
    ),
    Row(
        "GroupNormalization",
        "group_norm",
        in_order("x", "gamma", "beta"),
        grouped,
        inputs=("x", "gamma", "beta"),
    ),
    Row("RNN", "rnn", recurrent_inputs(), simple, states_of, STATES),
    Row(
        "LSTM",
        "lstm",
        recurrent_inputs("ifco", "iofc"),
        long_short,
        states_of,
        (*STATES, "c0"),
        last_output=2,
    ),
    Row("GRU", "gru", recurrent_inputs("rzh", "zrh"), gated, states_of, STATES),
    Row(
        "TopK",
        "top_k",
        lambda node, at, inputs: [inputs["x"], np.array([at["k"]])],
        largest,
        lambda at, results: {"values": results[0], "indices": results[1]},
        ("x", "k"),
    ),
    Row("Gather", "embedding", in_order("W", "ids"), looked_up, inputs=("W", "ids")),
    Row("OneHot", "one_hot", depth, encoded, inputs=("ids", "depth", "values")),
)

convention = Convention(
    "onnx",
    "a .onnx file of one node, run by onnxruntime",
    among([row.spelling for row in ROWS]),
    text=__doc__,
)
