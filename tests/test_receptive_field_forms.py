"""Receptive fields as free functions: of tuples, dictionaries and lists, right and wrong."""

from __future__ import annotations

import pytest

from tests.in_process import failures, load, passed_over, spellings

LAYERS = """
def receptive_field(layers):
    field, jump = 1, 1
    for {} in layers:
        field += (k - 1) * {} * jump
        jump *= s
    return {}
"""
LISTS = """
def compute_receptive_field(kernel_sizes, strides, dilations=None):
    field, jump = 1, 1
    for k, s, d in zip(kernel_sizes, strides, dilations or [1] * len(strides)):
        field += (k - 1) * d * jump
        jump *= s
    return field
"""
DICTIONARIES = """
def calc_receptive_field(conv_layers):
    jump = field = 1
    for layer in conv_layers:
        field += (layer["kernel_size"] - 1) * layer.get("dilation", 1) * jump
        jump *= layer["stride"]
    return field
"""
WITH_SIZE = """
def compute_receptive_field(input_size, layers):
    field = jump = 1
    for k, s, p in layers:
        field, jump = field + (k - 1) * jump, jump * s
        input_size = (input_size + 2 * p - k) // s + 1
    return {"receptive_field": field, "output_size": input_size}
"""
BACKWARDS = """
def receptive_field(kernel_sizes, stride_sizes):
    field = 1
    for k, s in zip(kernel_sizes[::-1], stride_sizes[::-1]):
        field = field * s + k - s
    return field
"""
EACH = LAYERS.format("k, s", 1, "fields").replace("jump = 1, 1", "jump, fields = 1, 1, [1]")
RIGHT = {
    "of layers (kernel, stride)": LAYERS.format("k, s", 1, "field"),
    "of layers (kernel, stride) ": EACH.replace("jump *= s", "jump *= s; fields.append(field)"),
    "of layers (kernel, stride, dilation)": LAYERS.format("k, s, d", "d", "field, jump"),
    "of layers (kernel, stride, padding)": LAYERS.format("k, s, p", 1, "field"),
    "of layers (kernel, stride, padding, dilation)": LAYERS.format("k, s, p, d", "d", "field"),
    "of layers (kernel, stride, padding) ": WITH_SIZE,
    "of layers as dictionaries": DICTIONARIES,
    "": LISTS,
    " ": BACKWARDS,
}


def judged(tmp_path, source, *properties):
    module = load(tmp_path, source)
    (name,) = spellings(module, "numpy-course")
    return failures(module, "numpy-course", name, *properties, examples=60)


@pytest.mark.parametrize("words", RIGHT)
def test_right_ones_pass(tmp_path, words):
    module = load(tmp_path, RIGHT[words])
    (spelling,) = spellings(module, "numpy-course").values()
    assert spelling.promised(spelling.told(module)).differs == words.strip()
    assert judged(tmp_path, RIGHT[words]) == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("* jump", "* s"),
        ("(k - 1)", "k"),
        ("* d *", "*"),
        ("jump *= s", "jump += s"),
        ("jump *= s", "jump = s"),
        ("return field", "return field - 1"),
        ("return field", "return jump"),
    ],
)
def test_wrong_ones_fail(tmp_path, old, new):
    assert old in LISTS
    assert "forward" in judged(tmp_path, LISTS.replace(old, new), "shape", "forward")


LEFT = {
    "it counts two convolutions for each layer": LISTS.replace("(k - 1)", "2 * (k - 1)"),
    "its parameter num_levels is not known": "def receptive_field(kernel_size, num_levels): ...",
    "its parameter model is not known": "def compute_receptive_field(model): return 1",
}


@pytest.mark.parametrize("why", LEFT)
def test_what_is_left_is_said(tmp_path, why):
    module = load(tmp_path, LEFT[why])
    reasons = passed_over(module, "numpy-course")
    assert why in reasons
    assert not spellings(module, "numpy-course")
