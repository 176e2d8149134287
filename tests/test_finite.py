"""What looks for nan and infinite numbers: the forms it comes in, right ones and wrong ones."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings

FOUND = ["has_nan", "check_nan", "check_finite", "check_gradients"]
HEAD = "import math\nimport numpy as np\nimport torch\n\n\n"


def written(folder, name, parameter, body):
    return load(folder, f"{HEAD}def {name}({parameter}):\n    {body}\n")


@pytest.mark.parametrize("name", FOUND)
def test_the_example_passes(tmp_path, name):
    module = load(tmp_path, (EXAMPLES / "right_utilities.py").read_text())
    assert failures(module, "torch", name, examples=20) == {}


def test_the_example_passes_by_our_name(tmp_path):
    module = load(tmp_path, (EXAMPLES / "right_utilities.py").read_text())
    assert failures(module, "plain", "check_finite_forward", examples=40) == {}


TORCH, NUMPY = "torch", "numpy-course"
RIGHT = [
    (TORCH, "has_nan", "model",
     "return any((p != p).any() for p in model.parameters())", "nan alone"),
    (TORCH, "has_nan", "x", "return not torch.isfinite(x).all()", "nan and infinite numbers"),
    (TORCH, "has_inf", "tensor", "return torch.isinf(tensor).any().item()", "infinite numbers"),
    (TORCH, "is_finite", "x", "return torch.isfinite(x).all()", "nan and infinite numbers"),
    (TORCH, "is_nan", "value", "return torch.isnan(value)", "nan alone, of a single number"),
    (TORCH, "is_loss_nan", "loss", "return math.isnan(loss)", "of a single number"),
    (TORCH, "check_loss", "loss", "if math.isnan(loss.item()): raise ValueError('nan')",
     "nan alone, raised, of a single number"),
    (TORCH, "has_nan_grad", "model",
     "return any(p.grad is not None and p.grad.isnan().any() for p in model.parameters())",
     "nan alone, of gradients"),
    (NUMPY, "has_nan", "x", "return np.isnan(x).any()", "nan alone"),
    (NUMPY, "check_nan_or_inf", "arr", "return bool(np.isfinite(arr).all())",
     "nan and infinite numbers"),
    (NUMPY, "check_finite", "x", "assert np.all(np.isfinite(x)), 'not finite'", "raised"),
]  # fmt: skip


@pytest.mark.parametrize(("convention", "name", "parameter", "body", "words"), RIGHT)
def test_right_functions_of_a_form_pass(tmp_path, convention, name, parameter, body, words):
    module = written(tmp_path, name, parameter, body)
    spelling = spellings(module, convention)[name]
    assert words in spelling.promised(spelling.told(module)).differs
    assert failures(module, convention, name, examples=20) == {}


WRONG = [
    (TORCH, "has_nan", "x", "return bool((x == float('nan')).any())"),
    (TORCH, "has_nan", "x", "return torch.isnan(x).all()"),
    (TORCH, "has_nan", "x", "return torch.isnan(x.sum())"),
    (TORCH, "has_nan", "model", "for p in model.parameters(): return torch.isnan(p).any()"),
    (TORCH, "has_nan", "model",
     "return any(torch.isnan(p).any() for n, p in model.named_parameters() if 'bias' not in n)"),
    (TORCH, "has_inf", "x", "return (x == float('inf')).any()"),
    (TORCH, "check_finite", "x", "if torch.isinf(x.max()): raise ValueError('inf')"),
    (TORCH, "has_nan_grad", "model",
     "return any(torch.isnan(p.grad.sum()) for p in model.parameters())"),
    (TORCH, "has_nan_grad", "model",
     "return any(torch.isnan(p).any() for p in model.parameters())"),
    (NUMPY, "has_nan", "x", "return np.isnan(np.sum(x))"),
    (NUMPY, "check_nan", "x", "return np.nan in x"),
]  # fmt: skip


@pytest.mark.parametrize(("convention", "name", "parameter", "body"), WRONG)
def test_a_wrong_search_fails(tmp_path, convention, name, parameter, body):
    module = written(tmp_path, name, parameter, body)
    assert failures(module, convention, name, "forward", "laws", examples=60, until_first=True)


OTHERS = [
    ("has_nan", "x", "return (torch.isnan(x), 0)", "expected True or False"),
    ("check_nan", "x", "print(torch.isnan(x))", "is of no known form"),
    ("check_nan", "sample, key", "return torch.isnan(sample[key])", "parameter sample is not"),
]


@pytest.mark.parametrize(("name", "parameter", "body", "reason"), OTHERS)
def test_what_says_neither_is_not_judged(tmp_path, name, parameter, body, reason):
    from candidates.conventions import find_convention

    module = written(tmp_path, name, parameter, body)
    spelled = find_convention(TORCH).spellings(["check_finite"])
    assert reason in next(s for s in spelled if s.forward == name).passed_over(module)[name]
