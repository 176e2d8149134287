"""Optimizers in the convention of mytorch, which step the layers of a model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.homework import EXAMPLES, write
from tests.spelled import edited, failing, loaded, spellings_found
from tests.test_command import check, statuses

RIGHT = (EXAMPLES / "right_mytorch.py").read_text()
OPTIMIZERS = ("sgd", "adam", "adamw")

SCALED = """
class SGD:
    def __init__(self, model, lr=0.1, momentum=0):
        self.l, self.lr, self.mu = model.layers, lr, momentum
        self.v_W = [np.zeros(layer.W.shape) for layer in self.l]
        self.v_b = [np.zeros(layer.b.shape) for layer in self.l]

    def step(self):
        for i, layer in enumerate(self.l):
            self.v_W[i] = self.mu * self.v_W[i] - self.lr * layer.dLdW
            self.v_b[i] = self.mu * self.v_b[i] - self.lr * layer.dLdb
            layer.W += self.v_W[i]
            layer.b += self.v_b[i]
"""

STUB = """
class SGD:
    def __init__(self, model, lr=0.1, momentum=0):
        self.l, self.lr, self.mu = model.layers, lr, momentum
        self.v_W = [np.zeros(layer.W.shape) for layer in self.l]
        self.v_b = [np.zeros(layer.b.shape) for layer in self.l]

    def step(self):
        for i, layer in enumerate(self.l):
            layer.W = None  # TODO
            layer.b = None  # TODO
"""


def found(module, operator):
    (spelling,) = (s for s in spellings_found(module, "mytorch") if s.operator == operator)
    return replace(spelling, promise=spelling.promised(spelling.told(module)))


def test_the_right_ones_pass(tmp_path):
    module = loaded(tmp_path, RIGHT)
    for operator in OPTIMIZERS:
        judged = ["shape", "forward", "steps", "side_effects", "laws"]
        assert not failing(module, found(module, operator), judged, examples=60), operator


def test_the_other_definitions_pass_too(tmp_path):
    """eps under the root, and weights that shrink after they have moved."""
    head, _, tail = RIGHT.partition("class AdamW(Adam):")
    step, first = "    def step(self):\n", "        super().step()\n"
    tail = edited(tail, first, "", step, step + first)
    head = edited(head, "/ (root + self.eps)", "/ np.sqrt(root**2 + self.eps)")
    module = loaded(tmp_path, f"{head}class AdamW(Adam):{tail}")
    for operator in ("adam", "adamw"):
        assert not failing(module, found(module, operator), ["forward", "steps"], examples=60)


def test_a_velocity_with_the_learning_rate_is_judged_so(tmp_path):
    verdict, run = check(write(tmp_path, SCALED), "--operator", "sgd", examples=60)
    assert statuses(verdict) == {"sgd": "pass"}, run.stdout
    assert "the velocity has the factor -lr" in run.stdout


def test_a_stub_is_missing(tmp_path):
    verdict, run = check(write(tmp_path, STUB), "--operator", "sgd", examples=20)
    assert statuses(verdict) == {"sgd": "missing"}, run.stdout


@pytest.mark.parametrize(
    ("operator", "old", "new", "wrong"),
    [
        ("sgd", "layer.W -= self.lr * self.v_W[i]", "layer.W -= self.v_W[i]", "shape"),
        ("sgd", "layer.b -= self.lr * self.v_b[i]", "pass", "shape"),
        ("adam", "self.t += 1", "self.t += 2", "forward"),
        ("adam", "m[i] / (1 - self.beta1**self.t)", "m[i]", "forward"),
        ("adam", "np.sqrt(v[i] / (1 - self.beta2**self.t))", "np.sqrt(v[i])", "forward"),
        ("adamw", "* self.weight_decay * layer.W", "* layer.W", "shape"),
        ("adamw", "        super().step()", "        self.step", "forward"),
    ],
)
def test_mistakes_are_found(tmp_path, operator, old, new, wrong):
    module = loaded(tmp_path, edited(RIGHT, old, new))
    assert failing(module, found(module, operator), [wrong])


def test_coupled_weight_decay_is_found(tmp_path):
    head, _, tail = RIGHT.partition("class AdamW(Adam):")
    for name in ("W", "b"):
        old = f"layer.{name} -= self.lr * self.weight_decay * layer.{name}"
        new = f"layer.dLd{name} = layer.dLd{name} + self.weight_decay * layer.{name}"
        tail = edited(tail, old, new)
    module = loaded(tmp_path, f"{head}class AdamW(Adam):{tail}")
    assert failing(module, found(module, "adamw"), ["forward"])
