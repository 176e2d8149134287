"""Output sizes as free functions: of one axis or both, rounded or not, right and wrong."""

from __future__ import annotations

import pytest

from tests.in_process import failures, load, spellings

ONE_AXIS = "def conv_output_size(n, kernel_size, stride=1, padding=0):\n    return {}\n"
RIGHT = "(n + 2 * padding - kernel_size) // stride + 1"
OF_A_MAP = """
def conv_output_shape(h_w, kernel_size=1, stride=1, pad=0, dilation=1):
    if type(kernel_size) is not tuple:
        kernel_size = (kernel_size, kernel_size)
    h = (h_w[0] + 2 * pad - dilation * (kernel_size[0] - 1) - 1) // stride + 1
    w = (h_w[1] + 2 * pad - dilation * (kernel_size[1] - 1) - 1) // stride + 1
    return h, w
"""
OF_PAIRS = """
def conv2d_output_shape(input_size, kernel_size, stride):
    return tuple((n - k) // s + 1 for n, k, s in zip(input_size, kernel_size, stride))
"""


def judged(tmp_path, source, *properties):
    module = load(tmp_path, source)
    (name,) = spellings(module, "numpy-course")
    return failures(module, "numpy-course", name, *properties, examples=60)


@pytest.mark.parametrize(
    "source",
    [
        ONE_AXIS.format(RIGHT),
        ONE_AXIS.format("int((n + 2 * padding - kernel_size) / stride) + 1"),
        "def get_output_size(w, f, s, p):\n    return (w - f + 2 * p) / s + 1\n",
        "def conv_out_size(n, k):\n    return n - k + 1\n",
        OF_A_MAP,
        OF_PAIRS,
    ],
)
def test_right_ones_pass(tmp_path, source):
    assert judged(tmp_path, source) == {}


@pytest.mark.parametrize(
    "formula",
    [
        "(n + padding - kernel_size) // stride + 1",
        "(n + 2 * padding - kernel_size) // stride",
        "(n + 2 * padding - kernel_size + stride - 1) // stride + 1",
        "(n + 2 * padding - kernel_size + 1) // stride",
        "round((n + 2 * padding - kernel_size) / stride) + 1",
        "-(-(n + 2 * padding) // stride)",
    ],
)
def test_wrong_ones_fail(tmp_path, formula):
    assert "forward" in judged(tmp_path, ONE_AXIS.format(formula), "shape", "forward")


def test_a_height_taken_for_the_width_fails(tmp_path):
    source = OF_A_MAP.replace("w = (h_w[1]", "w = (h_w[0]")
    assert judged(tmp_path, source, "shape", "forward")


def test_an_unknown_parameter_is_not_judged(tmp_path):
    source = "def conv_output_size(n, kernel_size, mode):\n    return n - kernel_size + 1\n"
    assert spellings(load(tmp_path, source), "numpy-course") == {}
