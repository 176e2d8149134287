"""The package needle: modules and operators on tensors of the candidate's own."""

from __future__ import annotations

import importlib.util
import shutil
import sys

import pytest

from tests.homework import EXAMPLES, write
from tests.in_process import failures, spellings
from tests.test_command import check, rows, statuses
from tests.test_numpy_course import JUDGED, judged

PACKAGE = EXAMPLES / "right_needle"


def edited(tmp_path, *edits):
    """A copy of the right package with edits (file, old, new), each of one place."""
    package = tmp_path / "needle"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    for file, old, new in edits:
        source = (package / file).read_text()
        assert source.count(old) == 1, old
        (package / file).write_text(source.replace(old, new))
    return package


SINGLE = ("autograd.py", "np.array(array, dtype=dtype)", "np.array(array, np.float32)")


@pytest.mark.parametrize("engine", ["keeps float64", "float32"])
def test_the_right_package_passes(tmp_path, engine):
    single, examples = ([SINGLE], 5) if engine == "float32" else ([], 10)
    verdict, run = check(edited(tmp_path, *single), examples=examples)
    assert set(statuses(verdict).values()) == {"pass"}, run.stdout
    assert verdict["convention"] == "needle"


MISTAKES = {
    "Linear": ("nn.py", "out = x @ self.weight", "out = x @ self.weight * 2.0"),
    "SoftmaxLoss": ("nn.py", "* (-1.0 / len(right))", "* -1.0"),
    "LayerNorm1d": ("nn.py", "centred * (variance + self.eps)", "centred * (variance + 1e-8)"),
    "BatchNorm1d": (
        "nn.py",
        "variance = ((x - mean) * (x - mean)).sum((0,)) / x.shape[0]",
        "variance = ((x - mean) * (x - mean)).sum((0,)) / (x.shape[0] - 0.5)",
    ),
    "BatchNorm2d": ("nn.py", "reshape(N, H, W, C).transpose(0, 3, 1, 2)", "reshape(N, C, H, W)"),
    "Dropout": ("nn.py", " * (1 / (1 - self.p))", ""),
    "Conv": ("nn.py", "ops.Take((i, j))", "ops.Take((j, i))"),
    "RNNCell": ("nn.py", "h @ self.W_hh + self.bias_hh", "h @ self.W_hh"),
    "RNN": ("nn.py", "h, states = ops.Take(0)(h0), []", "h, states = ops.Take(0)(h0) * 0.0, []"),
    "LSTMCell": ("nn.py", "i, f, g, o = (", "f, i, g, o = ("),
    "LSTM": ("nn.py", "(ops.Stack()(h), ops.Stack()(c))", "(ops.Stack()(c), ops.Stack()(h))"),
    "Embedding": (
        "ops.py",
        "np.add.at(whole, self.place, out_grad.cached_data)",
        "whole[self.place] = out_grad.cached_data",
    ),
    "relu": ("ops.py", "Tensor(node.cached_data > 0)", "Tensor(node.cached_data >= 0)"),
    "tanh": ("ops.py", "(node * node * -1.0 + 1.0)", "(node * -1.0 + 1.0)"),
    "logsoftmax": ("ops.py", " * out_grad.sum((1,), keepdims=True)", ""),
    # Right at first order: gradients that are no graphs.
    "exp": ("ops.py", "return (out_grad * node,)", "return (out_grad * Tensor(node.cached_data),)"),
    "log": (
        "ops.py",
        "return (out_grad / node.inputs[0],)",
        "return (out_grad / Tensor(node.inputs[0].cached_data),)",
    ),
    "matmul": ("ops.py", "reduced(turned(a) @ out_grad, b.shape)", "turned(a) @ out_grad"),
    "logsumexp": ("ops.py", "* share,)", "* (share + 1.0),)"),
}


def loaded(package, name):
    """The modules of a package, imported under a name of their own."""
    spec = importlib.util.spec_from_file_location(name, package / "__init__.py")
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
    return [module for key, module in sys.modules.items() if key.partition(".")[0] == name]


@pytest.mark.parametrize("engine", ["keeps float64", "float32"])
def test_a_mistake_in_any_of_them_is_found(tmp_path, engine):
    planted = [*MISTAKES.values(), *([SINGLE] if engine == "float32" else [])]
    modules = loaded(edited(tmp_path, *planted), f"needle_{engine.replace(' ', '_')}")
    found = {
        name
        for module in modules
        for name in spellings(module, "needle")
        if failures(module, "needle", name, *JUDGED, examples=14, until_first=True)
    }
    expected = set(MISTAKES) | {"ReLU", "Tanh", "Sigmoid"}
    assert expected - found == set()


@pytest.mark.parametrize(("precision", "shares"), [("dtype=dtype", True), ("np.float32", False)])
def test_a_write_into_the_input_is_seen_by_either_engine(tmp_path, precision, shares):
    write_into = ("nn.py", "return ops.relu(x)", "x.cached_data *= 2\n        return ops.relu(x)")
    package = edited(tmp_path, write_into, SINGLE) if not shares else edited(tmp_path, write_into)
    verdict, run = check(
        package, "--function", "nn.py:ReLU", "--property", "side_effects", examples=10
    )
    assert rows(verdict, "relu")["side_effects"]["status"] == "side-effect", run.stdout


def on_a_backend(folder, *functions):
    """A package whose relu_forward calls a compiled backend that only its stand-in is there for."""
    package = folder / "engine"
    package.mkdir()
    write(package, "def relu(x):\n    return x * (x > 0)", name="ndarray_backend_numpy.py")
    forward = "def relu_forward(x):\n    return backend.relu(x), x"
    head = "from . import ndarray_backend_cpu as backend"
    (package / "__init__.py").write_text("\n\n\n".join([head, forward, *functions, ""]))
    return package


def test_what_is_not_built_is_taken_from_the_courses_own_python(tmp_path):
    backward = "def relu_backward(dout, cache):\n    return dout * (cache > 0)"
    verdict, run = judged(on_a_backend(tmp_path, backward))
    assert statuses(verdict) == {"relu": "pass"}, run.stdout


def test_what_only_the_compiled_backend_has_is_missing(tmp_path):
    backward = "def relu_backward(dout, cache):\n    return dout * backend.step(cache)"
    sigmoid = "def sigmoid_forward(x):\n    return backend.sigmoid(x), x"
    verdict, run = judged(on_a_backend(tmp_path, backward, sigmoid))
    assert set(statuses(verdict).values()) == {"missing"}, run.stdout
    assert "needs step of the course's compiled backend, which is not here" in run.stdout
