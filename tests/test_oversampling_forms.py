"""Oversampling as exercises give it: which functions pass, which fail, which are left, and why."""

from __future__ import annotations

import pytest

from tests.in_process import failures, load, passed_over, spellings

HEAD = "import random\nimport numpy as np\n"
ARRAYS = """
def random_oversample(X, y, random_state=0):
    rng, chosen = np.random.RandomState(random_state), []
    classes, counts = np.unique(y, return_counts=True)
    for c in classes:
        own = np.where(y == c)[0]
        chosen += [own, rng.choice(own, counts.max() - len(own))]
    chosen = rng.permutation(np.concatenate(chosen))
    return X[chosen], y[chosen]
"""
LISTS = """
def oversample(data, labels):
    places = {c: [n for n, label in enumerate(labels) if label == c] for c in set(labels)}
    most = max(map(len, places.values()))
    x, y = list(data), list(labels)
    for c, own in places.items():
        for _ in range(most - len(own)):
            x.append(data[random.choice(own)])
            y.append(c)
    return x, y
"""
ALWAYS_THE_SAME = ARRAYS.replace(", random_state=0", "").replace("random_state", "7")
RIGHT = {"": ARRAYS, " ": LISTS, "every call draws the same": ALWAYS_THE_SAME}


@pytest.mark.parametrize("words", RIGHT)
def test_right_ones_pass(tmp_path, words):
    module = load(tmp_path, HEAD + RIGHT[words])
    ((name, spelling),) = spellings(module, "numpy-course").items()
    assert spelling.promised(spelling.told(module)).differs == words.strip()
    assert failures(module, "numpy-course", name) == {}


WRONG = {
    "labels not shuffled": ARRAYS.replace("y[chosen]", "np.sort(y[chosen])"),
    "one too few": ARRAYS.replace("counts.max() - len(own)", "max(counts.max() - len(own) - 1, 0)"),
    "the first again and again": LISTS.replace("random.choice(own)", "own[0]"),
    "as large as all": LISTS.replace("max(map(len, places.values()))", "len(data)"),
    "of another class": LISTS.replace("random.choice(own)", "random.randrange(len(data))"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_wrong_ones_fail(tmp_path, mistake):
    module = load(tmp_path, HEAD + WRONG[mistake])
    ((name, _),) = spellings(module, "numpy-course").items()
    assert "laws" in failures(module, "numpy-course", name, "shape", "forward", "laws")


LEFT = {
    "it draws every class anew, so that samples of the largest are lost": ARRAYS.replace(
        "[own, rng.choice(own, counts.max() - len(own))]", "[rng.choice(own, counts.max())]"
    ),
    "a parameter of its own says how large classes become": ARRAYS.replace(
        "y, random_state=0", "y, target=3, random_state=0"
    ).replace("counts.max()", "max(target, len(own))"),
    "its parameter k_neighbors is not known": "def oversample(X, y, k_neighbors): return X, y",
}


@pytest.mark.parametrize("why", LEFT)
def test_what_is_left_is_said(tmp_path, why):
    module = load(tmp_path, HEAD + LEFT[why])
    reasons = passed_over(module, "numpy-course")
    assert why in reasons
    assert not spellings(module, "numpy-course")
