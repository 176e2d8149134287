"""Noise on gradients: what a function adds on torch, in each form, and mistakes in it."""

from __future__ import annotations

import pytest

from candidates.conventions._metrics import obstacle
from candidates.conventions._torch_noise import NOISE
from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings
from tests.spelled import edited

RIGHT = (EXAMPLES / "right_torch_noise.py").read_text()
WORDS = {
    "add_gradient_noise": "",
    "add_grad_noise": "the deviation is given, the noise does not fall",
    "grad_noise": "gamma is 0.55",
    "apply_gradient_noise": "eta is 0.01, gamma 0.55",
    "inject_gradient_noise": "the deviation is given, and falls by itself",
}
OF_PAPER = "(eta / (1 + step) ** gamma) ** 0.5"
MISTAKES = {
    "variance for the deviation": ("add_gradient_noise", OF_PAPER, OF_PAPER[:-7]),
    "steps from 1": ("add_gradient_noise", "(1 + step) ** gamma", "(2 + step) ** gamma"),
    "noise grows": ("add_gradient_noise", "/ (1 + step) ** gamma", "* (1 + step) ** gamma"),
    "noise scaled": ("add_gradient_noise", "* sigma)", "* sigma * p.grad)"),
    "uniform": ("add_gradient_noise", "torch.randn_like", "torch.rand_like"),
    "one number for all": ("add_grad_noise", "size=p.grad.shape", "size=(1,)"),
    "noise alone": ("add_grad_noise", "p.grad + torch.normal", "0 * p.grad + torch.normal"),
    "nothing added": ("add_grad_noise", "p.grad = p.grad +", "noise ="),
    "parameters, not gradients": ("grad_noise", "p.grad +=", "p.data +="),
}


@pytest.mark.parametrize("name", WORDS)
def test_the_right_ones_pass(tmp_path, name):
    module = load(tmp_path, RIGHT)
    spelling = spellings(module, "torch")[name]
    assert spelling.promised(spelling.told(module)).differs == WORDS[name]
    assert failures(module, "torch", name, examples=30) == {}


@pytest.mark.parametrize("mistake", [m for m in MISTAKES if m != "uniform"])
def test_mistakes_are_found(tmp_path, mistake):
    name, old, new = MISTAKES[mistake]
    module = load(tmp_path, edited(RIGHT, old, new))
    assert failures(module, "torch", name, examples=20)


def test_noise_that_torch_draws_in_no_known_way_is_not_judged(tmp_path):
    name, old, new = MISTAKES["uniform"]
    module = load(tmp_path, edited(RIGHT, old, new))
    assert "drawn in no known way" in obstacle(NOISE, getattr(module, name))
