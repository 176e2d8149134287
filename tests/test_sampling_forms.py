"""Samplers by weights as they are written: right and wrong ones, and what is left."""

from __future__ import annotations

import pytest

from tests.in_process import failures, load, passed_over, spellings

HEAD = "import random\nimport numpy as np\n"
OBJECT = """
class WeightedRandomSampler:
    def __init__(self, weights, num_samples, replacement=True):
        self.weights = np.asarray(weights, float)
        self.num_samples, self.replacement = num_samples, replacement

    def __iter__(self):
        p = self.weights / self.weights.sum()
        ids = np.random.choice(len(p), self.num_samples, replace=self.replacement, p=p)
        return iter(ids.tolist())

    def __len__(self):
        return self.num_samples
"""
FUNCTION = """
def weighted_sample(weights, k):
    totals, drawn = [sum(weights[: n + 1]) for n in range(len(weights))], []
    for _ in range(k):
        u = random.random() * totals[-1]
        drawn.append(next(n for n, total in enumerate(totals) if u < total))
    return drawn
"""
ITEMS = (
    "def weighted_sampling(items, weights, k): return random.choices(items, weights=weights, k=k)"
)
TENSORS = """
import torch

class WeightedSampler:
    def __init__(self, weights, num_samples, replacement=True):
        self.weights = torch.as_tensor(weights, dtype=torch.double)
        self.num_samples, self.replacement = num_samples, replacement

    def __iter__(self):
        return iter(torch.multinomial(self.weights, self.num_samples, self.replacement).tolist())
"""
RIGHT = {
    "numpy-course": (OBJECT, FUNCTION, ITEMS),
    "torch": (TENSORS,),
}


def judged(tmp_path, source, *properties, convention="numpy-course"):
    module = load(tmp_path, HEAD * (convention != "torch") + source)
    (name,) = spellings(module, convention)
    return failures(module, convention, name, *properties, examples=30)


@pytest.mark.parametrize("convention", RIGHT)
def test_right_ones_pass(tmp_path, convention):
    for source in RIGHT[convention]:
        assert judged(tmp_path, source, convention=convention) == {}


WRONG = {
    "replacement ignored": OBJECT.replace("replace=self.replacement, ", ""),
    "never replaced": OBJECT.replace("replace=self.replacement", "replace=False"),
    "alike": OBJECT.replace(", p=p", ""),
    "weights squared": OBJECT.replace(
        "self.weights.sum()", "self.weights.sum()\n        p = p**2"
    ).replace("p=p)", "p=p / p.sum())"),
    "the place after": FUNCTION.replace("drawn.append(next(n for", "drawn.append(next(n + 1 for"),
    "one draw for all": FUNCTION.replace(
        "for _ in range(k):\n        u = random.random()", "{}"
    ).format("v = random.random()\n    for _ in range(k):\n        u = v"),
    "one too few": FUNCTION.replace("return drawn", "return drawn[1:]"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_wrong_ones_fail(tmp_path, mistake):
    assert judged(tmp_path, WRONG[mistake], "shape", "forward", "laws")


LEFT = {
    "no parameters of it are weights and a number of samples": (
        "def weighted_sample(weights): return 0"
    ),
    "its parameter stream is not known": "def weighted_sample(stream, k): return []",
    "it draws from a generator that cannot be seeded from outside": FUNCTION.replace(
        "random.random()", "random.SystemRandom().random()"
    ),
}


@pytest.mark.parametrize("why", LEFT)
def test_what_is_left_is_said(tmp_path, why):
    module = load(tmp_path, HEAD + LEFT[why])
    reasons = passed_over(module, "numpy-course")
    assert why in reasons
    assert not spellings(module, "numpy-course")
