"""Low precision: right code stays far inside the bound, wrong code leaves it, and it is told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from properties.calibrate import document, killed, main, measurable, measured
from properties.domain import Domain
from properties.explore import draw_cases
from properties.low_precision import NotImplementedHere, largest_ratio, rounded, runner
from properties.operator import find_operator
from properties.tolerance import C

DOCS = Path(__file__).parents[1] / "docs"
HALVES = ("float16", "bfloat16")


def ratios(name, dtype, changed=lambda outputs: outputs, subject="torch", draws=20):
    """The largest ratios of PyTorch's results, changed, over normal cases."""
    operator, found = find_operator(name), []

    def body(case):
        right = runner(operator, subject, case, dtype)

        def run(inputs, cotangents):
            outputs, gradients = right(inputs, cotangents)
            return changed(outputs), gradients

        ratio = largest_ratio(operator, case, dtype, subject, run)
        if ratio is not None:
            found.append(ratio)

    draw_cases(operator.cases(Domain({"regime": ("normal",)})), draws, 0, body)
    return found


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("name", ["conv2d", "softmax", "layer_norm", "lstm", "cross_entropy"])
def test_pytorch_in_half_precision_is_right(name, dtype):
    found = ratios(name, dtype)
    assert len(found) == 20
    assert 0 < max(found) < C / 4


@pytest.mark.parametrize("dtype", HALVES)
def test_an_error_of_a_few_units_is_none_and_a_larger_one_is(dtype):
    eps = {"float16": 2.0**-10, "bfloat16": 2.0**-7}[dtype]

    def off(units):
        return lambda outputs: {"out": np.asarray(outputs["out"], np.float64) + units * eps}

    assert max(ratios("softmax", dtype, off(1))) < C < max(ratios("softmax", dtype, off(64)))


def test_what_has_the_precision_of_bfloat16_is_no_float16():
    def coarse(outputs):
        return rounded(outputs, "bfloat16")

    assert max(ratios("tanh", "float16", coarse, draws=40)) > max(ratios("tanh", "float16"))
    assert max(ratios("tanh", "float32", coarse)) > C


def test_inputs_are_numbers_that_the_precision_has():
    arrays = {"x": np.array([1 / 3, 1e-9]), "ids": np.array([1, 2])}
    for dtype, digits in (("float32", 24), ("float16", 11), ("bfloat16", 8)):
        low = rounded(arrays, dtype)
        assert low["x"].dtype == np.float64
        mantissa, _ = np.frexp(low["x"])
        assert np.array_equal(mantissa * 2**digits % 1, [0, 0])
        assert low["ids"] is arrays["ids"]


def test_a_kernel_that_is_not_there_is_told():
    found = measured(find_operator("multiclass_hinge"), draws=1)
    assert "not implemented for 'Half'" in found["absent"]["float16 torch"]
    assert found["largest"]["float32 naive"][0] < C
    with pytest.raises(NotImplementedHere):
        ratios("multiclass_hinge", "float16", draws=1)


def test_loops_and_evidence_are_not_measured():
    assert [measurable(find_operator(n)) for n in ("relu", "train_model", "dropout")] == [
        True,
        False,
        False,
    ]


def test_a_mistake_of_precision_is_killed_and_told():
    operator = find_operator("linear")
    (mistake,) = (m for m in operator.mistakes if m.name == "accumulated in float16")
    at, by = killed(operator, mistake)
    assert at < 20
    assert by


def test_the_command_writes_data_and_document(tmp_path, capsys):
    file = tmp_path / "precision.json"
    assert main([str(file), "relu", "--draws", "2"]) == 0
    assert "the largest" in capsys.readouterr().out
    assert file.with_suffix(".md").read_text() == document(json.loads(file.read_text()))
    with pytest.raises(SystemExit):
        main([str(file), "--draws", "0"])
    assert "--draws must be positive" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([str(file), "rely"])


def test_the_document_says_what_was_measured():
    whole = json.loads((DOCS / "precision.json").read_text())
    assert (DOCS / "precision.md").read_text() == document(whole)
    assert whole["C"] == C
    largest = [r for found in whole["right"].values() for r, _ in found["largest"].values()]
    assert max(largest) < C
    assert all(at is not None for at, _ in whole["power"].values())
