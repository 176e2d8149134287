"""Layers that a course composes of a file's own ones: these get the blame for what they do."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.test_command import check

SANDWICH = """

def affine_relu_forward(x, w, b):
    a, fc_cache = affine_forward(x, w, b)
    out, relu_cache = relu_forward(a)
    return out, (fc_cache, relu_cache)


def affine_relu_backward(dout, cache):
    fc_cache, relu_cache = cache
    return affine_backward(relu_backward(dout, relu_cache), fc_cache)
"""
BACKWARD = "return dout * (cache > 0)"
RELU_OF_A = "out, relu_cache = relu_forward(a)"


def said(folder, operator, text):
    """The sentences of an operator's diagnosis, and its status."""
    path = folder / "layers.py"
    path.write_text(text)
    verdict, _ = check(path, "--operator", operator, hints="gentle", examples=25)
    (found,) = verdict["operators"]
    rows = found["properties"]
    return found["status"], [entry["sentence"] for row in rows for entry in row["diagnosis"]]


def cs231n(*edits):
    text = (EXAMPLES / "right.py").read_text() + SANDWICH
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_a_sandwich_of_right_layers_passes(tmp_path):
    assert said(tmp_path, "linear_relu", cs231n())[0] == "pass"


def test_the_layer_of_a_sandwich_is_blamed(tmp_path):
    wrong = cs231n((BACKWARD, "return 2 * dout * (cache > 0)"))
    status, sentences = said(tmp_path, "linear_relu", wrong)
    assert status == "wrong"
    assert sentences[0].startswith("the fault is in relu, not in the sandwich")
    assert sentences[1] == "with a right relu in its place the sandwich passes"


def test_a_sandwichs_own_fault_is_not_its_layers(tmp_path):
    wrong = cs231n((RELU_OF_A, "out, relu_cache = relu_forward(a + 1)"))
    status, sentences = said(tmp_path, "linear_relu", wrong)
    assert status == "wrong"
    assert not any("the fault is in" in s for s in sentences)


NORMALISED = "return gamma * normalized + beta, (normalized, gamma, std)"


@pytest.mark.parametrize("returned", ["None, None", "gamma * normalized, (normalized, gamma, std)"])
def test_the_innermost_layer_is_blamed_on_tensors(tmp_path, returned):
    text = (EXAMPLES / "right_eecs498.py").read_text()
    assert text.count(NORMALISED) == 1
    wrong = text.replace(NORMALISED, f"return {returned}")
    status, sentences = said(tmp_path, "conv_bn_relu", wrong)
    assert status in ("wrong", "crash")
    assert sentences[0].startswith("the fault is in BatchNorm, not in the sandwich")
