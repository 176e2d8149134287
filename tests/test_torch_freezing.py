"""Frozen layers: how functions name them, what becomes of the others, and mistakes."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings

TORCH = "torch"
FOUND = [
    ("plain", "freeze_forward"),
    *((TORCH, name) for name in ("freeze", "unfreeze_layers", "set_parameter_requires_grad")),
]


@pytest.mark.parametrize(("convention", "name"), FOUND)
def test_the_example_passes(tmp_path, convention, name):
    module = load(tmp_path, (EXAMPLES / "right_utilities.py").read_text())
    assert failures(module, convention, name, examples=30) == {}


def written(folder, name, parameters, loop, test, value):
    lines = [
        "import torch",
        f"def {name}({parameters}):",
        f"    for {loop}:",
        f"        if {test}:",
        f"            {value}",
    ]
    return load(folder, "\n".join(lines) + "\n")


NAMED = "name, p in model.named_parameters()"
OFF = "p.requires_grad = False"
RIGHT = [
    ("freeze_layers", "model, names", NAMED, "any(name.startswith(n) for n in names)", OFF,
     "names that begin so"),
    ("freeze_layers", "model, layers", NAMED, "any(name.startswith(n + '.') for n in layers)", OFF,
     "names of layers, not of parameters"),
    ("freeze_layers", "model, layer_names", "child, m in model.named_children()",
     "child in layer_names", "m.requires_grad_(False)", "layers of the model itself"),
    ("freeze_layers", "model, names", NAMED, "name in names", OFF, "names of parameters"),
    ("unfreeze", "net", "p in net.parameters()", "True", "p.requires_grad_()", "the whole model"),
    ("set_parameter_requires_grad", "model, feature_extracting", "p in model.parameters()",
     "True", "p.requires_grad = not feature_extracting", "where it is asked for"),
    ("set_requires_grad", "model, val", "p in model.parameters()", "True",
     "p.requires_grad = val", "the whole model"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "parameters", "loop", "test", "value", "words"), RIGHT)
def test_right_functions_of_a_form_pass(tmp_path, name, parameters, loop, test, value, words):
    module = written(tmp_path, name, parameters, loop, test, value)
    spelling = spellings(module, TORCH)[name]
    assert words in spelling.promised(spelling.told(module)).differs
    assert failures(module, TORCH, name, examples=20) == {}


WRONG = {
    "all": ("freeze_layers", "model, names", NAMED, "True", OFF),
    "substring": ("freeze_layers", "model, names", NAMED, "any(n in name for n in names)", OFF),
    "the first alone": ("freeze", "model", NAMED, "True", OFF + "; break"),
    "thawed": ("freeze", "model", NAMED, "True", "p.requires_grad = True"),
    "a name of nothing": ("freeze", "model", NAMED, "True", "p.require_grad = False"),
    "the module's": ("freeze", "model", "m in model.children()", "True",
                     "m.requires_grad = False"),
    "data": ("freeze", "model", NAMED, "True", "p.data.zero_(); p.requires_grad = False"),
    "nothing": ("freeze_layers", "model, names", NAMED, "name in [names]", OFF),
    "last name": ("unfreeze_layers", "model, names", NAMED, "name.split('.')[0] == names[-1]",
                  "p.requires_grad = True"),
    "not asked": ("set_parameter_requires_grad", "model, feature_extracting", NAMED, "True", OFF),
    "turned round": ("set_requires_grad", "model, requires_grad", NAMED, "True",
                     "p.requires_grad = not requires_grad"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_is_found(tmp_path, mistake):
    module = written(tmp_path, *WRONG[mistake])
    name = WRONG[mistake][0]
    assert failures(module, TORCH, name, "forward", "laws", examples=60, until_first=True)


@pytest.mark.parametrize("test", ["'fc' not in name", "p is not list(model.parameters())[-1]"])
def test_what_chooses_for_its_own_model_is_not_judged(tmp_path, test):
    module = written(tmp_path, "freeze", "model", NAMED, test, OFF)
    assert "freeze" not in spellings(module, TORCH)


def test_a_function_that_sets_the_others_too_is_not_judged(tmp_path):
    from candidates.conventions import find_convention

    value = "p.requires_grad = name not in layers_to_freeze"
    module = written(tmp_path, "freeze_layers", "model, layers_to_freeze", NAMED, "True", value)
    spelled = find_convention(TORCH).spellings(["freeze"])
    found = next(s for s in spelled if s.forward == "freeze_layers").passed_over(module)
    assert "to the contrary" in found["freeze_layers"]
