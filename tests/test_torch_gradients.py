"""How large gradients are: what a function returns of a model, and mistakes in it."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings

FOUND = [
    ("plain", "gradient_norms_forward"),
    *(("torch", name) for name in ("get_gradient_norms", "gradient_flow", "get_grad_norm")),
]
TORCH = "torch"


@pytest.mark.parametrize(("convention", "name"), FOUND)
def test_the_example_passes(tmp_path, convention, name):
    module = load(tmp_path, (EXAMPLES / "right_utilities.py").read_text())
    assert failures(module, convention, name, examples=30) == {}


def written(folder, name, body):
    parameter, body = body.split(": ", 1)
    body = body.replace("; ", "\n    ")
    return load(folder, f"import math\nimport torch\n\n\ndef {name}({parameter}):\n    {body}\n")


RIGHT = {
    "get_grad_norms": (
        "model: return [p.grad.norm() for p in model.parameters() if p.grad is not None]",
        "the norm of each layer"),
    "grad_norms": (
        "model: return {n: 0.0 if p.grad is None else p.grad.norm().item()"
        " for n, p in model.named_parameters()}",
        "the norm of each layer, where every parameter has a gradient"),
    "grad_flow": (
        "named_parameters: return [p.grad.abs().max() for n, p in named_parameters"
        " if 'bias' not in n]",
        "the largest size of each layer, without biases, where every"),
    "get_grad_stats": (
        "model: return [(n, p.grad.abs().mean().item()) for n, p in model.named_parameters()"
        " if p.grad is not None]", "the mean size of each layer"),
    "grad_norm": (
        "model: total = 0.0; for p in model.parameters(): total += p.grad.norm(2).item() ** 2;"
        " return total ** 0.5", "the norm of all, where every parameter has a gradient"),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_right_functions_of_a_form_pass(tmp_path, name):
    body, words = RIGHT[name]
    module = written(tmp_path, name, body.replace("; for", "\n    for").replace(
        "(): total", "():\n        total"))  # fmt: skip
    spelling = spellings(module, TORCH)[name]
    assert words in spelling.promised(spelling.told(module)).differs
    assert failures(module, TORCH, name, examples=20) == {}


WRONG = {
    "signs": ("gradient_flow", "model: return [p.grad.mean() for p in model.parameters()]"),
    "largest number": ("gradient_flow", "model: return {n: p.grad.max().item()"
                       " for n, p in model.named_parameters()}"),
    "squares": ("get_gradient_norms", "model: return [p.grad.pow(2).sum().item()"
                " for p in model.parameters() if p.grad is not None]"),
    "parameters, not gradients": ("get_gradient_norms", "model: return {n: p.norm().item()"
                                  " for n, p in model.named_parameters()}"),
    "norms added up": ("get_grad_norm", "model: return sum(p.grad.norm().item()"
                       " for p in model.parameters() if p.grad is not None)"),
    "root missing": ("get_grad_norm", "model: return sum(p.grad.norm().item() ** 2"
                     " for p in model.parameters() if p.grad is not None)"),
    "last layer": ("get_grad_norm", "model: return [p.grad.norm().item()"
                   " for p in model.parameters() if p.grad is not None][-1]"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_size_fails(tmp_path, mistake):
    name, body = WRONG[mistake]
    module = written(tmp_path, name, body)
    assert failures(module, TORCH, name, "forward", examples=40, until_first=True)
