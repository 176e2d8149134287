"""stratified_split: strategy over data sets and fractions, laws and mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._splits import (
    FRACTIONS,
    LAWS,
    PARTS,
    by_chance,
    draw_samples,
    many,
    off_by,
    samples,
    split,
)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        **draw_samples(draw, domain, 1),
        "val_fraction": draw(domain.choice("val_fraction", FRACTIONS)),
    }


def proportions(run: Any, case: Case, inputs: Arrays) -> Pairs:
    fraction = case.attributes["val_fraction"]
    for data in (inputs, many(case, (0.7, 0.2, 0.05, 0.03, 0.02))):
        y_val = run(data)["y_val"]
        for c in np.unique(data["y"]):
            n, n_val = int((data["y"] == c).sum()), int((y_val == c).sum())
            what = f"{n_val} of the {n} samples of class {c}, off by more than one"
            yield what, *off_by(n_val, n * fraction)


CHECKED = "fraction = check_stratified_split(x, y, val_fraction, seed)"
RNG = "rng = np.random.default_rng(seed)"
CLASSES = "for c in sorted(set(y.tolist())):"
MEMBERS = "members = [n for n in range(len(y)) if y[n] == c]"
DRAWN = "rng.shuffle(members)"
SIZE = "n_val = share_of(len(members), fraction)"
VAL = "val += members[:n_val]"
TRAIN = "train += members[n_val:]"
IDS = "train_ids, val_ids = np.array(train, int), np.array(val, int)"
RESULT = "return x[train_ids], y[train_ids], x[val_ids], y[val_ids]"

MISTAKES = (
    edit(
        "classes not looked at",
        "validation is drawn from all samples alike",
        IDS,
        "order = rng.permutation(len(x))\n    train_ids, val_ids = order[: len(train)], "
        "order[len(train) :]",
    ),
    edit(
        "classes of equal size in validation",
        "every class gives as many samples as the smallest",
        SIZE,
        "fewest = min(int((y == k).sum()) for k in set(y.tolist()))\n        n_val = "
        "share_of(fewest, fraction)",
    ),
    edit(
        "classes taken for 0, 1, 2 ...",
        "labels that are other numbers are left out",
        CLASSES,
        "for c in range(len(set(y.tolist()))):",
    ),
    edit(
        "classes up to the largest but one",
        "the last class is left out",
        CLASSES,
        "for c in range(int(y.max())):",
    ),
    edit(
        "first class only",
        "the split is done after the first class",
        TRAIN,
        TRAIN + "\n        break",
    ),
    edit(
        "last class only",
        "each class replaces the ones before",
        VAL,
        "val = members[:n_val]",
        TRAIN,
        "train = members[n_val:]",
    ),
    edit(
        "classes in validation whole",
        "some classes are validated, the others trained on",
        SIZE,
        "n_val = len(members) if c % 2 else 0",
    ),
    edit(
        "samples in both parts",
        "training holds the samples of validation as well",
        TRAIN,
        "train += members",
    ),
    edit(
        "overlap of one sample",
        "training begins with the last sample of validation",
        TRAIN,
        TRAIN.replace("n_val:", "max(n_val - 1, 0) :"),
    ),
    edit(
        "samples left out",
        "the remainder of each class is in neither part",
        TRAIN,
        TRAIN.replace("n_val:", "n_val : n_val + int(len(members) * (1 - fraction))"),
    ),
    edit(
        "samples beyond the smallest class left out",
        "classes are cut to equal sizes first",
        MEMBERS,
        MEMBERS
        + "\n        members = members[: min(int((y == k).sum()) for k in set(y.tolist()))]",
    ),
    edit(
        "fraction of the wrong part",
        "training gets the fraction that validation should",
        SIZE,
        SIZE.replace("fraction)", "1 - fraction)"),
    ),
    edit(
        "fraction ignored", "validation gets half of each class", SIZE, "n_val = len(members) // 2"
    ),
    edit(
        "fraction of all samples for each class",
        "each class gives as many samples as all should",
        SIZE,
        "n_val = share_of(len(y), fraction)",
    ),
    edit(
        "fraction by one more each",
        "each class gives one sample more than its share",
        SIZE,
        SIZE + " + 1",
    ),
    edit("samples not drawn", "validation takes the first samples of each class", DRAWN, "pass"),
    edit(
        "samples at equal distances",
        "validation takes every second or third sample of a class",
        DRAWN,
        "members = members[::2] + members[1::2]",
    ),
    edit(
        "parts exchanged",
        "validation comes back first",
        RESULT,
        "return x[val_ids], y[val_ids], x[train_ids], y[train_ids]",
    ),
    edit(
        "labels in the old order",
        "x is drawn and y is not",
        RESULT,
        "return x[train_ids], y[: len(train)], x[val_ids], y[len(train) :]",
    ),
    edit(
        "labels sorted",
        "y of validation is sorted, x is not",
        RESULT,
        "return x[train_ids], y[train_ids], x[val_ids], np.sort(y[val_ids])",
    ),
    edit("seed ignored", "every seed gives the same split", RNG, "rng = np.random.default_rng(0)"),
    edit(
        "seed not used",
        "the same seed gives another split each time",
        RNG,
        "rng = np.random.default_rng()",
    ),
    edit(
        "seed for each class",
        "the generator begins anew with each class, so that draws repeat",
        DRAWN,
        "np.random.default_rng(c).shuffle(members)",
    ),
    edit(
        "global generator seeded",
        "np.random is seeded for everybody",
        RNG,
        "np.random.seed(seed)\n    " + RNG,
    ),
    edit(
        "global generator used",
        "the split depends on, and moves, the state of np.random",
        RNG,
        "rng = np.random",
    ),
    edit(
        "labels changed in place",
        "the caller's labels are sorted",
        RESULT,
        "y.sort()\n    " + RESULT,
    ),
    edit(
        "labels renamed",
        "y comes back as 0, 1, 2 ...",
        RESULT,
        "_, y = np.unique(y, return_inverse=True)\n    " + RESULT,
    ),
)

CORNERS: Corners = {
    "one sample": lambda case: case.attributes["batch"] == 1,
    "one class": lambda case: case.attributes["classes"] == 1,
    "more classes than samples": lambda case: case.attributes["classes"] > case.attributes["batch"],
    "labels that are no ids": lambda case: case.attributes["labels"] == "any",
}

operator = Operator(
    name="stratified_split",
    source="torch.utils.data.random_split of each class",
    attributes=attributes,
    inputs=samples,
    oracle=split,
    outputs=(),
    evidence=PARTS,
    regimes=("integers",),
    laws=(
        *LAWS,
        Law(
            "proportions", "of each class the fraction is validated, within one sample", proportions
        ),
        Law("chance", "samples are validated by chance, others for another seed", by_chance),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
