"""`pytest --device`: PyTorch as an implementation, and what is said where it is not judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from candidates.subjects import torch_subject
from properties.explore import explore
from properties.layouts import LAYOUTS, lay_out
from properties.operator import find_operator
from properties.promise import Promise
from properties.torch_functions import TorchFunctions, device_problem, on_device, use_whole_floats
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
