"""Torch's own names: recognition, the narrower promise of fewer parameters, weights, mistakes."""

from __future__ import annotations

import textwrap

import pytest
import torch

from candidates.conventions import recognise
from properties.operator import operator_names
from tests.homework import EXAMPLES
from tests.in_process import edited, failures, load, spellings

NAME = "right_torch.py"
RIGHT = (EXAMPLES / NAME).read_text()

NEAR_0 = torch.tensor(-1e-4)

MISTAKES = [
    (
        "conv2d",
        'groups, -1, *weight.shape[1:])\n    out = torch.einsum("ngchwkl',
        'groups, -1, *weight.shape[1:]).flip(0)\n    out = torch.einsum("ngchwkl',
    ),
    (
        "deform_conv2d",
        "offset[:, :, :, :, 0] + rows + i, offset[:, :, :, :, 1]",
        "offset[:, :, :, :, 1] + rows + i, offset[:, :, :, :, 0]",
    ),
    ("max_pool2d", "extra, fill=-math.inf", "extra"),
    ("avg_pool2d", "value=float(count_include_pad)", "value=1.0"),
    ("adaptive_avg_pool2d", "-(-(i + 1) * size // out)", "(i + 1) * size // out"),
    ("unfold", "permute(0, 1, 4, 5, 2, 3)", "permute(0, 1, 5, 4, 2, 3)"),
    ("linear", "out = input @ weight.T", "out = input @ weight.T * 1.0001"),
    ("relu", "torch.where(input > 0, input, 0.0)", "torch.where(input >= 0, input, 0.0)"),
    ("leaky_relu", "negative_slope * input)", "negative_slope * input.abs())"),
    ("prelu", "(-1, *[1] * (input.ndim - 2)) if weight.numel() > 1", "(-1,) if weight.numel() > 1"),
    (
        "elu",
        "torch.expm1(torch.where(input > 0, 0.0, input))",
        "(torch.where(input > 0, 0.0, input).exp() - 1)",
    ),
    (
        "sigmoid",
        "torch.where(input >= 0, 1 / (1 + small), small / (1 + small))",
        "input.exp() / (1 + input.exp())",
    ),
    (
        "tanh",
        "    return torch.tanh(input)\n",
        "    return 1 - 2 / (torch.exp(2 * input) + 1.001)\n",
    ),
    (
        "softmax",
        "exponentials.sum(dim=dim, keepdim=True)",
        "exponentials.sum(dim=-1, keepdim=True)",
    ),
    (
        "log_softmax",
        "shifted.exp().sum(dim=dim, keepdim=True).log()",
        "softmax(input, dim).sum(dim=dim, keepdim=True).log()",
    ),
    ("batch_norm", "var * n / (n - 1), momentum", "var, momentum"),
    (
        "layer_norm",
        "(centred**2).mean(dim=axes, keepdim=True) + eps",
        "(centred**2).mean(dim=axes, keepdim=True)",
    ),
    ("group_norm", "(N, num_groups, C // num_groups, *", "(N, C // num_groups, num_groups, *"),
    (
        "dropout",
        "return input * (torch.rand_like(input) >= p) / (1 - p)",
        "return input * (torch.rand_like(input) >= p)",
    ),
    ("nll_loss", "0.0), reduction, counted.sum())", "0.0), reduction)"),
    ("cross_entropy", "nll_loss(log_softmax(input, 1)", "nll_loss(softmax(input, 1).log()"),
    ("mse_loss", "reduced((input - target) ** 2", "reduced((input - target) ** 2 / 2"),
    ("multi_margin_loss", "(off**p * others).sum(dim=1)", "(off * others).sum(dim=1)"),
    ("embedding", "padding_idx % len(weight)", "padding_idx"),
    ("one_hot", "int(tensor.max()) + 1 if", "int(tensor.max()) if"),
    ("normalize", ".clamp_min(eps)", " + eps"),
    ("cdist", "x2[..., None, :, :], dim=-1)", "x2[..., None, :, :], dim=-1) ** 2"),
    (
        "scaled_dot_product_attention",
        "masked_fill(~attn_mask, -math.inf)",
        "masked_fill(~attn_mask, 0.0)",
    ),
    ("topk", "descending=largest", "descending=True"),
    (
        "rnn_tanh_cell",
        "input @ w_ih.T + hx @ w_hh.T + b_ih + b_hh)",
        "input @ w_ih.T + hx @ w_hh + b_ih + b_hh)",
    ),
    ("lstm_cell", "i, f, g, o = ", "i, f, o, g = "),
    ("LinearFunction", "dout @ weight, douts.T @ rows", "dout @ weight, rows.T @ douts"),
    ("MyReLU", "return dout * (out > 0)", "return dout"),
    (
        "Conv2d",
        "self.geometry = stride, padding, dilation, groups",
        "self.geometry = stride, padding, 1, groups",
    ),
    (
        "MaxPool2d",
        "kernel_size, stride, padding, dilation, ceil_mode\n\n    def",
        "kernel_size, stride, padding, dilation\n\n    def",
    ),
    (
        "Linear",
        "return linear(input, self.weight, self.bias)",
        "return linear(input, self.weight.detach(), self.bias)",
    ),
    ("Embedding", "self.padding_idx = padding_idx", "self.padding_idx = None"),
    ("BatchNorm2d", "self.running_mean, self.running_var = mean, var", "self.running_mean = mean"),
    (
        "BatchNorm1d",
        "return batch_norm(input, self.running_mean, self.running_var, *scales)",
        "return batch_norm(input, self.running_mean, self.running_var.clone(), *scales)",
    ),
    (
        "LayerNorm",
        "self.weight.shape, self.weight, self.bias, self.eps",
        "self.weight.shape, self.weight, self.bias, 1e-5",
    ),
    ("GroupNorm", "group_norm(input, self.groups, self.weight", "group_norm(input, 1, self.weight"),
    (
        "ReLU",
        "    def forward(self, input):\n        return relu(input)",
        "    def forward(self, input):\n        return leaky_relu(input)",
    ),
    ("Dropout", "dropout(input, self.p, self.training)", "dropout(input, self.p)"),
    ("PReLU", "return prelu(input, self.weight)", "return prelu(input, self.weight.detach())"),
    ("Softmax", "return softmax(input, self.dim)", "return softmax(input, -1)"),
    (
        "CrossEntropyLoss",
        "self.options = ignore_index, reduction",
        "self.options = -100, reduction",
    ),
    (
        "LSTMCell",
        "lstm_cell(input, hx, *self.weights())",
        "lstm_cell(input, hx[::-1], *self.weights())",
    ),
    ("RNNCell", "return rnn_tanh_cell(input, hx, *", "return rnn_tanh_cell(input, hx * 0, *"),
    ("RNN", "hx[0], rnn_tanh_cell)", "hx[0] * 0, rnn_tanh_cell)"),
    ("LSTM", "(hx[0][0], hx[1][0])", "(hx[0][0], hx[0][0])"),
    ("GRU", "sigmoid(xr + hr) * hn", "sigmoid(xr + hr) * hn * 0.5"),
]


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    return load(tmp_path_factory.mktemp("right"), RIGHT)


def test_every_spelling_has_a_mistake(right):
    assert {function for function, *_ in MISTAKES} == set(spellings(right, "torch"))


@pytest.mark.parametrize("function", [function for function, *_ in MISTAKES])
def test_the_right_example_passes(right, function):
    assert failures(right, "torch", function, examples=30) == {}


@pytest.mark.parametrize(("function", "old", "new"), MISTAKES)
def test_a_mistake_dies(tmp_path, function, old, new):
    if function == "elu" and torch.nn.functional.elu(NEAR_0) != torch.expm1(NEAR_0):
        pytest.skip("this PyTorch computes elu so itself")  # 2.6 does
    found = failures(load(tmp_path, edited(NAME, old, new)), "torch", function, examples=100)
    assert {status for status, _ in found.values()} & {"wrong", "unstable", "crash"}, found


def test_the_convention_is_recognised(right):
    assert recognise(right, operator_names()).name == "torch"


def test_what_is_imported_from_torch_is_nobodys(tmp_path):
    source = """
    import torch
    from torch.nn import Linear, ReLU
    from torch.nn.functional import conv2d, relu, softmax
    """
    assert spellings(load(tmp_path, textwrap.dedent(source)), "torch") == {}


def test_functions_on_arrays_are_not_torchs(tmp_path):
    source = "import numpy as np\n\ndef relu(x):\n    return np.maximum(x, 0)\n"
    assert spellings(load(tmp_path, source), "torch") == {}


FEWER = """
import torch
import torch.nn.functional as F


def conv2d(x, kernel, stride: int = 1, pad=0):
    return F.conv2d(x, kernel, stride=stride, padding=pad)


def avg_pool2d(image, kernel_size):
    return F.avg_pool2d(image, int(kernel_size))


class Conv2d(torch.nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size):
        super().__init__()
        self.kernel = torch.nn.Parameter(
            torch.zeros(out_channels, in_channels, kernel_size, kernel_size)
        )

    def forward(self, x):
        return F.conv2d(x, self.kernel)


def linear(x, w, extra):
    return x @ w.T


def softmax(*, x, dim):
    return torch.softmax(x, dim)


def one_hot(labels, num_classes):
    return torch.eye(num_classes)[labels]


def log_softmax(x, dim, /):
    return torch.log_softmax(x, dim)


class MaxPool2dFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, kernel_size, scratch=None, stride=None):
        out, ctx.at = F.max_pool2d(x, kernel_size, stride, return_indices=True)
        ctx.shape = x.shape
        return out

    @staticmethod
    def backward(ctx, dout):
        dx = dout.new_zeros(*ctx.shape[:2], ctx.shape[2] * ctx.shape[3])
        dx.scatter_add_(2, ctx.at.flatten(2), dout.flatten(2))
        return dx.reshape(ctx.shape), None, None, None
"""


def test_fewer_parameters_promise_less(tmp_path):
    module = load(tmp_path, FEWER)
    found = spellings(module, "torch")
    told = {name: s.promised(s.told(module)) for name, s in found.items()}
    assert told["conv2d"].domain["groups"] == (1,)
    assert told["conv2d"].domain["bias"] == (False,)
    assert told["conv2d"].domain["dilation"] == (1,)
    assert told["conv2d"].square == ("stride",)
    assert "stride" not in told["conv2d"].domain
    assert told["avg_pool2d"].square == ("kernel",)
    assert told["avg_pool2d"].domain["default_stride"] == (True,)
    assert told["one_hot"].domain["inferred"] == (False,)
    assert told["Conv2d"].domain["bias"] == (False,)
    assert told["Conv2d"].square == ("kernel",)
    assert "only dilation 1, groups 1" in told["conv2d"].differs.replace("bias False, ", "")
    for name in found:
        assert failures(module, "torch", name, examples=30) == {}, name


def test_other_parameters_are_passed_over_with_a_reason(tmp_path):
    module = load(tmp_path, FEWER)
    assert "linear" not in spellings(module, "torch")
    reasons = {}
    from candidates.conventions import find_convention

    for spelling in find_convention("torch").spellings(operator_names()):
        reasons |= spelling.passed_over(module)
    assert reasons == {"linear": "it takes other parameters than torch's (input, weight, bias)"}


@pytest.mark.parametrize(
    ("made", "status", "words"),
    [
        (
            "self.c = torch.nn.Parameter(torch.zeros(7, 7, 1))",
            "missing",
            "no parameter of the module",
        ),
        (
            "self.weight = torch.nn.Parameter(torch.zeros(i, o, 1))",
            "wrong",
            "its parameter",
        ),
    ],
)
def test_weights_that_do_not_fit_say_so(tmp_path, made, status, words):
    source = f"""
    import torch

    class Linear(torch.nn.Module):
        def __init__(self, in_features: i, out_features: o, bias=False):
            super().__init__()
            i, o = in_features, out_features
            {made}

        def forward(self, x):
            return x @ next(self.parameters())[..., 0]
    """.replace(": i", "").replace(": o", "")
    module = load(tmp_path, textwrap.dedent(source))
    found = failures(module, "torch", "Linear", "shape", "forward", examples=60)
    assert any(s == status and words in message for s, message in found.values()), found
