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
from properties.onnx_arrays import hidden_states, recurrent_arrays, slopes
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


def _recurrent(ours: str, theirs: str) -> Callable[[At, Arrays], Sequence[Any]]:
    """Without lengths, which no case of the domain has."""
    return lambda at, inputs: recurrent_arrays(inputs, ours, theirs)


def _states(results: Sequence[np.ndarray], at: At) -> Arrays:
    return hidden_states(results)


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
    "prelu": Node("PRelu", lambda at, inputs: slopes(inputs), domain={"ndim": (2, 3, 4)}),
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
    "rnn": Node("RNN", _recurrent("h", "h"), _set(hidden_size="hidden"), _states, domain=LENGTHS),
    "lstm": Node(
        "LSTM", _recurrent("ifco", "iofc"), _set(hidden_size="hidden"), _states, 3, domain=LENGTHS
    ),
    "gru": Node(
        "GRU",
        _recurrent("rzh", "zrh"),
        lambda at: {"hidden_size": at["hidden"], "linear_before_reset": 1},
        _states,
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
