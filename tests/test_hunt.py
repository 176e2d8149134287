"""The hunt for disagreements: what it finds, what it passes over, and how it ends."""

from __future__ import annotations

import json

import pytest

from properties.defects import excuse
from properties.explore import explore
from properties.hunt import FOUND, hunt, implementations, main
from properties.implementation import Local
from properties.onnx_nodes import NODES, OneNode
from properties.operator import find_operator
from properties.promise import Promise


def planted(name, mistake):
    def of(operator):
        (found,) = (m for m in operator.mistakes if m.name == mistake)
        yield found.implementation(operator), Promise()

    return find_operator(name), of


def test_a_disagreement_is_shrunk_and_written_at_once(tmp_path):
    operator, of = planted("linear", "bias left out")
    file = tmp_path / "hunt.jsonl"
    found = hunt([operator], file, examples=30, seconds=1.0, seed=3, of=of).found
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines == found
    forward = next(line for line in lines if line["property"] == "forward")
    assert forward["operator"] == "linear"
    assert forward["seed"] == 3
    assert "differs" in forward["failure"]
    assert '"out_features":1' in forward["case"]
    assert forward["versions"]["torch"]


def test_right_code_disagrees_with_nothing_and_rounds_are_told(tmp_path):
    told = []
    done = hunt(
        [find_operator("relu"), find_operator("output_size")],
        tmp_path / "hunt.jsonl",
        examples=5,
        seconds=8.0,
        seed=0,
        told=told.append,
    )
    assert not done.found
    assert done.examples > 20
    assert told[0].startswith("seed 0: ")
    assert told[0].endswith(", 0 disagreements")


def test_a_known_defect_is_passed_over(tmp_path):
    nll_loss = find_operator("nll_loss")

    def of_torch(operator):
        return (pair for pair in implementations(operator) if pair[0].name == "torch-cpu")

    file = tmp_path / "hunt.jsonl"
    done = hunt([nll_loss], file, examples=60, seconds=2.0, seed=0, of=of_torch)
    assert done.examples >= 60
    assert not done.found, done.found


def test_what_is_evidence_alone_is_not_asked_of_torch():
    names = [on.name for on, _ in implementations(find_operator("dropout"))]
    assert names == ["naive", "vectorized"]
    names = [on.name for on, _ in implementations(find_operator("relu"))]
    assert names[:3] == ["naive", "vectorized", "torch-cpu"]


def test_onnx_takes_part_where_it_is_installed():
    pytest.importorskip("onnxruntime")
    operators = [find_operator(name) for name in NODES]
    for operator in operators:
        onnx = [(on, promise) for on, promise in implementations(operator) if "onnx" in on.name]
        assert [on.name for on, _ in onnx] == ["onnx-reference", "onnxruntime"]
        for on, promise in onnx:
            found = explore(operator, on, promise, examples=12, seed=0)
            excused = excuse(on.name)
            for finding in found.failing:
                for _, failure in finding.failing:
                    assert excused(operator.name, finding.property.name, str(failure)), operator


def test_a_wrong_node_disagrees(tmp_path):
    pytest.importorskip("onnxruntime")
    sigmoid = find_operator("sigmoid")

    def of(operator):
        yield (
            Local("onnxruntime", OneNode(NODES["tanh"], "onnxruntime", single=True)),
            Promise(gradients=(), layouts=(), dtypes=("float32",)),
        )

    found = hunt([sigmoid], tmp_path / "h", examples=10, seconds=0.1, seed=0, of=of).found
    assert "forward" in {line["property"] for line in found}


def test_the_command_says_what_it_found(tmp_path, capsys, monkeypatch):
    file = tmp_path / "hunt.jsonl"
    options = ("linear", "--minutes", "0.02", "--examples", "30", "--file", str(file))
    assert main(options) == 0
    assert "0 disagreements, in" in capsys.readouterr().out
    _, of = planted("linear", "bias left out")
    monkeypatch.setattr("properties.hunt.implementations", of)
    assert main(options) == FOUND
    assert "linear, mistake: bias left out, forward:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["conv9d"], "operator must be one of"),
        (["relu", "--minutes", "0"], "--minutes and --examples must be positive"),
    ],
)
def test_bad_options_are_one_sentence(options, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(options)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
