"""Files of ONNX with one node, run by onnxruntime."""

from __future__ import annotations

import types

import numpy as np
import pytest

from candidates.conventions.onnx import ROWS
from candidates.spelling import Signature
from candidates.worker.onnx_models import load_onnx
from properties.checks import PROPERTIES
from properties.explore import explore
from properties.implementation import Local
from properties.operator import find_operator
from tests.test_command import check, layerproof, statuses

onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

FLOAT, DOUBLE, INT64 = (getattr(onnx.TensorProto, n) for n in ("FLOAT", "DOUBLE", "INT64"))


def saved(folder, operator, inputs, outputs=1, opset=21, kind=FLOAT, **attributes):
    """A file with one node. inputs: the ranks of its inputs, None for an absent one, "ids" for
    int64 of rank 1, a shape for an initializer."""
    helper = onnx.helper
    names = ["" if rank is None else f"in{i}" for i, rank in enumerate(inputs)]
    node = helper.make_node(operator, names, [f"out{i}" for i in range(outputs)], **attributes)
    graph_inputs, initializers = [], []
    for i, (name, rank) in enumerate(zip(names, inputs, strict=True)):
        if isinstance(rank, tuple):
            array = np.ones(rank, np.float64 if kind == DOUBLE else np.float32)
            initializers.append(onnx.numpy_helper.from_array(array, name))
        elif name:
            of = INT64 if rank == "ids" else kind
            shape = [f"d{i}{a}" for a in range(1 if rank == "ids" else rank)]
            graph_inputs.append(helper.make_tensor_value_info(name, of, shape))
    results = [
        helper.make_tensor_value_info(f"out{i}", INT64 if operator == "TopK" and i else kind, ["n"])
        for i in range(outputs)
    ]
    graph = helper.make_graph([node], "g", graph_inputs, results, initializers)
    opsets = [helper.make_opsetid("", opset)]
    path = folder / f"{operator}.onnx"
    path.write_bytes(
        helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()
    )
    return path


def loaded(path):
    """The node as the namespace that spellings look into."""
    node = load_onnx(path, [row.name for row in ROWS])
    return types.SimpleNamespace(**{node.name: node})


def explored(path, told=None, examples=24):
    """The exploration of a file's node within the promise that it tells, or another."""
    namespace = loaded(path)
    (spelling,) = (row.spelling for row in ROWS if row.spelling.found(namespace))
    operator = find_operator(spelling.operator)
    signature = Signature(operator.results, operator.differentiable)
    promise = spelling.promised(told or spelling.told(namespace))
    implementation = Local("node", spelling.bind(namespace, signature))
    judged = [p for p in PROPERTIES if p.name != "complex_step"]
    found = explore(operator, implementation, promise, examples=examples, seed=0, properties=judged)
    assert found.findings["forward"].examples
    return found


def failures(exploration):
    return {f.property.name: f.failing[0][1] for f in exploration.failing}


RECURRENT = {"inputs": [3, 3, 3, 2, None, 3], "hidden_size": 3}
NODES = {
    "conv": ("Conv", {"inputs": [4, 4, 1], "strides": [2, 1], "pads": [3, 1, 3, 1]}),
    "conv with weights": (
        "Conv",
        {"inputs": [4, (4, 3, 3, 2), (4,)], "kernel_shape": [3, 2], "dilations": [1, 2]},
    ),
    "grouped conv": ("Conv", {"inputs": [4, 4], "group": 2}),
    "deform": ("DeformConv", {"inputs": [4, 4, 4, 1, 4], "pads": [1, 0, 1, 0]}),
    "max pool": ("MaxPool", {"inputs": [4], "kernel_shape": [3, 2], "pads": [1, 1, 1, 1]}),
    "max pool, rounded up": (
        "MaxPool",
        {"inputs": [4], "kernel_shape": [2, 3], "strides": [2, 2], "ceil_mode": 1},
    ),
    "average pool": ("AveragePool", {"inputs": [4], "kernel_shape": [2, 2], "pads": [1, 0, 1, 0]}),
    "average pool with its padding": (
        "AveragePool",
        {"inputs": [4], "kernel_shape": [2, 2], "pads": [1, 1, 1, 1], "count_include_pad": 1},
    ),
    "global average pool": ("GlobalAveragePool", {"inputs": [4]}),
    "gemm": ("Gemm", {"inputs": [2, 2, 1], "transB": 1}),
    "gemm, the other way": ("Gemm", {"inputs": [2, 2]}),
    "gemm in float64": ("Gemm", {"inputs": [2, 2, 1], "kind": DOUBLE}),
    "matmul": ("MatMul", {"inputs": [2, 2]}),
    "relu": ("Relu", {"inputs": [2]}),
    "leaky relu": ("LeakyRelu", {"inputs": [2], "alpha": 0.3}),
    "prelu": ("PRelu", {"inputs": [3, 2]}),
    "elu": ("Elu", {"inputs": [2]}),
    "sigmoid": ("Sigmoid", {"inputs": [2]}),
    "tanh": ("Tanh", {"inputs": [2]}),
    "softmax": ("Softmax", {"inputs": [2], "axis": 1}),
    "log softmax": ("LogSoftmax", {"inputs": [2]}),
    "batch norm": ("BatchNormalization", {"inputs": [4, 1, 1, 1, 1], "epsilon": 1e-3}),
    "layer norm": ("LayerNormalization", {"inputs": [2, 1, 1]}),
    "rnn": ("RNN", RECURRENT),
    "lstm": ("LSTM", {**RECURRENT, "inputs": [3, 3, 3, 2, None, 3, 3], "outputs": 3}),
    "lstm that keeps its cell": ("LSTM", RECURRENT),
    "gru": ("GRU", {**RECURRENT, "linear_before_reset": 1}),
    "top k": ("TopK", {"inputs": [2, "ids"], "outputs": 2, "largest": 0}),
    "gather": ("Gather", {"inputs": [2, "ids"]}),
}


@pytest.mark.parametrize("name", NODES)
def test_nodes_compute_what_pytorch_computes(tmp_path, name):
    operator, arguments = NODES[name]
    assert failures(explored(saved(tmp_path, operator, **arguments))) == {}


@pytest.mark.parametrize(
    ("operator", "arguments", "told", "failing"),
    [
        ("Conv", {"inputs": [4, 4], "strides": [2, 2]}, {"stride": [(1, 1)]}, "shape"),
        ("Conv", {"inputs": [4, 4], "dilations": [1, 2]}, {"dilation": [(2, 1)]}, "shape"),
        ("LeakyRelu", {"inputs": [2], "alpha": 0.3}, {"negative_slope": [0.01]}, "forward"),
        ("Softmax", {"inputs": [2], "axis": 0}, {"axis": [1], "ndim": [2]}, "forward"),
        ("LayerNormalization", {"inputs": [2, 1, 1]}, {"eps": [1e-3]}, "forward"),
        ("TopK", {"inputs": [2, "ids"], "outputs": 2}, {"largest": [False]}, "forward"),
    ],
)
def test_a_node_that_does_something_else_fails(tmp_path, operator, arguments, told, failing):
    """The same files under promises that are not theirs: what a wrong attribute would be."""
    path = saved(tmp_path, operator, **arguments)
    namespace = loaded(path)
    (spelling,) = (row.spelling for row in ROWS if row.spelling.found(namespace))
    domain = {**spelling.told(namespace)["domain"], **told}
    assert failing in failures(explored(path, {"domain": domain}))


def test_the_command_judges_a_file(tmp_path):
    path = saved(tmp_path, "Conv", [4, (4, 3, 3, 2), (4,)], pads=[1, 0, 1, 0])
    verdict, run = check(path)
    assert verdict["convention"] == "onnx"
    assert statuses(verdict) == {"conv2d": "pass"}, run.stdout
    assert run.returncode == 0


@pytest.mark.parametrize(
    ("operator", "arguments", "sentence"),
    [
        ("Conv", {"inputs": [4, 4], "pads": [0, 0, 1, 1]}, "only equal ends are judged"),
        ("Conv", {"inputs": [4, 4], "auto_pad": "SAME_UPPER"}, "its auto_pad is SAME_UPPER"),
        ("Gemm", {"inputs": [2, 2], "alpha": 2.0}, "its alpha is 2.0, and only 1.0 is judged"),
        ("Softmax", {"inputs": [2], "opset": 11}, "it is of opset 11, which flattens"),
        ("GRU", RECURRENT, "its linear_before_reset is None, and only 1 is judged"),
        ("RNN", {**RECURRENT, "inputs": [3, 3, 3, 2]}, "it has no input 5"),
        ("LSTM", {**RECURRENT, "clip": 1.0}, "its clip is 1.0"),
        ("Erf", {"inputs": [2]}, "holds a node Erf, and one of Conv, "),
    ],
)
def test_nodes_that_no_row_can_say_are_not_judged(tmp_path, operator, arguments, sentence):
    run = layerproof("check", saved(tmp_path, operator, **arguments))
    assert run.returncode == 2
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr


def test_what_is_no_model_or_a_network_is_refused(tmp_path):
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"no model at all")
    run = layerproof("check", path)
    assert run.returncode == 2
    assert "cannot be loaded: it is no ONNX model that can be read" in run.stderr
    model = onnx.load(saved(tmp_path, "Relu", [2]))
    model.graph.node.append(onnx.helper.make_node("Tanh", ["out0"], ["last"]))
    path.write_bytes(model.SerializeToString())
    run = layerproof("check", path)
    assert "it holds 2 nodes (Relu, Tanh), and one is judged, not a network" in run.stderr


def test_a_missing_extra_is_one_sentence(tmp_path, monkeypatch, capsys):
    from candidates import cli

    path = saved(tmp_path, "Relu", [2])
    monkeypatch.setattr(cli, "ONNX", ("onnx", "no_such_runtime"))
    assert cli.main(["check", str(path)]) == 2
    assert (
        "needs onnx and no_such_runtime: pip install 'layerproof[onnx]'" in capsys.readouterr().err
    )
