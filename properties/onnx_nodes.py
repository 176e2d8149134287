"""ONNX's operators as implementations: its reference evaluator, and onnxruntime.

A case becomes a model of one node with the case's attributes. Forward alone, on contiguous arrays,
where ONNX defines what PyTorch does. Neither package is needed: without it there is nothing to run.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from properties.implementation import Local
from properties.operator import Arrays, Operator, operator_names
from properties.promise import Promise

OPSET = 21
EVALUATOR, RUNTIME = "onnx-reference", "onnxruntime"
IN_FLOAT32 = {
    EVALUATOR: ("deform_conv2d", "layer_norm", "group_norm"),  # parts of them always are
    RUNTIME: tuple(operator_names()),
}

At = Mapping[str, Any]


def _first(results: Sequence[np.ndarray], at: At) -> Arrays:
    return {"out": results[0]}


@dataclass(frozen=True)
class Node:
    """How an operator of ours is a node of ONNX.

    arrays: its inputs, None for one that it does without; settings: its attributes; outputs: ours
    of all that it returns, of which there are `returned`; domain: where the two agree.
    """

    kind: str
    arrays: Callable[[At, Arrays], Sequence[Any]]
    settings: Callable[[At], Mapping[str, Any]] = lambda at: {}
    outputs: Callable[[Sequence[np.ndarray], At], Arrays] = _first
    returned: int = 1
    domain: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    judged: tuple[str, ...] | None = None


def _named(*names: str) -> Callable[[At, Arrays], Sequence[Any]]:
    return lambda at, inputs: [inputs.get(name) for name in names]


def _set(**names: str) -> Callable[[At], Mapping[str, Any]]:
    """ONNX's attributes, each by the name of ours."""
    return lambda at: {theirs: at[ours] for theirs, ours in names.items()}


def _windows(at: At) -> dict[str, Any]:
    stride, padding = at["stride"], at["padding"]
    return {
        "strides": at["kernel_size"] if stride is None else stride,
        "pads": [*padding, *padding],
    }


def _convolution(at: At) -> dict[str, Any]:
    return _windows(at) | {"dilations": at["dilation"], "group": at["groups"]}


def _pooling(at: At) -> dict[str, Any]:
    return _windows(at) | {"kernel_shape": at["kernel_size"], "ceil_mode": int(at["ceil_mode"])}


def _gates(array: np.ndarray, ours: str, theirs: str) -> np.ndarray:
    """Blocks of the last axis in the order of ONNX, as the first axis of one direction."""
    blocks = np.split(array, len(ours), axis=-1)
    return np.concatenate([blocks[ours.index(gate)] for gate in theirs], axis=-1).T[None]


def _recurrent(ours: str, theirs: str) -> Callable[[At, Arrays], Sequence[Any]]:
    def arrays(at: At, inputs: Arrays) -> Sequence[Any]:
        bx = inputs["bx"] if "bx" in inputs else inputs["b"]
        bh = inputs.get("bh", np.zeros_like(bx))
        both = np.concatenate([_gates(b, ours, theirs) for b in (bx, bh)], axis=-1)
        weights = [_gates(inputs[name], ours, theirs) for name in ("Wx", "Wh")]
        lengths = inputs["lengths"].astype(np.int32) if "lengths" in inputs else None
        states = [inputs[name][None] for name in ("h0", "c0") if name in inputs]
        return [inputs["x"].transpose(1, 0, 2), *weights, both, lengths, *states]

    return arrays


def _hidden(results: Sequence[np.ndarray], at: At) -> Arrays:
    """Y (T, 1, N, H) as h (N, T, H), and Y_c (1, N, H) as the last cell."""
    outputs = {"h": results[0][:, 0].transpose(1, 0, 2)}
    return outputs | ({"c_n": results[2][0]} if len(results) > 2 else {})


def _slopes(at: At, inputs: Arrays) -> Sequence[Any]:
    x, w = inputs["x"], inputs["w"]
    return [x, w if len(w) == 1 else w.reshape(-1, *[1] * (x.ndim - 2))]


SOME = {"batch": (1, 2, 3)}
EXACT = (2.0**-7, 0.25, 0.0, 1.5, -0.5)  # attributes are float32
EPS = (2.0**-17, 2.0**-10, 0.125)
RANKED = {"ndim": (1, 2, 3)}
LENGTHS = SOME | {"packed": (False,)}
NODES: Mapping[str, Node] = {
    "conv2d": Node(
        "Conv", _named("x", "w", "b"), _convolution, domain=SOME | {"named_padding": (False,)}
    ),
    "deform_conv2d": Node(
        "DeformConv",
        _named("x", "w", "offset", "b", "mask"),
        lambda at: _convolution(at) | {"offset_group": at["offset_groups"]},
        domain=SOME,
    ),
    "max_pool2d": Node(
        "MaxPool", _named("x"), lambda at: _pooling(at) | {"dilations": at["dilation"]}, domain=SOME
    ),
    "avg_pool2d": Node(
        "AveragePool",
        _named("x"),
        lambda at: _pooling(at) | {"count_include_pad": int(at["count_include_pad"])},
        domain=SOME | {"divisor_override": (None,)},
    ),
    "linear": Node(
        "Gemm",
        _named("x", "w", "b"),
        lambda at: {"transB": 1},
        domain=SOME | {"lead_dims": (1,), "feature_dims": (1,)},
    ),
    "relu": Node("Relu", _named("x")),
    "leaky_relu": Node(
        "LeakyRelu", _named("x"), _set(alpha="negative_slope"), domain={"negative_slope": EXACT}
    ),
    "prelu": Node("PRelu", _slopes, domain={"ndim": (2, 3, 4)}),
    "elu": Node("Elu", _named("x"), _set(alpha="alpha")),
    "sigmoid": Node("Sigmoid", _named("x")),
    "tanh": Node("Tanh", _named("x")),
    "softmax": Node("Softmax", _named("x"), _set(axis="axis"), domain=RANKED),
    "log_softmax": Node("LogSoftmax", _named("x"), _set(axis="axis"), domain=RANKED),
    "batch_norm": Node(
        "BatchNormalization",
        _named("x", "gamma", "beta", "running_mean", "running_var"),
        _set(epsilon="eps"),
        domain={
            "eps": EPS,
            "training": (False,),
            "steps": (1,),
            "affine": (True,),
            "fresh": (False,),
        },
        judged=("out",),
    ),
    "layer_norm": Node(
        "LayerNormalization",
        _named("x", "gamma", "beta"),
        lambda at: {"epsilon": at["eps"], "axis": -len(at["features"])},
        domain=SOME | {"scaled": (True,), "lead_dims": (1, 2, 3)},
    ),
    "group_norm": Node(
        "GroupNormalization",
        _named("x", "gamma", "beta"),
        lambda at: {"epsilon": at["eps"], "num_groups": at["groups"]},
        domain=SOME | {"scaled": (True,), "shifted": (True,), "ndim": (4, 3, 5)},
    ),
    "rnn": Node("RNN", _recurrent("h", "h"), _set(hidden_size="hidden"), _hidden, domain=LENGTHS),
    "lstm": Node(
        "LSTM", _recurrent("ifco", "iofc"), _set(hidden_size="hidden"), _hidden, 3, domain=LENGTHS
    ),
    "gru": Node(
        "GRU",
        _recurrent("rzh", "zrh"),
        lambda at: {"hidden_size": at["hidden"], "linear_before_reset": 1},
        _hidden,
        domain=LENGTHS,
    ),
    "embedding": Node("Gather", _named("W", "ids"), domain={"padded": (False,)}),
    "one_hot": Node(
        "OneHot",
        lambda at, inputs: [inputs["ids"], np.asarray(at["num_classes"]), np.array([0, 1])],
        domain=RANKED | {"inferred": (False,)},
    ),
    "top_k": Node(
        "TopK",
        lambda at, inputs: [inputs["x"], np.array([at["k"]])],
        lambda at: {"axis": at["axis"], "largest": int(at["largest"])},
        lambda results, at: {"values": results[0], "indices": results[1]},
        2,
    ),
}


def onnx_implementations(operator: Operator) -> Iterator[tuple[Local, Promise]]:
    """What ONNX has of an operator here, and where it promises to compute the same."""
    node = NODES.get(operator.name)
    if node is None or importlib.util.find_spec("onnx") is None:
        return
    for name in IN_FLOAT32:
        if name == EVALUATOR or importlib.util.find_spec(name) is not None:
            single = operator.name in IN_FLOAT32[name]
            promise = Promise(
                domain=node.domain,
                keeps_dtype=False,
                dtypes=("float32",) if single else ("float64", "float32"),
                gradients=(),
                layouts=(),
                kinks="weak",
                outputs=node.judged,
            )
            yield Local(name, OneNode(node, name, single)), promise


class OneNode:
    """A node, run on every case anew; it has no backward."""

    def __init__(self, node: Node, name: str, single: bool) -> None:
        self._node, self._name, self._single = node, name, single

    def forward(self, attributes: At, inputs: At) -> tuple[Arrays, Any]:
        arrays = self._node.arrays(attributes, dict(inputs))
        if self._single:
            arrays = [None if a is None else _halved(a) for a in arrays]
        feeds = {f"x{i}": np.asarray(a, order="C") for i, a in enumerate(arrays) if a is not None}
        model = self._model(
            [None if a is None else f"x{i}" for i, a in enumerate(arrays)], feeds, attributes
        )
        results = self._run(model, feeds)
        return self._node.outputs(results, attributes), None

    def backward(self, cotangents: At, cache: Any) -> Arrays:
        raise NotImplementedError("a node has no backward")

    def _model(self, names: Sequence[str | None], feeds: Arrays, at: At) -> Any:
        from onnx import ValueInfoProto, helper

        outputs = [f"y{i}" for i in range(self._node.returned)]
        settings = self._node.settings(at)
        given = [name or "" for name in names]
        while not given[-1]:
            given.pop()
        node = helper.make_node(self._node.kind, given, outputs, **settings)
        inputs = [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
            for name, a in feeds.items()
        ]
        graph = helper.make_graph(
            [node], "node", inputs, [ValueInfoProto(name=name) for name in outputs]
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = 10
        return model

    def _run(self, model: Any, feeds: Arrays) -> list[np.ndarray]:
        if self._name == EVALUATOR:
            from onnx.reference import ReferenceEvaluator

            return [np.asarray(y) for y in ReferenceEvaluator(model).run(None, feeds)]
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        return list(session.run(None, feeds))


def _halved(array: np.ndarray) -> np.ndarray:
    """The array in float32, if it holds floating point."""
    return array.astype(np.float32) if array.dtype.kind == "f" else array
