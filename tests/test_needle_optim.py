"""Optimizers in the convention of needle, whose state is their own."""

from __future__ import annotations

import pytest

from tests.test_command import check, rows, statuses
from tests.test_needle import edited

OPTIMIZERS = ("--operator", "sgd", "--operator", "adam")
MISTAKES = {
    "momentum undampened": (
        "sgd",
        "u = self.gradient(p) * (1 - self.momentum)",
        "u = self.gradient(p)",
    ),
    "velocity forgotten": ("sgd", "u = u + self.u[p] * self.momentum", "pass"),
    "learning rate ignored": ("sgd", "- u * self.lr", "- u"),
    "weight decay ignored": ("sgd", " + p.detach() * self.weight_decay", ""),
    "t not counted": ("adam", "self.t += 1", "self.t = 1"),
    "eps under the root": ("adam", "v_hat**0.5 + self.eps", "(v_hat + self.eps) ** 0.5"),
    "no bias correction": ("adam", "self.m[p] / (1 - self.beta1**self.t)", "self.m[p]"),
}


def test_the_right_ones_pass(tmp_path):
    verdict, run = check(edited(tmp_path), *OPTIMIZERS, examples=60)
    assert statuses(verdict) == {"sgd": "pass", "adam": "pass"}, run.stdout


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_found(tmp_path, mistake):
    operator, old, new = MISTAKES[mistake]
    package = edited(tmp_path, ("optim.py", old, new))
    verdict, run = check(package, "--operator", operator, examples=60)
    found = {name for name, row in rows(verdict, operator).items() if row["status"] == "wrong"}
    assert found & {"forward", "steps"}, run.stdout


def test_a_stub_is_missing(tmp_path):
    package = edited(tmp_path, ("optim.py", "self.t += 1", "raise NotImplementedError"))
    verdict, run = check(package, "--operator", "adam", examples=20)
    assert statuses(verdict) == {"adam": "missing"}, run.stdout
