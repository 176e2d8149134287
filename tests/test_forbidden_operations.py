"""`--forbid-ops`: an operation is seen by whatever name, in backward too, and when it is hidden."""

from __future__ import annotations

import pytest

from candidates.worker.operations import Forbidden, Operations, unknown
from tests.homework import EXAMPLES
from tests.test_command import check, layerproof, rows

torch = pytest.importorskip("torch")
F = torch.nn.functional
X = torch.ones(1, 1, 4, 4, requires_grad=True)
W = torch.ones(1, 1, 2, 2, requires_grad=True)
ROWS = torch.ones(3, 4)


class InBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, dout):
        return F.conv2d(dout, W.detach(), padding=1)[..., :4, :4]


def _hidden():
    try:
        F.conv2d(X, W)
    except BaseException:  # as a candidate might
        return None


def _deformed():
    from torchvision.ops import deform_conv2d

    return deform_conv2d(X, torch.zeros(1, 8, 3, 3), W)


def _scripted():
    function = torch.jit.CompilationUnit(
        "def f(x: Tensor, w: Tensor) -> Tensor:\n    return torch.conv2d(x, w)\n"
    ).f
    return function(X, W)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("conv2d", lambda: F.conv2d(X, W)),
        ("conv2d", lambda: torch.conv2d(X, W)),
        ("conv2d", lambda: torch.nn.Conv2d(1, 1, 2)(X)),
        ("conv2d", lambda: torch.ops.aten.conv2d(X, W)),
        ("conv2d", lambda: torch.convolution(X, W, None, [1] * 2, [0] * 2, [1] * 2, False, [0], 1)),
        ("conv2d", lambda: torch.nn.grad.conv2d_input((1, 1, 4, 4), W, torch.ones(1, 1, 3, 3))),
        ("conv2d", lambda: InBackward.apply(X).sum().backward()),
        ("conv2d", _hidden),
        ("conv2d", _scripted),
        ("deform_conv2d", _deformed),
        ("softmax", lambda: X.softmax(1)),
        ("softmax", lambda: torch.ops.aten._softmax(ROWS, 1, False)),
        ("cross_entropy", lambda: F.cross_entropy(ROWS, torch.zeros(3, dtype=torch.long))),
        ("batch_norm", lambda: F.batch_norm(X, None, None, training=True)),
        ("layer_norm", lambda: F.layer_norm(X, (4,))),
        ("max_pool2d", lambda: torch.nn.MaxPool2d(2)(X)),
        ("linear", lambda: F.linear(ROWS, torch.ones(2, 4))),
        ("matmul", lambda: ROWS @ ROWS.T),
        ("matmul", lambda: torch.einsum("ij,jk->ik", ROWS, ROWS.T)),
        ("einsum", lambda: torch.einsum("ij,jk->ik", ROWS, ROWS.T)),
        ("scaled_dot_product_attention", lambda: F.scaled_dot_product_attention(X, X, X)),
        ("lstm", lambda: torch.nn.LSTM(4, 3)(ROWS)),
        ("unfold", lambda: F.unfold(X, 2)),
        ("relu", lambda: ROWS.clone().relu_()),
    ],
)
def test_it_is_seen_by_any_name(name, call):
    with pytest.raises(Forbidden, match=name), Operations([name]).watch():
        call()


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("conv2d", lambda: (X.unfold(2, 2, 1).unfold(3, 2, 1) * W).sum().backward()),
        ("conv2d", _deformed),
        ("softmax", lambda: F.log_softmax(ROWS, 1)),
        ("linear", lambda: ROWS @ ROWS.T),
        ("einsum", lambda: ROWS @ ROWS.T),
        ("relu", lambda: ROWS.clamp(min=0)),
    ],
)
def test_only_what_is_named_is_forbidden(name, call):
    with Operations([name]).watch():
        call()


def test_a_name_that_torch_has_not_is_a_usage_error():
    assert unknown(["conv2d", "deform_conv2d", "matmul", "lstm", "_convolution"]) == ""
    path = EXAMPLES / "right_torch.py"
    run = layerproof("check", path, "--forbid-ops", "konv2d")
    assert run.returncode == 2
    assert "no operation of torch is called 'konv2d' (there is conv2d" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_verdict_is_forbidden_with_one_sentence(tmp_path):
    path = tmp_path / "kernels.py"
    path.write_text(
        "import torch\n\ndef relu(x):\n    return torch.relu(x)\n\n"
        "def sigmoid(x):\n    return 1 / (1 + torch.exp(-x))\n"
    )
    options = ("--forbid-ops", "relu", "--operator", "relu", "--property", "forward")
    verdict, run = check(path, *options, examples=5)
    row = rows(verdict, "relu")["forward"]
    assert row["status"] == "forbidden", run.stdout
    assert row["message"] == "uses the operation relu, which is forbidden"
    assert "--forbid-ops relu" in row["reproduce"]
    assert run.returncode == 1


def test_a_device_that_is_not_there_is_a_usage_error():
    run = layerproof("check", EXAMPLES / "right_torch.py", "--device", "cuda:77")
    assert run.returncode == 2
    assert "needs the device 'cuda:77', which torch does not have here" in run.stderr
    run = layerproof("check", EXAMPLES / "right.py", "--device", "cuda")
    assert run.returncode == 2
    assert "what computes on arrays has no device 'cuda'" in run.stderr
