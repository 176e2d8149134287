"""Optimizers on torch: right ones pass in each usual definition, and known mistakes die."""

from __future__ import annotations

import pytest

from candidates.conventions import find_convention
from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings
from tests.spelled import edited

RIGHT = (EXAMPLES / "right_torch_optim.py").read_text()
JUDGED = ("shape", "forward", "steps", "precision", "stability", "side_effects")

CORRECTED = 'state["m"] / (1 - beta1 ** state["t"])'
CORRECTED_V = 'v / (1 - beta2 ** state["t"])'
COUPLED = 'g = p.grad + group["weight_decay"] * p\n                state["t"]'
MOVED = 'p -= group["lr"] * m_hat'
DECAYS = "                p.data -= lr * decay * p.data\n"
STEPPED = 'p.data -= size * state["m"] / (state["v"].sqrt() + group["eps"])'
GRADIENT = 'g = p.grad + group["weight_decay"] * p\n                if'
STATE = 'state = self.state[p]\n                    if "velocity"'
AVERAGE = 'v.mul_(group["momentum"]).add_(g, alpha=1 - group["dampening"])'
ZEROS = 'state["velocity"] = g.clone()'
VELOCITY = "self.v[i] = self.momentum * self.v[i] - self.lr * p.grad"

MISTAKES = {
    "no bias correction of m": ("MyAdam", CORRECTED, 'state["m"]'),
    "no bias correction of v": ("MyAdam", CORRECTED_V, "v"),
    "eps inside the root": (
        "MyAdam",
        'm_hat / (v_hat.sqrt() + group["eps"])',
        'm_hat / (v_hat + group["eps"]).sqrt()',
    ),
    "decay decoupled": (
        "MyAdam",
        COUPLED,
        'g = p.grad\n                p *= 1 - group["lr"] * group["weight_decay"]\n'
        '                state["t"]',
    ),
    "step counted twice": ("MyAdam", 'state["t"] += 1', 'state["t"] += 2'),
    "step counted for each parameter": (
        "MyAdam",
        'state["t"] += 1',
        'self.t = getattr(self, "t", 0) + 1\n                state["t"] = self.t',
    ),
    "the first group's learning rate for all": (
        "MyAdam",
        'p -= group["lr"] * m_hat',
        'p -= self.param_groups[0]["lr"] * m_hat',
    ),
    "the first group's decay for all": (
        "SGD",
        GRADIENT,
        GRADIENT.replace("group[", "self.param_groups[0][", 1),
    ),
    "step counted for each group": (
        "MyAdam",
        'beta1, beta2 = group["betas"]\n            for p in group["params"]:\n                if',
        'beta1, beta2 = group["betas"]\n            self.t = getattr(self, "t", 0) + 1\n'
        '            for p in group["params"]:\n                if',
        'state["t"] += 1',
        'state["t"] = self.t',
    ),
    "the first group alone": (
        "SGD",
        "        for group in self.param_groups:\n            for p",
        "        for group in self.param_groups[:1]:\n            for p",
    ),
    "amsgrad ignored": ("MyAdam", 'v = state["v_max"] =', 'state["v_max"] ='),
    "gradient changed in place": (
        "MyAdam",
        COUPLED,
        'g = p.grad.add_(p, alpha=group["weight_decay"])\n                state["t"]',
    ),
    "decay coupled": (
        "AdamW",
        "g = p.grad.data\n",
        "g = p.grad.data + decay * p.data\n",
        DECAYS,
        "",
    ),
    "decay without lr": ("AdamW", DECAYS, DECAYS.replace("lr * ", "")),
    "no correction": (
        "AdamW",
        "size = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)",
        "size = lr",
    ),
    "momentum dampened": ("SGD", AVERAGE, AVERAGE.replace("dampening", "momentum")),
    "first gradient dampened": (
        "SGD",
        ZEROS,
        'state["velocity"] = (1 - group["dampening"]) * g',
    ),
    "state shared by all parameters": ("SGD", STATE, STATE.replace("[p]", "[0]")),
    "decay added to the gradient itself": (
        "SGD",
        GRADIENT,
        'p.grad.data.add_(p, alpha=group["weight_decay"])\n'
        "                g = p.grad\n                if",
    ),
    "the first parameter only": (
        "Momentum",
        "p.data += self.v[i]",
        "p.data += self.v[i]\n            break",
    ),
    "moving average": (
        "Momentum",
        VELOCITY,
        "self.v[i] = self.momentum * self.v[i] - (1 - self.momentum) * self.lr * p.grad",
    ),
    "squares not averaged": ("RMSProp", "(1 - self.alpha) * p.grad**2", "p.grad**2"),
    "squares forgotten": ("AdaGrad", "self.s[p] += p.grad**2", "self.s[p] = p.grad**2"),
    "root missing": ("AdaGrad", "self.s[p].sqrt()", "self.s[p]"),
}


def told(module, name):
    return spellings(module, "torch")[name].told(module)


@pytest.mark.parametrize("name", ["SGD", "Momentum", "MyAdam", "AdamW", "RMSProp", "AdaGrad"])
def test_the_right_ones_pass(tmp_path, name):
    assert not failures(load(tmp_path, RIGHT), "torch", name, examples=30)


def test_defaults_of_its_own_are_told_not_judged(tmp_path):
    words = told(load(tmp_path, RIGHT), "AdamW")["differs"]
    assert "by default betas (0.9, 0.95), eps 1e-06, weight_decay 0.1" in words


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_found(tmp_path, mistake):
    name, *edits = MISTAKES[mistake]
    module = load(tmp_path, edited(RIGHT, *edits))
    assert failures(module, "torch", name, *JUDGED, examples=20)


OTHERS = {
    "scaled": ("Momentum", VELOCITY, VELOCITY, "the velocity has the factor lr"),
    "not scaled": (
        "Momentum",
        f"{VELOCITY}\n            p.data += self.v[i]",
        "self.v[i] = self.momentum * self.v[i] + p.grad\n            p.data -= self.lr * self.v[i]",
        "only dampening 0.0, weight_decay 0.0, nesterov False",
    ),
    "an average": (
        "Momentum",
        "lr, momentum=0.9):\n        super().__init__(params)\n"
        "        self.lr, self.momentum = lr, momentum",
        "lr, beta=0.9):\n        super().__init__(params)\n"
        "        self.lr, self.momentum = lr, beta",
        "the velocity is a moving average from zero",
        f"{VELOCITY}\n            p.data += self.v[i]",
        "self.v[i] = self.momentum * self.v[i] + (1 - self.momentum) * p.grad\n"
        "            p.data -= self.lr * self.v[i]",
    ),
    "decay first": (
        "AdamW",
        DECAYS,
        "",
        "eps is added to the uncorrected root",
        STEPPED,
        f"p.data *= 1 - lr * decay\n                {STEPPED}",
    ),
    "eps of the corrected root": (
        "AdamW",
        STEPPED,
        'p.data -= size * state["m"] / (state["v"].sqrt() '
        '+ group["eps"] * math.sqrt(1 - beta2**t))',
        "weights shrink after they have moved",
    ),
    "eps beside the root": (
        "RMSProp",
        "torch.sqrt(s + self.eps)",
        "(torch.sqrt(s) + self.eps)",
        "only weight_decay 0.0, momentum 0.0, centered False",
    ),
    "rate of its own": (
        "SGD",
        'p -= group["lr"] * g',
        "p -= self.kept * g",
        "its learning rate stays",
        '{**rates, "weight_decay": weight_decay, "nesterov": nesterov})',
        '{**rates, "weight_decay": weight_decay, "nesterov": nesterov})\n        self.kept = lr',
    ),
}


@pytest.mark.parametrize("form", OTHERS)
def test_other_definitions_pass_and_are_told(tmp_path, form):
    name, old, new, words, *more = OTHERS[form]
    module = load(tmp_path, edited(RIGHT, old, new, *more))
    assert words in told(module, name)["differs"]
    assert not failures(module, "torch", name, *JUDGED, examples=20)


UNJUDGED = {
    "keywords": ("lr, momentum=0.9):", "lr, momentum=0.9, **others):", "takes any keywords"),
    "a model": ("(self, params, lr, momentum=0.9):", "(self, model, lr):", "other parameters"),
    "arguments": (
        "    def step(self):\n        for i, p",
        "    def step(self, t):\n        for i, p",
        "its step takes arguments",
    ),
    "falls": (
        f"{VELOCITY}\n            p.data += self.v[i]",
        'self.t = {**getattr(self, "t", {}), i: getattr(self, "t", {}).get(i, 0) + 1}\n'
        "            p.data -= self.lr / self.t[i] ** 0.5 * p.grad",
        "its learning rate falls",
    ),
}


@pytest.mark.parametrize("why", UNJUDGED)
def test_what_is_not_clear_is_not_judged(tmp_path, why):
    old, new, words = UNJUDGED[why]
    if why == "falls":  # of the toy of Stanford's CS336, which has no momentum
        source = edited(RIGHT, "lr, momentum=0.9):", "lr):", "= lr, momentum", "= lr, 0.9")
    else:
        source = edited(RIGHT, ", momentum\n", ", 0.9\n") if why == "a model" else RIGHT
    module = load(tmp_path, edited(source, old, new))
    spelled = find_convention("torch").spellings(["sgd"])
    (spelling,) = (s for s in spelled if s.forward == "Momentum")
    assert "Momentum" not in spellings(module, "torch")
    assert words in spelling.passed_over(module)["Momentum"]
