"""`pytest --device`: PyTorch as an implementation, and what is said where it is not judged."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from candidates.subjects import torch_subject
from properties.case import Case
from properties.checks import find_property
from properties.explore import explore
from properties.layouts import LAYOUTS, lay_out
from properties.operator import find_operator
from properties.promise import Promise
from properties.torch_functions import (
    NOT_REPEATABLE,
    TorchFunctions,
    device_problem,
    on_device,
    use_whole_floats,
)
from tests.test_pytest import run_pytest

no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")


def judged(*arguments):
    return run_pytest("properties", "--hypothesis-profile", "smoke", *arguments)


def test_pytorch_is_judged_and_named():
    run = judged("--device", "cpu", "-k", "linear and (forward or gradient) and not relu", "-v")
    assert run.returncode == 0, run.stdout
    assert "test_gradient[linear-torch-cpu] PASSED" in run.stdout
    assert "naive" not in run.stdout


def test_what_concerns_a_device_is_all_that_runs_where_no_path_is_given():
    run = run_pytest("--device", "cuda", "--collect-only", "-q")
    files = {line.partition("::")[0] for line in run.stdout.splitlines() if "::" in line}
    assert files == {f"tests/test_{of}.py" for of in ("devices", "defects")} | {
        "properties/test_properties.py"
    }


@no_gpu
def test_a_device_that_is_not_there_is_skipped_with_the_reason():
    run = judged("--device", "all", "-k", "test_forward and zero_one_loss")
    assert run.returncode == 0, run.stdout
    assert "1 passed, 1 skipped" in run.stdout
    assert "not judged on cuda: torch finds no CUDA device" in run.stdout
    assert device_problem("cpu") is None


def test_an_unknown_device_is_a_usage_error():
    run = judged("--device", "tpu")
    assert run.returncode == 4
    assert "invalid choice: 'tpu'" in run.stderr


def test_a_wrong_pytorch_is_told(monkeypatch):
    """What would be seen if a kernel were wrong in float32 alone."""
    right = torch.nn.functional.linear

    def wrong(x, w, b=None):
        out = right(x, w, b)
        return out * (1 + 1e-4) if x.dtype == torch.float32 else out

    monkeypatch.setattr(torch.nn.functional, "linear", wrong)
    operator = find_operator("linear")
    found = explore(operator, on_device(operator, "cpu"), Promise(), examples=60, seed=0)
    assert {finding.property.name for finding in found.failing} == {"precision", "stability"}


def in_another_order(monkeypatch):
    """A linear layer whose last bits are others at each call, as those of atomic additions are."""
    right, calls = torch.nn.functional.linear, itertools.count()

    def linear(x, w, b=None):
        return right(x, w, b) * (1 + 2.0**-51 * next(calls))

    monkeypatch.setattr(torch.nn.functional, "linear", linear)


@pytest.mark.parametrize("same_bits", [False, True])
def test_last_bits_count_where_they_are_promised(monkeypatch, same_bits):
    in_another_order(monkeypatch)
    operator = find_operator("linear")
    found = explore(
        *(operator, on_device(operator, "cpu"), Promise(same_bits=same_bits)),
        examples=40,
        seed=0,
        properties=[find_property("determinism")],
    ).findings["determinism"]
    assert found.examples
    assert bool(found.failing) is same_bits


def test_pytorch_repeats_to_the_last_bit_on_the_cpu():
    chosen = "determinism and (linear- or conv2d- or lstm- or batch_norm-)"
    run = judged("--device", "cpu", "--deterministic", "-k", chosen)
    assert run.returncode == 0, run.stdout
    assert " passed" in run.stdout


def test_deterministic_goes_with_a_device():
    run = judged("--deterministic")
    assert run.returncode == 4
    assert "--deterministic is of PyTorch: it goes with --device" in run.stderr


def test_that_there_is_no_such_kernel_is_no_failure():
    (on,) = torch_subject("linear", "cpu", repeatable=True).implementations
    sentence = f"raised RuntimeError: bincount {NOT_REPEATABLE}, but you set ..."
    assert on.promise.same_bits
    assert on.excused("linear", "forward", sentence)
    assert not on.excused("linear", "forward", "out has shape (2,), expected (3,)")
    assert "--deterministic" in on.replay("forward", Case("linear", {}, "normal", ({},), 0))


def test_layouts_reach_the_tensors():
    strides = {}

    def oracle(tensors, at):
        strides[layout] = tensors["x"].stride()
        return {"out": tensors["x"] * 1}

    functions = TorchFunctions(replace(find_operator("relu"), oracle=oracle), "cpu")
    for layout in LAYOUTS:
        functions.forward({}, {"x": lay_out(np.zeros((2, 3, 4, 5)), layout)})
    assert strides["channels_last"] == (60, 1, 15, 3)
    assert strides["fortran"] == (1, 2, 6, 24)
    assert strides["reversed"] == (60, 20, 5, 1)  # torch has no negative strides


def test_what_torch_is_handed_is_its_own():
    functions = TorchFunctions(find_operator("relu"), "cpu")
    x = np.ones((2, 2))
    out, cache = functions.forward({}, {"x": x})
    out["out"][:] = 5
    assert np.array_equal(x, np.ones((2, 2)))
    assert np.array_equal(functions.backward({"out": x}, cache)["x"], x)


def test_evidence_is_not_asked_of_torch():
    assert torch_subject("dropout", "cpu").implementations == []


def test_float32_is_whole_on_cuda():
    use_whole_floats()
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32
    assert torch.backends.cudnn.deterministic
