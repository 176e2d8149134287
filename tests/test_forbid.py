"""From scratch: what computes layers may be imported, and not be called."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests import homework
from tests.loading import is_relu, loaded, relu_of
from tests.test_command import check, layerproof, statuses
from tests.test_stubs import write


@pytest.mark.parametrize(
    "before",
    [
        "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F",
        "import torch\ndevice = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
        "import torch\ndef f(x: torch.Tensor | None = None) -> torch.Tensor: return x",
        "import torch\nclass Net(torch.nn.Module):\n    def forward(self, x): return x",
        "import torch\ntorch.manual_seed(0)\ntorch.backends.cudnn.deterministic = True",
        "import ctypes\nimport tensorflow as tf, jax\nfrom scipy.signal import convolve2d",
        "import xml.dom as d\nimport xml\nd.Node",
    ],
)
def test_an_import_alone_harms_nobody(tmp_path, before):
    with loaded(write(tmp_path, before), forbid=("torch", "ctypes", "xml.dom")) as worker:
        assert is_relu(relu_of(worker))
        assert worker.failed == []


def test_a_check_of_the_type_is_no_call(tmp_path):
    body = "assert not isinstance(x, torch.Tensor) and x.dtype != torch.float32"
    with loaded(write(tmp_path, "import torch", body)) as worker:
        assert is_relu(relu_of(worker))


@pytest.mark.parametrize(
    ("before", "body", "sentence"),
    [
        ("import torch.nn.functional as F", "F.conv2d(x)", "calls torch.nn.functional.conv2d"),
        ("from torch.nn.functional import relu", "return relu(x), x", "torch.nn.functional.relu"),
        ("import torch", "torch.nn.functional.relu(x)", "calls torch.nn.functional.relu"),
        ("from torch import nn\nact = nn.ReLU()", "return act(x), x", "calls torch.nn.ReLU"),
        ("from torch import nn\nclass A(nn.Module): pass", "A()", "calls torch.nn.Module"),
        ("import torch\nW = torch.ones(3)", "return x * W, x", "calls torch.ones"),
        ("import torch", "with torch.no_grad(): pass", "calls torch.no_grad"),
        ("", "import torch; torch.relu(x)", "calls torch.relu"),
        ("", "__import__('torch').relu(x)", "calls torch.relu"),
        ("", "exec('import torch; torch.relu(x)', {'x': x})", "calls torch.relu"),
        ("import importlib as i", "i.import_module('torch').relu(x)", "calls torch.relu"),
        ("import builtins", "builtins.__import__('torch')", "imports torch"),
        (
            "from importlib.util import find_spec, module_from_spec",
            "s = find_spec('torch'); s.loader.exec_module(module_from_spec(s))",
            "imports torch",
        ),
        ("import jax.numpy as jnp", "jnp.maximum(x, 0)", "calls jax.numpy.maximum"),
        ("import scipy", "scipy.signal.convolve(x, x)", "calls scipy.signal.convolve"),
        ("from scipy import signal as s", "s.convolve(x, x)", "calls scipy.signal.convolve"),
        ("import ctypes", "ctypes.CDLL('libm.so.6')", "calls ctypes.CDLL"),
        ("from ctypes import *", "cdll.LoadLibrary('libm.so.6')", "cdll"),
        ("import importlib", "importlib.import_module('ctypes').CDLL(None)", "ctypes.CDLL"),
        ("", "np.ctypeslib.load_library(np._core._multiarray_umath.__file__, '')", "with ctypes"),
        ("", "np.ctypeslib.ctypes.CDLL('libm.so.6')", "with ctypes"),
        ("import reference.naive.relu as r", "r.relu_forward(x)", "reference.naive.relu"),
        ("from reference import naive", "naive.relu(x)", "calls reference.naive.relu"),
        ("import torch", "try: torch.relu(x)\n    except Exception: pass", "calls torch.relu"),
        ("import torch", "try: torch.relu(x)\n    except BaseException: pass", "calls torch.relu"),
    ],
)
def test_a_call_is_forbidden_in_one_sentence(tmp_path, before, body, sentence):
    with loaded(write(tmp_path, before, body)) as worker:
        failed = relu_of(worker)
        assert (getattr(failed, "status", failed)) == "forbidden", failed
        assert sentence in failed.message
        assert "forbidden here" in failed.message


def test_a_module_below_an_allowed_one_is_forbidden_alone(tmp_path):
    path = write(tmp_path, "import xml\nimport xml.sax", "xml.sax.handler; xml.dom.getDOMImpl()")
    with loaded(path, forbid=("xml.dom",)) as worker:
        failed = relu_of(worker)
        assert (failed.status, failed.message) == (
            "forbidden",
            "calls xml.dom.getDOMImpl, which is forbidden here",
        )


def test_what_is_forbidden_and_tried_for_is_as_if_it_were_not_installed(tmp_path):
    before = "try:\n    import torch\n    HAS = True\nexcept ImportError:\n    HAS = False"
    with loaded(write(tmp_path, before, "assert not HAS")) as worker:
        assert is_relu(relu_of(worker))


def test_numpy_keeps_its_own_ctypes(tmp_path):
    body = "x.ctypes.data; np.dtype('i4'); np.linalg.inv(np.eye(2))"
    with loaded(write(tmp_path, "", body)) as worker:
        assert is_relu(relu_of(worker))


def test_none_lifts_it_and_names_replace_it(tmp_path):
    body = "import ctypes, numpy.linalg as la; assert ctypes.sizeof(ctypes.c_int) == 4"
    with loaded(write(tmp_path, "", body), forbid=()) as worker:
        assert is_relu(relu_of(worker))
    with loaded(write(tmp_path, "", body), forbid=("numpy.linalg", "ctypes")) as worker:
        assert relu_of(worker).status == "forbidden"


def test_torch_is_real_for_functions_that_need_it_and_for_no_others(tmp_path):
    """A spelling says so; the worker changes its rules from one to the next."""
    body = "import torch; assert torch.relu(torch.ones(1)).item() == 1"
    with loaded(write(tmp_path, "", body)) as worker:
        assert relu_of(worker).status == "forbidden"
        worker.found = [replace(found, torch=True) for found in worker.found]
        assert is_relu(relu_of(worker))
        worker.found = [replace(found, torch=False) for found in worker.found]
        assert relu_of(worker).status == "forbidden"


def test_the_verdict_and_its_replay_say_so(tmp_path):
    path = write(tmp_path, "import torch", "return torch.relu(x), x")
    run = layerproof("check", path, "--examples", "5", "--jobs", "1")
    assert run.returncode == 1
    assert "FORBIDDEN: relu" in run.stdout
    assert "calls torch.relu, which is forbidden here" in run.stdout
    assert "stubbed: torch (forbidden)" in run.stdout
    assert "forbidden: relu" in run.stdout.splitlines()[-1]


def test_one_function_that_calls_torch_costs_only_itself(tmp_path):
    file = homework.write(
        tmp_path,
        """
        def affine_forward(x, w, b):
            return x.reshape(len(x), -1) @ w + b, (x, w, b)


        def affine_backward(dout, cache):
            x, w, b = cache
            return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(0)
        """,
        homework.relu("return torch.relu(torch.from_numpy(x)).numpy(), x", "import torch"),
        homework.RELU_BACKWARD,
    )
    verdict, _ = check(file, examples=10)
    assert verdict["convention"] == "cs231n"
    assert statuses(verdict) == {"linear": "pass", "relu": "forbidden"}


def test_a_function_known_by_what_torch_gives_is_not_judged_without_torch(tmp_path):
    """It is found once torch is there, and by a convention that forbids it."""
    source = "import torch\ndef to_one_hot(y, classes): return torch.eye(classes)[y]\n"
    path = tmp_path / "encoding.py"
    path.write_text(source)
    with loaded(path) as worker:
        assert worker.found == []
        reason = "for a tiny input it calls torch.eye, which is forbidden here"
        assert worker.passed_over["to_one_hot"] == reason
