"""oversample: strategy over data sets, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._splits import (
    check_parts,
    draw_samples,
    found,
    many,
    samples,
    whole_samples,
)

PARTS = ("x_out", "y_out")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return draw_samples(draw, domain, 1)


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    return check_parts(tensors, *PARTS)


def balanced(run: Any, case: Case, inputs: Arrays) -> Pairs:
    classes, before = np.unique(inputs["y"], return_counts=True)
    y = run(inputs)["y_out"]
    after = np.array([(y == c).sum() for c in classes])
    yield "the number of samples of each class", after, np.full_like(after, before.max())
    yield "the number of samples", np.asarray(len(y)), np.asarray(len(classes) * before.max())


def none_lost(run: Any, case: Case, inputs: Arrays) -> Pairs:
    places = found(inputs["x"], run(inputs)["x_out"])
    kept = np.isin(np.arange(len(inputs["x"])), places)
    yield "whether each sample is kept", kept * 1, np.ones(len(kept), int)


def fair(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Of two rare samples and 1998 others each is repeated some 998 times: 700 at least.

    By Hoeffding it is fewer in less than one of 1e38 calls.
    """
    data = many(case, (0.999, 0.001))
    rare = np.flatnonzero(data["y"] == 1)
    first = found(data["x"], run(data)["x_out"])
    counts = np.array([(first == n).sum() for n in rare])
    yield "rare samples repeated less than 700 times", counts < 700, np.zeros(2, bool)


CHECKED = "check_oversample(x, y, seed)"
RNG = "rng = np.random.default_rng(seed)"
MOST = "most = max(counts.values())"
CHOSEN = "chosen = list(range(len(y)))"
LOOP = "for c in classes:"
MEMBERS = "members = [n for n in range(len(y)) if y[n] == c]"
TIMES = "for _ in range(most - len(members)):"
ADDED = "chosen.append(members[rng.integers(0, len(members))])"
RESULT = "return x[chosen], y[chosen]"

MISTAKES = (
    edit(
        "classes brought to the mean",
        "classes grow to the average size",
        MOST,
        "most = sum(counts.values()) // len(counts)",
    ),
    edit(
        "classes brought to the smallest",
        "classes are cut, not repeated",
        RESULT,
        "fewest = min(counts.values())\n    chosen = [n for c in classes for n in [m for m in "
        "range(len(y)) if y[m] == c][:fewest]]\n    " + RESULT,
    ),
    edit(
        "classes as large as all samples", "every class grows to N samples", MOST, "most = len(y)"
    ),
    edit(
        "first class taken for the largest",
        "classes grow to the size of the first",
        MOST,
        "most = counts[classes[0]]",
    ),
    edit(
        "first class only",
        "the other classes stay as they are",
        TIMES,
        "if c != classes[0]:\n            continue\n        " + TIMES,
    ),
    edit(
        "smallest class only",
        "the other classes stay as they are",
        LOOP,
        "for c in [min(classes, key=counts.get)]:",
    ),
    edit(
        "classes taken for 0, 1, 2 ...",
        "labels that are other numbers stay as they are",
        LOOP,
        "for c in range(len(classes)):",
        TIMES,
        "for _ in range((most - len(members)) if members else 0):",
    ),
    edit(
        "counts one sample short",
        "the loop ends one too early",
        TIMES,
        TIMES.replace("most", "most - 1"),
    ),
    edit(
        "counts one sample more",
        "every class is larger by one",
        TIMES,
        TIMES.replace("most", "most + 1"),
    ),
    edit(
        "repeated whole",
        "classes are repeated a whole number of times and stay smaller",
        TIMES,
        "for _ in range(most // len(members) * len(members) - len(members)):",
    ),
    edit(
        "samples of another class added",
        "samples are drawn from the whole data set",
        ADDED,
        "chosen.append(int(rng.integers(0, len(y))))",
    ),
    edit(
        "labels not repeated",
        "y of what is added is that of the first samples",
        RESULT,
        "return x[chosen], np.resize(y, len(chosen))",
    ),
    edit(
        "labels of the class added, samples of any",
        "x is drawn from all samples",
        RESULT,
        "n = len(y)\n    y = y[chosen]\n    chosen[n:] = [int(rng.integers(0, n)) for _ in "
        "chosen[n:]]\n    return x[chosen], y",
    ),
    edit(
        "originals replaced",
        "each class is drawn anew with replacement, so that some samples are lost",
        CHOSEN,
        "chosen = []",
        TIMES,
        "for _ in range(most):",
    ),
    edit(
        "originals left out",
        "only what is added comes back",
        RESULT,
        "chosen = chosen[len(y) :]\n    " + RESULT,
    ),
    edit(
        "always the first sample of a class",
        "one sample is repeated again and again",
        ADDED,
        "chosen.append(members[0])",
    ),
    edit(
        "always the last sample of a class",
        "the upper bound of the draw is wrong",
        ADDED,
        "chosen.append(members[-1])",
    ),
    edit(
        "one draw for each class",
        "a class repeats one sample drawn once",
        TIMES,
        "first = members[rng.integers(0, len(members))] if members else 0\n        " + TIMES,
        ADDED,
        "chosen.append(first)",
    ),
    edit(
        "noise added",
        "what is added are no samples of the data set",
        RESULT,
        "out = x[chosen]\n    out[len(y) :] += 0.01\n    return out, y[chosen]",
    ),
    edit(
        "means of a class added",
        "what is added lies between two samples (SMOTE)",
        RESULT,
        "out = x[chosen]\n    for i in range(len(y), len(chosen)):\n        out[i] = (out[i] + x[y "
        "== y[chosen[i]]].mean(axis=0)) / 2\n    return out, y[chosen]",
    ),
    edit(
        "seed not used",
        "the same seed gives other samples each time",
        RNG,
        "rng = np.random.default_rng()",
    ),
    edit(
        "global generator seeded",
        "np.random is seeded for everybody",
        RNG,
        "np.random.seed(seed)\n    " + RNG,
    ),
    edit(
        "global generator used",
        "draws depend on, and move, the state of np.random",
        RNG,
        "rng = np.random",
        ADDED,
        ADDED.replace("integers", "randint"),
    ),
    edit("labels sorted", "y is sorted, x is not", RESULT, "return x[chosen], np.sort(y[chosen])"),
    edit(
        "labels renamed",
        "y comes back as 0, 1, 2 ...",
        RESULT,
        "return x[chosen], np.searchsorted(classes, y[chosen])",
    ),
    edit(
        "labels changed in place",
        "the caller's labels are sorted",
        RESULT,
        "out = y[chosen]\n    y.sort()\n    return x[chosen], out",
    ),
    edit(
        "x flattened", "a sample loses its shape", RESULT, "return x[chosen].reshape(-1), y[chosen]"
    ),
)

CORNERS: Corners = {
    "one sample": lambda case: case.attributes["batch"] == 1,
    "one class": lambda case: case.attributes["classes"] == 1,
    "labels that are no ids": lambda case: case.attributes["labels"] == "any",
}

operator = Operator(
    name="oversample",
    source="torch.utils.data.RandomSampler of each class",
    attributes=attributes,
    inputs=samples,
    oracle=oracle,
    outputs=(),
    evidence=PARTS,
    regimes=("integers",),
    laws=(
        Law(
            "whole samples", "samples are those of x, each with its class id", whole_samples(*PARTS)
        ),
        Law("balanced", "all classes are as large as the largest", balanced),
        Law("none lost", "every sample of x is kept", none_lost),
        Law("fair", "what is added is drawn among the samples of a class", fair),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
