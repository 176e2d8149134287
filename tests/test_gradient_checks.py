"""Helpers that check gradients are judged themselves, in the forms that courses give them."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES, write
from tests.spelled import edited, failing, loaded, spellings_found
from tests.test_command import check, rows, statuses

RIGHT = (EXAMPLES / "right_gradient_check.py").read_text()

OF_VECTORS = """
def numerical_gradient(f, x):
    h = 1e-4
    grad = np.zeros_like(x)
    for idx in range(x.size):
        tmp_val = x[idx]
        x[idx] = tmp_val + h
        fxh1 = f(x)
        x[idx] = tmp_val - h
        fxh2 = f(x)
        grad[idx] = (fxh1 - fxh2) / (2 * h)
        x[idx] = tmp_val
    return grad
"""

OF_NUMBERS = """
def numerical_diff(f, x):
    h = 1e-4
    return (f(x + h) - f(x - h)) / (2 * h)
"""

ON_TENSORS = """
import torch


def compute_numeric_gradient(f, x, dLdf=None, h=1e-7):
    flat_x = x.contiguous().flatten()
    grad = torch.zeros_like(x)
    flat_grad = grad.view(-1)
    if dLdf is None:
        dLdf = torch.ones_like(f(x))
    dLdf = dLdf.flatten()
    for i in range(flat_x.shape[0]):
        oldval = flat_x[i].item()
        flat_x[i] = oldval + h
        fxph = f(x).flatten()
        flat_x[i] = oldval - h
        fxmh = f(x).flatten()
        flat_x[i] = oldval
        flat_grad[i] = dLdf.dot((fxph - fxmh) / (2 * h)).item()
    return grad


def rel_error(x, y, eps=1e-10):
    top = (x - y).abs().max().item()
    bot = (x.abs() + y.abs()).clamp(min=eps).max().item()
    return top / bot
"""


def found(folder, source, convention):
    module = loaded(folder, "import numpy as np\n" + source)
    return module, {s.forward: s for s in spellings_found(module, convention)}


def judged(folder, source, convention, function, *properties):
    module, spellings = found(folder, source, convention)
    return failing(module, spellings[function], properties or ["forward"])


def test_right_helpers_pass():
    verdict, run = check(EXAMPLES / "right_gradient_check.py", examples=40)
    assert statuses(verdict) == {"numerical_gradient": "pass", "relative_error": "pass"}, run.stdout
    assert verdict["convention"] == "cs231n"


@pytest.mark.parametrize(
    ("source", "convention", "function"),
    [
        (OF_VECTORS, "numpy-course", "numerical_gradient"),
        (OF_NUMBERS, "numpy-course", "numerical_diff"),
        (ON_TENSORS, "eecs498", "compute_numeric_gradient"),
        (ON_TENSORS, "eecs498", "rel_error"),
    ],
)
def test_right_helpers_of_other_courses_pass(tmp_path, source, convention, function):
    properties = ["forward", "side_effects", "precision", "determinism"]
    assert not judged(tmp_path, source, convention, function, *properties)


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("eval_numerical_gradient", "fxph - fxmh) / (2 * h)", "fxph - fxmh) / h"),
        ("eval_numerical_gradient", "fxph - fxmh) / (2 * h)", "fxph - fxmh) / 2 * h"),
        ("eval_numerical_gradient", "x[ix] = oldval - h\n        fxmh", "fxmh"),
        ("eval_numerical_gradient_array", "neg = f(x).copy()", "neg = f(x)"),
        ("eval_numerical_gradient_array", "(pos - neg) * df", "pos - neg"),
        ("rel_error", "np.abs(x) + np.abs(y)", "np.abs(x + y)"),
        ("rel_error", "np.max(", "np.mean("),
    ],
)
def test_mistakes_are_found(tmp_path, function, old, new):
    if new == "neg = f(x)":
        # Only where neither is a copy does the second call overwrite the first one's result.
        source = edited(RIGHT, "pos = f(x).copy()", "pos = f(x)", old, new)
    else:
        source = edited(RIGHT, old, new)
    assert judged(tmp_path, source, "cs231n", function)


@pytest.mark.parametrize(
    ("source", "convention", "function", "old", "new"),
    [
        (OF_VECTORS, "numpy-course", "numerical_gradient", "tmp_val - h", "tmp_val + h"),
        (OF_NUMBERS, "numpy-course", "numerical_diff", "f(x - h)) / (2 * h)", "f(x)) / h"),
        (ON_TENSORS, "eecs498", "compute_numeric_gradient", "fxph - fxmh", "fxmh - fxph"),
        (ON_TENSORS, "eecs498", "rel_error", ".clamp(min=eps)", ""),
    ],
)
def test_mistakes_in_other_courses_are_found(tmp_path, source, convention, function, old, new):
    assert judged(tmp_path, edited(source, old, new), convention, function)


def test_an_x_that_is_left_moved_is_told(tmp_path):
    text = edited(RIGHT, "        x[ix] = oldval\n        grad[ix] = (fx", "        grad[ix] = (fx")
    verdict, run = check(
        write(tmp_path, text), "--function", "eval_numerical_gradient", examples=30
    )
    assert rows(verdict, "numerical_gradient")["side_effects"]["status"] == "side-effect", (
        run.stdout
    )


@pytest.mark.parametrize("step", ["0.1", "1e-50"])
def test_a_step_that_makes_no_sense_is_told(tmp_path, step):
    source = edited(OF_VECTORS, "h = 1e-4", f"h = {step}")
    messages = judged(tmp_path, source, "numpy-course", "numerical_gradient", "shape")
    assert messages["shape"].startswith(f"its step, where none is given, is {step}\n")


def test_functions_with_other_arguments_are_not_judged(tmp_path):
    source = "def eval_numerical_gradient(f, x, net): ...\ndef rel_error(x, y, z): ..."
    assert not found(tmp_path, source, "cs231n")[1]
