"""train_val_split: strategy over data sets and fractions, laws and mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.operators._splits import (
    FRACTIONS,
    LAWS,
    PARTS,
    by_chance,
    draw_samples,
    off_by,
    samples,
    split,
)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        **draw_samples(draw, domain, 2),
        "val_fraction": draw(domain.choice("val_fraction", FRACTIONS)),
        "shuffle": draw(domain.choice("shuffle", (True, False))),
    }


def sizes(run: Any, case: Case, inputs: Arrays) -> Pairs:
    at, n_val = case.attributes, len(run(inputs)["x_val"])
    yield f"{n_val} samples, off by more than one", *off_by(n_val, at["batch"] * at["val_fraction"])
    n_val = len(run(inputs | many_of(inputs), val_fraction=at["val_fraction"])["x_val"])
    wanted = 100 * at["val_fraction"]
    yield f"{n_val} of 100 samples, off by more than one", *off_by(n_val, wanted)


def many_of(inputs: Arrays) -> Arrays:
    """100 samples of the kind."""
    x = np.arange(100.0 * inputs["x"].shape[1]).reshape(100, -1)
    return {"x": x, "y": np.resize(inputs["y"], 100)}


def order(run: Any, case: Case, inputs: Arrays) -> Pairs:
    results, n_train = run(inputs), len(run(inputs)["x_train"])
    yield "x_train", results["x_train"], inputs["x"][:n_train]
    yield "x_val", results["x_val"], inputs["x"][n_train:]


def shuffled(case: Case) -> bool:
    return bool(case.attributes["shuffle"])


CHECKED = "n_val = check_train_val_split(x, y, val_fraction, shuffle, seed)"
SHUFFLE = "if shuffle:"
RNG = "rng = np.random.default_rng(seed)"
OTHER = "other = rng.integers(0, last + 1)"
SIZE = "n_train = len(x) - n_val"
CUT = "train, val = order[:n_train], order[n_train:]"
RESULT = "return x[train], y[train], x[val], y[val]"

MISTAKES = (
    edit(
        "samples in both parts",
        "training holds the samples of validation as well",
        CUT,
        CUT.replace("order[:n_train]", "order[:]"),
    ),
    edit(
        "overlap of one sample",
        "validation begins with the last sample of training",
        CUT,
        CUT.replace("order[n_train:]", "order[n_train - 1 :]"),
    ),
    edit(
        "samples between the parts left out",
        "one sample is in neither part",
        CUT,
        CUT.replace("order[:n_train]", "order[: n_train - 1]"),
    ),
    edit(
        "last sample left out",
        "the end of validation is one too early",
        CUT,
        CUT.replace("order[n_train:]", "order[n_train : len(x) - 1]"),
    ),
    edit(
        "fraction of the wrong part",
        "training gets the fraction that validation should",
        SIZE,
        "n_train = n_val",
    ),
    edit("fraction ignored", "validation gets half of the samples", SIZE, "n_train = len(x) // 2"),
    edit(
        "fraction taken twice",
        "validation is a fraction of the fraction",
        SIZE,
        "n_train = len(x) - max(1, int(n_val * val_fraction))",
    ),
    edit(
        "parts exchanged",
        "validation comes back first",
        RESULT,
        "return x[val], y[val], x[train], y[train]",
    ),
    edit(
        "labels in the old order",
        "x is shuffled and y is not",
        RESULT,
        "return x[train], y[:n_train], x[val], y[n_train:]",
    ),
    edit(
        "labels shuffled apart",
        "y is shuffled once more",
        RESULT,
        "rng = np.random.default_rng(seed)\n    y = rng.permutation(y)\n    " + RESULT,
    ),
    edit(
        "labels of the other part",
        "y_val holds labels of training",
        RESULT,
        RESULT.replace("y[val]", "y[order[: len(val)]]"),
    ),
    edit(
        "drawn with replacement",
        "samples are drawn one by one and put back, so that some are missing and some occur twice",
        CUT,
        "order = list(np.random.default_rng(seed).integers(0, len(x), len(x)))\n    " + CUT,
    ),
    edit(
        "parts drawn one after the other",
        "each part is drawn from all samples",
        CUT,
        CUT + "\n    val = list(np.random.default_rng(seed).permutation(len(x))[:n_val])",
    ),
    edit("shuffle ignored", "validation is always what comes last", SHUFFLE, "if False:"),
    edit(
        "shuffle although it is not asked for",
        "the order of the samples is lost",
        SHUFFLE,
        "if True:",
    ),
    edit(
        "shuffle within the parts",
        "the samples are cut first and shuffled then",
        SHUFFLE,
        "if False:",
        CUT,
        CUT
        + "\n    if shuffle:\n        train = list(np.random.default_rng(seed).permutation(train))",
    ),
    edit(
        "shuffle of the first half only",
        "swaps stay in the first half",
        OTHER,
        "if last > len(x) // 2:\n                continue\n            " + OTHER,
    ),
    edit(
        "shuffle by one turn",
        "the order is turned by a random number",
        CUT,
        "if shuffle:\n        turn = np.random.default_rng(seed).integers(0, len(x))\n        "
        "order = list(np.roll(range(len(x)), turn))\n    " + CUT,
    ),
    edit(
        "validation taken from the front",
        "without shuffling the first samples are validated",
        CUT,
        "train, val = order[n_val:], order[:n_val]",
    ),
    edit(
        "every few samples",
        "validation takes samples at equal distances",
        SHUFFLE,
        "if False:",
        CUT,
        "val = order[:: max(1, len(x) // n_val)][:n_val] if shuffle else order[n_train:]\n    "
        "train = [n for n in order if n not in val]",
    ),
    edit("seed ignored", "every seed gives the same split", RNG, "rng = np.random.default_rng(0)"),
    edit(
        "seed not used",
        "the same seed gives another split each time",
        RNG,
        "rng = np.random.default_rng()",
    ),
    edit(
        "global generator seeded",
        "np.random is seeded for everybody",
        RNG,
        "np.random.seed(seed)\n        rng = np.random.default_rng(seed)",
    ),
    edit(
        "global generator used",
        "the split depends on, and moves, the state of np.random",
        RNG,
        "rng = np.random",
        OTHER,
        OTHER.replace("integers", "randint"),
    ),
    edit(
        "x changed in place",
        "the caller's samples are shuffled",
        RESULT,
        "x[:], y[:] = x[order], y[order]\n    order = list(range(len(x)))\n    train, val = "
        "order[:n_train], order[n_train:]\n    " + RESULT,
    ),
    edit(
        "validation augmented",
        "samples of validation are mirrored, as those of training may be",
        RESULT,
        RESULT.replace("x[val]", "x[val][:, ::-1].copy()"),
    ),
    edit(
        "validation normalised by itself",
        "each part is centred by its own mean",
        RESULT,
        RESULT.replace("x[val]", "x[val] - x[val].mean(axis=0)"),
    ),
    edit(
        "labels with an axis more",
        "y_val has shape (N, 1)",
        RESULT,
        RESULT.replace("y[val]", "y[val][:, None]"),
    ),
)

CORNERS: Corners = {
    **each("shuffle", (True, False)),
    "two samples": lambda case: case.attributes["batch"] == 2,
    "a share that is no whole number": lambda case: (
        case.attributes["batch"] * case.attributes["val_fraction"] % 1 > 0.01
    ),
    "one class": lambda case: case.attributes["classes"] == 1,
    "labels that are no ids": lambda case: case.attributes["labels"] == "any",
}

operator = Operator(
    name="train_val_split",
    source="torch.utils.data.random_split",
    attributes=attributes,
    inputs=samples,
    oracle=split,
    outputs=(),
    evidence=PARTS,
    regimes=("integers",),
    laws=(
        *LAWS,
        Law("sizes", "validation is the fraction, within one sample", sizes),
        Law(
            "chance",
            "samples are validated by chance, others for another seed",
            by_chance,
            applies=shuffled,
        ),
        Law(
            "order",
            "without shuffling the last samples are validated",
            order,
            applies=lambda case: not shuffled(case),
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
