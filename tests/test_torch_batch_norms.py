"""Frozen batch norms: the forms that functions have, what they leave alone, and mistakes."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings

TORCH = "torch"
FOUND = [
    ("plain", "freeze_batch_norm_forward"),
    *((TORCH, name) for name in ("freeze_batchnorm", "set_bn_eval")),
]


@pytest.mark.parametrize(("convention", "name"), FOUND)
def test_the_example_passes(tmp_path, convention, name):
    module = load(tmp_path, (EXAMPLES / "right_utilities.py").read_text())
    assert failures(module, convention, name, examples=30) == {}


def written(folder, name, *lines):
    body = "\n    ".join(lines)
    heads = [
        "import torch",
        "from torch import nn",
        "from torchvision.ops import FrozenBatchNorm2d",
    ]
    return load(folder, "\n".join([*heads, f"def {name}(model):", f"    {body}", ""]))


def each(test, *values, loop="m in model.modules()"):
    return [f"for {loop}:", f"    if {test}:", *(f"        {value}" for value in values)]


TWO = "isinstance(m, nn.BatchNorm2d)"
ANY = "isinstance(m, nn.modules.batchnorm._BatchNorm)"
NAME = "'BatchNorm' in m.__class__.__name__"
OFF = "m.weight.requires_grad = m.bias.requires_grad = False"
BY_HAND = [
    "for name, child in model.named_children():",
    "    if isinstance(child, nn.BatchNorm2d):",
    "        child.eval()",
    "    else:",
    "        freeze_bn(child)",
]
REPLACED = [
    "for name, child in model.named_children():",
    "    if isinstance(child, nn.BatchNorm2d):",
    "        new = FrozenBatchNorm2d(child.num_features, child.eps)",
    "        new.load_state_dict(child.state_dict(), strict=False)",
    "        setattr(model, name, new)",
    "    else:",
    "        freeze_bn(child)",
    "return model",
]
RIGHT = {
    "of two dimensions": ("freeze_bn", each(TWO, "m.eval()"),
                          "BatchNorm2d, gamma and beta as they are"),
    "any": ("freeze_bn_stats", each(ANY, "m.eval()"), "gamma and beta as they are"),
    "weights too": ("freeze_bn_layers", each(TWO, "m.eval()", OFF), "gamma and beta with them"),
    "flag": ("fix_bn", each(NAME, "m.training = False"), "gamma and beta as they are"),
    "a layer": ("set_bn_eval", [f"if {NAME.replace('m.', 'model.')}:", "    model.eval()"],
                "a layer at a time"),
    "recursion": ("freeze_bn", BY_HAND, "BatchNorm2d, gamma and beta as they are"),
    "replaced": ("freeze_bn", REPLACED, "BatchNorm2d, gamma and beta with them"),
    "in between": ("freeze_batch_norm", ["model.apply(lambda m: m.eval() if "
                                         "isinstance(m, nn.BatchNorm1d) else None)"],
                   "BatchNorm1d, gamma and beta as they are"),
    "training": ("set_bn_train", each(ANY, "m.train()"), "gamma and beta as they are"),
}  # fmt: skip


@pytest.mark.parametrize("form", RIGHT)
def test_right_functions_of_a_form_pass(tmp_path, form):
    name, lines, words = RIGHT[form]
    module = written(tmp_path, name, *lines)
    spelling = spellings(module, TORCH)[name]
    assert words in spelling.promised(spelling.told(module)).differs
    assert failures(module, TORCH, name, examples=20) == {}


WRONG = {
    "whole model": ["model.eval()"],
    "whole model, weights": ["model.eval()", *each(TWO, OFF)],
    "weights alone": each(TWO, OFF),
    "momentum": each(TWO, "m.momentum = 0.0"),
    "children": each(TWO, "m.eval()", loop="m in model.children()"),
    "children, weights": each(TWO, "m.eval()", OFF, loop="m in model.children()"),
    "first": each(TWO, "m.eval()", "break"),
    "not tracked": each(TWO, "m.eval()", "m.track_running_stats = False", "m.running_mean = None",
                        "m.running_var = None"),
    "reset": each(TWO, "m.eval()", "m.reset_running_stats()"),
    "new layer": [line for line in REPLACED if "load_state" not in line],
    "a name of nothing": each(TWO, "m.train = False"),
    "not called": each(TWO, "m.eval"),
    "trained afterwards": [*each(TWO, "m.eval()"), "model.train()"],
    "all weights": ["for p in model.parameters():", "    p.requires_grad = False",
                    *each(TWO, "m.eval()")],
}  # fmt: skip


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_is_found(tmp_path, mistake):
    module = written(tmp_path, "freeze_bn", *WRONG[mistake])
    assert failures(module, TORCH, "freeze_bn", "shape", "forward", examples=40, until_first=True)


@pytest.mark.parametrize("value", ["m.weight.requires_grad = False", "m.momentum = 0.0", "m.eval"])
def test_a_mistake_in_what_is_applied_to_layers_is_found(tmp_path, value):
    module = written(tmp_path, "set_bn_eval", f"m = model\n    if {NAME}:", f"    {value}")
    assert failures(module, TORCH, "set_bn_eval", "forward", examples=40, until_first=True)


def test_what_chooses_for_its_own_model_is_not_judged(tmp_path):
    lines = each(f"'layer4' in name and {TWO}", "m.eval()", loop="name, m in model.named_modules()")
    assert "freeze_bn" not in spellings(written(tmp_path, "freeze_bn", *lines), TORCH)


def test_one_of_those_that_do_not_learn_is_not_judged(tmp_path):
    from candidates.conventions import find_convention

    lines = each(f"{TWO} and not any(p.requires_grad for p in m.parameters())", "m.eval()")
    module = written(tmp_path, "freeze_bn", *lines)
    spelled = find_convention(TORCH).spellings(["freeze_batch_norm"])
    found = next(s for s in spelled if s.forward == "freeze_bn").passed_over(module)
    assert "do not learn" in found["freeze_bn"]
