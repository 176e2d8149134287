"""Arrays as tensors: shared memory, writes that are seen, results that are no plain tensors."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from candidates.conventions import _tensors, recognise
from candidates.conventions._tensors import Handed, by_autograd, on_tensors, on_torch, to_array
from properties.layouts import lay_out
from properties.operator import operator_names
from properties.plain import WrongResult
from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings

torch = pytest.importorskip("torch")
ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("layout", ["contiguous", "readonly", *_tensors.LAYOUTS])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)])
def test_a_tensor_has_the_memory_of_its_array(layout, shape):
    array = lay_out(np.arange(np.prod(shape, dtype=int)).reshape(shape) * 1.0, layout)
    tensor = _tensors.to_tensor(array)
    assert tensor.shape == array.shape
    assert np.shares_memory(to_array("x", tensor), array) or not array.size
    tensor += 1
    np.testing.assert_array_equal(tensor.numpy(), array)


class Odd(torch.Tensor):
    pass


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.zeros(2), "out is numpy.ndarray, expected a tensor"),
        (torch.zeros(2).as_subclass(Odd), "Odd, expected a tensor"),
        (torch.zeros(2, dtype=torch.bfloat16), "torch.bfloat16"),
        (torch.zeros(2, 2).to_sparse(), "torch.sparse_coo"),
        (torch.zeros(2, device="meta"), "on meta"),
        ([1.0], "out is builtins.list"),
    ],
)
def test_what_is_no_plain_tensor_is_wrong(value, words):
    with pytest.raises(WrongResult, match=words):
        to_array("out", value)


def test_results_that_require_a_gradient_are_arrays():
    leaf = torch.ones(2, requires_grad=True)
    np.testing.assert_array_equal(to_array("out", leaf * 2), [2, 2])
    np.testing.assert_array_equal(to_array("out", torch.nn.Parameter(leaf.detach())), [1, 1])
    np.testing.assert_array_equal(to_array("out", torch.ones(2, dtype=torch.complex64).conj()), 1)


def test_dictionaries_go_there_and_back():
    given = {"mode": "train", "running_mean": np.zeros(2)}

    def layer(x, param):
        assert isinstance(param["running_mean"], torch.Tensor)
        param["running_mean"] = param["running_mean"] + x
        param["seen"] = 1
        return x, "cache"

    out, cache = on_tensors(layer, ("out",), gives_cache=True)(np.ones(2), given)
    assert cache == "cache"
    np.testing.assert_array_equal(given["running_mean"], [1, 1])
    assert given["seen"] == 1
    np.testing.assert_array_equal(out, [1, 1])


def test_a_write_that_changes_nothing_into_what_is_read_only_is_refused():
    array = lay_out(np.ones(2), "readonly")
    handed = Handed()
    tensor = handed(array)
    handed.take_back()
    tensor *= 1
    with pytest.raises(ValueError, match="read-only"):
        handed.take_back()


def test_a_write_into_a_leaf_is_a_side_effect(tmp_path):
    source = "import torch\n\ndef relu(x):\n    return x.clamp_(min=0)\n"
    found = failures(load(tmp_path, source), "torch", "relu", "forward")
    assert found["forward"][0] == "side-effect"
    hidden = "import torch\n\ndef relu(x):\n    x.data.clamp_(min=0)\n    return x * 1\n"
    found = failures(load(tmp_path, hidden), "torch", "relu", "side_effects")
    assert found["side_effects"][0] == "side-effect"


def test_gradients_come_twice_and_unused_inputs_have_zeros():
    forward, backward = by_autograd(lambda x, y, ids: x[ids] ** 2, ("out",))
    out, graph = forward(np.array([1.0, 2.0]), np.ones(3), np.array([1, 1]))
    np.testing.assert_array_equal(out, [4, 4])
    for _ in range(2):
        dx, dy = backward(np.array([1.0, 10.0]), graph)
        np.testing.assert_array_equal(dx, [0, 44])
        np.testing.assert_array_equal(dy, [0, 0, 0])


def test_a_result_without_a_graph_has_no_gradient(tmp_path):
    source = "import torch\n\ndef relu(x):\n    return x.detach().clamp(min=0)\n"
    found = failures(load(tmp_path, source), "torch", "relu", "gradient")
    assert found["gradient"][0] == "missing"
    assert "no graph" in found["gradient"][1]


def test_gradients_are_followed_where_a_candidate_turns_them_off(tmp_path):
    source = (
        "import torch\ntorch.set_grad_enabled(False)\n\ndef relu(x):\n    return torch.relu(x)\n"
    )
    try:
        assert failures(load(tmp_path, source), "torch", "relu", "gradient") == {}
    finally:
        torch.set_grad_enabled(True)


def test_a_kernel_that_torch_has_not_is_no_missing_function(tmp_path):
    source = "import torch\n\ndef relu(x):\n    return torch.relu(x > 0)\n"
    found = failures(load(tmp_path, source), "torch", "relu", "forward")
    assert found["forward"][0] == "crash", found
    source = (
        "import torch\n\ndef relu(x):\n    raise NotImplementedError('not supported for now')\n"
    )
    found = failures(load(tmp_path, source), "torch", "relu", "forward")
    assert found["forward"][0] == "missing", found


@pytest.fixture
def elsewhere(monkeypatch):
    """Tensors with a memory of their own, as on another device."""
    monkeypatch.setattr(_tensors.Place, "device", "cpu:0")
    monkeypatch.setattr(_tensors.Place, "mirrors", [])
    of_array = torch.from_numpy
    monkeypatch.setattr(torch, "from_numpy", lambda array: of_array(array.copy()))


def test_a_write_on_another_device_is_seen(elsewhere):
    array = np.ones(2)
    on_tensors(lambda x: x.mul_(3), ("out",))(array)
    np.testing.assert_array_equal(array, [3, 3])
    kept = []
    on_tensors(kept.append, ("out",))(array)
    on_tensors(lambda: kept[0].add_(1), ("out",))()
    np.testing.assert_array_equal(array, [4, 4])


def test_arrays_that_are_gone_are_forgotten(elsewhere):
    for _ in range(5):
        on_tensors(lambda x: x * 1, ("out",))(np.ones(2))
    assert len(_tensors.Place.mirrors) <= 1


def test_the_cuda_device_gives_the_same(tmp_path):
    if not torch.cuda.is_available():
        pytest.skip("torch finds no CUDA device")
    try:
        assert _tensors.use_device("cuda") == ""
        module = load(tmp_path, (EXAMPLES / "right_torch.py").read_text())
        for function in ("conv2d", "relu", "BatchNorm2d"):
            assert failures(module, "torch", function, examples=40) == {}
    finally:
        _tensors.Place.device = "cpu"


def test_an_absent_device_is_told():
    assert "needs the device 'cuda:77'" in _tensors.use_device("cuda:77")
    assert _tensors.Place.device == "cpu"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import numpy as np\ndef f(x):\n    return np.maximum(x, 0)", False),
        ("import torch\ndef f(x):\n    return x + 1", True),
        ("import numpy as np\nimport torch\ndef f(x):\n    return torch.relu(x)", True),
        ("import numpy as np\nimport torch\ndef f(x):\n    return np.abs(x)", False),
        ("import numpy as np\nimport torch\ndef f(x: 'torch.Tensor'):\n    return x", True),
        (
            "import numpy as np, torch\ndef g(x):\n    torch.tanh(x)\ndef f(x):\n    return x",
            True,
        ),
        (
            "import numpy as np, torch\ndef g(x):\n    return np.tanh(x)\ndef f(x):\n    return x",
            False,
        ),
        (
            "from torch import nn\nclass f(nn.Module):\n    def forward(self, x):\n        pass",
            True,
        ),
        ("def f(x):\n    return x", False),
    ],
)
def test_what_computes_on_tensors(tmp_path, source, expected):
    assert on_torch(load(tmp_path, source).f) is expected


def test_cs231ns_recurrent_layers_of_2025(tmp_path):
    source = (EXAMPLES / "right_rnn_pytorch.py").read_text()
    module = load(tmp_path, source)
    assert recognise(module, operator_names()).name == "cs231n"
    found = spellings(module, "cs231n")
    assert len(found) == 8
    for function, spelling in found.items():
        assert spelling.needs_torch
        assert failures(module, "cs231n", function, examples=30) == {}, function


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("affine_forward", "x.reshape(x.shape[0], -1)", "x.reshape(x.shape[0], -1).flip(1)"),
        ("rnn_step_forward", "prev_h @ Wh + b)\n", "prev_h @ Wh.T + b)\n"),
        ("rnn_forward", "h0 = rnn_step_forward(x[:, t]", "h0 = rnn_step_forward(x[:, 0]"),
        ("word_embedding_forward", "W[x]", "W.detach()[x]"),
        ("lstm_step_forward", "i, f, o, g", "i, f, g, o"),
        ("lstm_forward", "[], torch.zeros_like(h0)", "[], torch.ones_like(h0)"),
        ("temporal_affine_forward", "return x @ w + b", "return x @ w - b"),
        ("temporal_softmax_loss", "/ x.shape[0]", "/ mask.sum()"),
    ],
)  # fmt: skip
def test_a_mistake_in_them_dies(tmp_path, function, old, new):
    source = (EXAMPLES / "right_rnn_pytorch.py").read_text()
    assert source.count(old) == 1
    assert failures(load(tmp_path, source.replace(old, new)), "cs231n", function)


def test_an_example_on_arrays_loads_no_torch():
    code = f"""
    import sys
    sys.path.insert(0, {str(ROOT)!r})
    from candidates.conventions import import_all, recognise
    from candidates.worker.loading import load
    from candidates.worker.operations import Operations
    from candidates.worker.policy import Policy
    from pathlib import Path
    names = sorted(p.stem for p in Path({str(ROOT)!r}, "properties", "operators").glob("[a-z]*.py"))
    module = load(Path({str(EXAMPLES)!r}) / "right_rnn.py", Policy(()))
    module = module.namespace
    for convention in import_all():
        for spelling in convention.spellings(names):
            spelling.found(module), spelling.passed_over(module)
    assert recognise(module, names).name == "cs231n"
    with Operations(()).watch():
        pass
    assert "torch" not in sys.modules
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
