"""The EECS 498 convention: what is recognised, and a mistake in every function that it spells."""

from __future__ import annotations

import pytest

from candidates.conventions import recognise
from properties.operator import operator_names
from tests.homework import EXAMPLES
from tests.in_process import edited, failures, load, spellings

NAME = "right_eecs498.py"
RIGHT = (EXAMPLES / NAME).read_text()

MISTAKES = [
    ("Linear.backward", "(dout @ w.T).reshape(x.shape)", "dout @ w.T", "shape"),
    ("Linear.backward", "dout.sum(dim=0)\n\n\nclass ReLU", "dout.mean(dim=0)\n\n\nclass ReLU", ""),
    ("ReLU.backward", "dout * (cache > 0)", "dout * (cache > 0.5)", "gradient"),
    ("ReLU.backward", "dout * (cache > 0)", "dout.mul_(cache > 0)", "side_effects"),
    (
        "Linear_ReLU.backward",
        "Linear.backward(ReLU.backward(dout, relu_cache), linear_cache)",
        "Linear.backward(dout, linear_cache)",
        "gradient",
    ),
    ("Dropout.backward", ">= p) / (1 - p)", ">= p) / p", "forward"),
    ("Dropout.backward", ">= p) / (1 - p)", "< p) / (1 - p)", "laws"),
    (
        "Conv.backward",
        "[:, :, pad : pad + H, pad : pad + W], dw",
        "[:, :, pad:-pad, pad:-pad], dw",
        "",
    ),
    ("Conv.backward", "nchwkl,fckl->nfhw", "nchwlk,fckl->nfhw", ""),
    ("MaxPool.backward", "dx[:, :, rows, columns] += first", "dx[:, :, rows, columns] = first", ""),
    ("FastConv.backward", "layer.bias.grad.detach()", "layer.bias.grad.detach() / 2", "gradient"),
    (
        "FastMaxPool.backward",
        "leaf.grad.detach()\n\n\nclass Conv_ReLU:",
        "dout\n\n\nclass Conv_ReLU:",
        "",
    ),
    ("BatchNorm.backward", "unbiased=False)", "unbiased=True)", "forward"),
    ("BatchNorm.backward_alt", "(centred - normalized *", "(centred + normalized *", "gradient"),
    (
        "SpatialBatchNorm.backward",
        "reshape(-1, C)\n        out, cache",
        "reshape(C, -1).T\n        out, cache",
        "",
    ),
    ("Conv_ReLU.backward", "ReLU.backward(dout, relu_cache), conv", "dout, conv", "gradient"),
    ("Conv_ReLU_Pool.backward", "s, relu_cache = ReLU.forward(a)", "s, relu_cache = a, a", ""),
    ("Conv_BatchNorm_ReLU.backward", "dn = ReLU.backward(dout, relu_cache)", "dn = dout", ""),
    ("svm_loss", "margins.sum() / len(x)", "margins.mean()", "forward"),
    ("softmax_loss", "x.max(dim=1, keepdim=True).values", "0", "stability"),
    ("rnn_step_backward", "(1 - next_h**2)", "(1 - next_h)", "gradient"),
    ("rnn_backward", "dh[:, t] + dprev_h", "dh[:, t]", "gradient"),
    ("temporal_softmax_loss", 'reduction="sum"', 'reduction="mean"', "forward"),
    ("lstm_step_forward", "i, f, o, g = a.chunk", "i, f, g, o = a.chunk", "forward"),
    ("lstm_forward", "[], torch.zeros_like(h0)", "[], h0", "forward"),
    (
        "scaled_dot_product_two_loop_single",
        "math.sqrt(query.shape[1])",
        "query.shape[1]",
        "forward",
    ),
    ("scaled_dot_product_two_loop_batch", "math.sqrt(query.shape[2])", "query.shape[2]", "forward"),
    ("scaled_dot_product_no_loop_batch", "masked_fill(mask,", "masked_fill(~mask,", "forward"),
    ("sgd", "w -= config", "w = w + config", "forward"),
    ("sgd_momentum", "return w + v", "return w - v", "forward"),
    ("sgd_momentum", 'config["velocity"] = v', 'config["velocity"] = v.mean()', "shape"),
    ("rmsprop", "(1 - decay) * dw**2", "dw**2", "forward"),
    ("rmsprop", '    config["cache"] = cache\n', "", "forward"),
    ("adam", 'config["m"] / (1 - beta1 ** config["t"])', 'config["m"]', "forward"),
    ("adam", '.setdefault("t", 0) + 1', '.setdefault("t", 0) + 2', "forward"),
    ("adam", "m_hat = config", "dw *= 2\n    m_hat = config", "side_effects"),
]


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    return load(tmp_path_factory.mktemp("right"), RIGHT)


def test_every_spelling_has_a_mistake(right):
    assert {function for function, *_ in MISTAKES} == set(spellings(right, "eecs498"))


@pytest.mark.parametrize("function", dict.fromkeys(function for function, *_ in MISTAKES))
def test_the_right_example_passes(right, function):
    assert failures(right, "eecs498", function, examples=40) == {}


@pytest.mark.parametrize(("function", "old", "new", "wrong"), MISTAKES)
def test_a_mistake_dies(tmp_path, function, old, new, wrong):
    module = load(tmp_path, edited(NAME, old, new))
    found = failures(module, "eecs498", function)
    assert found
    assert not wrong or wrong in found, found


def test_the_convention_is_recognised(right):
    assert recognise(right, operator_names()).name == "eecs498"


def test_functions_that_cs231n_has_as_well_are_told_by_their_tensors(tmp_path):
    start, end = map(RIGHT.index, ("def rnn_step_forward", "def lstm_step_forward"))
    on_tensors = load(tmp_path, f"import torch\n\n\n{RIGHT[start:end]}")
    assert recognise(on_tensors, operator_names()).name == "eecs498"
    on_arrays = load(tmp_path, (EXAMPLES / "right_rnn.py").read_text())
    assert recognise(on_arrays, operator_names()).name == "cs231n"


def test_torch_in_functions_of_another_course_does_not_hide_them(tmp_path):
    source = "import torch\n\n\ndef affine_forward(x, w, b):\n    return torch.mm(x, w) + b, x\n"
    assert recognise(load(tmp_path, source), operator_names()).name == "cs231n"


def test_methods_of_objects_are_not_static_ones(tmp_path):
    module = load(tmp_path, "class Conv:\n    def forward(self, x):\n        return x\n")
    assert spellings(module, "eecs498") == {}


def test_what_names_cuda_itself_is_missing_where_there_is_none(tmp_path):
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    source = "import torch\n\nclass ReLU:\n    @staticmethod\n    def forward(x):\n"
    source += "        return torch.zeros(3, device='cuda'), x\n"
    found = failures(load(tmp_path, source), "eecs498", "ReLU.forward", "forward")
    assert found["forward"][0] == "missing"
    assert "asks for a CUDA device" in found["forward"][1]


def test_a_cache_of_torchs_own_layers_is_good_for_one_backward(right):
    assert "backward_twice" not in failures(right, "eecs498", "FastConv.backward", "backward_twice")
    twice = "leaf, out, layer = cache\n        out.backward(dout)"
    assert twice in RIGHT
