"""TF32 on a device that is simulated: right factors pass, fewer digits and a lost one do not."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from candidates.cli import main
from candidates.conventions import _tensors
from properties.checks import find_property, judged_in
from properties.domain import Domain
from properties.explore import draw_cases, explore
from properties.implementation import Local
from properties.layouts import Tf32, lay_out
from properties.operator import find_operator
from properties.promise import Promise
from properties.tf32 import TF32, cut_down, either, multiplies, multiplying, rounded, tf32_problem
from properties.torch_functions import TorchFunctions, device_problem, on_device
from tests.test_pytest import run_pytest

DIRECT = ["linear", "temporal_linear", "conv2d", "attention"]
COMPOSED = ["rnn_step", "lstm_step", "gru", "conv_relu", "conv_bn_relu", "residual_block"]
ASKED = Promise(dtypes=("float64", "float32", TF32))


class Simulated(TorchFunctions):
    """PyTorch on the CPU, with the factors of float32 cut down where TF32 is asked for."""

    def __init__(self, operator, cut):
        super().__init__(operator, "cpu")
        self.cut, self.asked = cut, False

    def forward(self, attributes, inputs):
        self.asked = any(isinstance(array, Tf32) for array in inputs.values())
        with multiplying(self.cut if self.asked else lambda tensor: tensor):
            return super().forward(attributes, inputs)

    def backward(self, cotangents, cache):
        with multiplying(self.cut if self.asked else lambda tensor: tensor):
            return super().backward(cotangents, cache)


def without_its_first_row(tensor):
    kept = cut_down(tensor)
    if kept.numel() > 1:
        kept.view(-1)[0] = 0
    return kept


def judged(name, cut, seed=0, examples=100, properties=("forward", TF32)):
    operator = find_operator(name)
    on = Local("torch-simulated", Simulated(operator, cut))
    chosen = [find_property(name) for name in properties]
    return explore(operator, on, ASKED, examples=examples, seed=seed, properties=chosen).findings


def test_factors_have_so_many_bits():
    third = torch.tensor([1 / 3, -1 / 3, 1.0, 0.0])
    assert cut_down(third).tolist() == [0.333251953125, -0.333251953125, 1, 0]
    assert rounded(third, 8).tolist() == [0.3330078125, -0.3330078125, 1, 0]
    assert rounded(torch.tensor(1.9999)).item() == 2
    within = torch.randn(1000).double()
    assert ((rounded(within.float()).double() / within - 1).abs() <= 2.0**-11).all()
    assert ((cut_down(within.float()).double() / within - 1).abs() <= 2.0**-10).all()


@pytest.mark.parametrize(
    "cut", [cut_down, rounded, either(99)], ids=["cut down", "rounded", "at random"]
)
@pytest.mark.parametrize("name", [*DIRECT, *COMPOSED])
def test_factors_of_10_bits_pass(name, cut):
    for seed in range(2):
        found = judged(name, cut, seed, examples=60)[TF32]
        assert not found.failing, found.failing[0][1]
        assert found.examples > 5


@pytest.mark.parametrize(
    "cut",
    [partial(cut_down, bits=8), partial(rounded, bits=6), without_its_first_row],
    ids=["cut to 8 bits", "rounded to 6 bits", "a factor lost"],
)
@pytest.mark.parametrize("name", DIRECT)
def test_fewer_bits_and_a_lost_factor_die(name, cut):
    for seed in range(5):
        found = judged(name, cut, seed, examples=50)
        assert found[TF32].failing
        assert str(found[TF32].failing[0][1]).startswith("in TF32, ")
        assert not found["forward"].failing  # nothing of it is seen in float64


def test_it_is_judged_where_something_is_multiplied_and_asked_for():
    for name, expected in [("linear", True), ("conv2d", True), ("relu", False), ("adam", False)]:
        operator, found = find_operator(name), set()

        def see(case, operator=operator, found=found):
            found.add(multiplies(operator, case.at(0), operator.arrays(case)))

        draw_cases(operator.cases(Domain()), 5, 0, see)
        assert found == {expected}
    assert not judged("relu", cut_down)[TF32].examples
    assert TF32 in [p.name for p in judged_in((TF32,))]
    assert TF32 not in [p.name for p in judged_in(("float16",))]
    assert TF32 not in [p.name for p in judged_in(())]


def test_it_is_turned_on_by_the_arrays_alone(monkeypatch):
    seen = []
    flags = torch.backends.cuda.matmul, torch.backends.cudnn
    before = [flag.allow_tf32 for flag in flags]
    functions = TorchFunctions(find_operator("relu"), "cpu")
    monkeypatch.setattr(functions, "_device", "cpu:0")  # as another device would be
    monkeypatch.setattr(_tensors.Place, "device", "cpu:0")
    monkeypatch.setattr(_tensors.Place, "mirrors", [])
    try:
        for layout in ("contiguous", TF32, "contiguous"):
            array = lay_out(np.ones((2, 2), np.float32), layout)
            for handed in (functions._tensor, _tensors.to_tensor):
                assert torch.equal(handed(array), torch.ones(2, 2))
                seen.append([flag.allow_tf32 for flag in flags])
    finally:
        for flag, allowed in zip(flags, before, strict=True):
            flag.allow_tf32 = allowed
    assert seen == [[False] * 2] * 2 + [[True] * 2] * 2 + [[False] * 2] * 2


def test_why_it_is_not_judged_is_said(monkeypatch, tmp_path, capsys):
    assert tf32_problem("cpu") == "TF32 is a precision of CUDA devices, not of 'cpu'"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    assert "no TF32: its compute capability is 7.5" in tf32_problem("cuda")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    assert tf32_problem("cuda") is None
    source = tmp_path / "layers.py"
    source.write_text("import torch\n\ndef relu(x):\n    return torch.relu(x)\n")
    assert main(["check", str(source), "--dtype", TF32]) == 2
    assert "--dtype tf32 needs a CUDA device that has it (--device)" in capsys.readouterr().err


def test_the_suite_skips_it_with_the_reason():
    options = ("properties", "--hypothesis-profile", "smoke", "-k", "test_tf32 and linear-")
    run = run_pytest(*options, "--device", "cpu")
    assert "not judged with TF32: TF32 is a precision of CUDA devices, not of 'cpu'" in run.stdout
    assert run.returncode == 0


def test_the_device_itself(tmp_path):
    if problem := device_problem("cuda") or tf32_problem("cuda"):
        pytest.skip(problem)
    for name in [*DIRECT, *COMPOSED]:
        operator = find_operator(name)
        found = explore(
            *(operator, on_device(operator, "cuda"), ASKED),
            examples=50,
            seed=0,
            properties=[find_property("forward"), find_property(TF32)],
        ).findings[TF32]
        assert found.examples
        assert not found.failing, found.failing[0][1]
