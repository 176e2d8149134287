"""How large a model is: what a function counts and in which unit, and mistakes in it."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings

OPERATORS = ("count_parameters", "parameter_memory")
FOUND = [
    *(("plain", f"{name}_forward") for name in OPERATORS),
    *(("torch", n) for n in ("count_parameters", "count_trainable_parameters", "get_model_size")),
]


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    return load(tmp_path_factory.mktemp("sizes"), (EXAMPLES / "right_utilities.py").read_text())


def test_the_example_has_them_all(right):
    found = ((c, name, s) for c in ("plain", "torch") for name, s in spellings(right, c).items())
    sizes = {(c, name) for c, name, s in found if s.operator in OPERATORS}
    assert sizes == set(FOUND)


@pytest.mark.parametrize(("convention", "name"), FOUND)
def test_the_example_passes(right, convention, name):
    assert failures(right, convention, name, examples=40) == {}


RIGHT = {
    "count_params": ("return sum(p.numel() for p in model.parameters()) / 1e6",
                     "of all parameters in millions"),
    "n_params": ("return sum(p.numel() for p in model.parameters() if p.requires_grad)",
                 "of the trainable parameters"),
    "get_n_params": ("return sum(int(np.prod(p.size())) for p in model.parameters())",
                     "of all parameters"),
    "model_size": ("return sum(p.nelement() * p.element_size() for p in model.parameters())",
                   "of parameters, in bytes"),
    "model_size_mb": ("return 4 * sum(p.numel() for p in model.parameters()) / 1024**2",
                      "of four bytes each, in MiB"),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_right_functions_of_a_form_pass(tmp_path, name):
    body, words = RIGHT[name]
    module = load(tmp_path, f"import numpy as np\n\n\ndef {name}(model):\n    {body}\n")
    spelling = spellings(module, "torch")[name]
    assert words in spelling.promised(spelling.told(module)).differs
    assert failures(module, "torch", name, examples=40) == {}


WRONG = {
    "tensors": "return len(list(model.parameters()))",
    "nested twice": "return sum(p.numel() for m in model.modules() for p in m.parameters())",
    "shared twice": "return sum(p.numel() for _, p in "
    "model.named_parameters(remove_duplicate=False))",
    "buffers": "return sum(v.numel() for v in model.state_dict().values())",
    "the first axis": "return sum(len(p) for p in model.parameters() if p.dim())",
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_count_fails(tmp_path, mistake):
    module = load(tmp_path, f"def count_parameters(model):\n    {WRONG[mistake]}\n")
    assert "forward" in failures(module, "torch", "count_parameters", "forward")
