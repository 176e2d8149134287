"""k_fold: strategy over samples and folds, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.operators._splits import MANY, fair
from properties.tolerance import Failed
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    k = draw(domain.choice("k", (2, 3, 5, 4, 7)))
    more = draw(domain.choice("more", (0, 1, 2, 3, 5, 8)))
    return {
        "batch": k + more,
        "features": draw(domain.choice("features", (1, 2))),
        "k": k,
        "shuffle": draw(domain.choice("shuffle", (False, True))),
        "seed": draw(domain.integer("seed", 0, 999)),
        "seeded": draw(domain.choice("seeded", (True,))),
        "remainder": draw(domain.choice("remainder", ("spread",))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return {"x": values.spaced("x", (at["batch"], at["features"]))}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    """Raise Failed where train or val, if there are any yet, is no mask of samples in each fold."""
    shape = (at["k"], len(tensors["x"]))
    for name in (n for n in ("train", "val") if n in tensors):
        mask = tensors[name]
        if str(mask.dtype) != "torch.bool" or mask.shape != shape:
            found = f"{str(mask.dtype).removeprefix('torch.')} of shape {tuple(mask.shape)}"
            raise Failed(f"{name} is {found}, expected bool of shape {shape}", name)
    return {}


def once(run: Any, case: Case, inputs: Arrays) -> Pairs:
    val = run(inputs)["val"]
    yield "how often each sample is validated", val.sum(axis=0), np.ones(val.shape[1], int)


def others(run: Any, case: Case, inputs: Arrays) -> Pairs:
    results = run(inputs)
    yield "the samples of training", results["train"] * 1, 1 - results["val"]


def sizes(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """As torch.tensor_split has them; a course may give the last fold the whole remainder."""
    found, expected = run(inputs)["val"].sum(axis=1), blocks(case).sum(axis=1)
    if case.attributes["shuffle"]:
        found, expected = np.sort(found), np.sort(expected)
    yield "the sizes of the folds", found, expected


def blocks(case: Case) -> np.ndarray:
    """The folds of samples that are not shuffled."""
    import torch

    N, k = case.attributes["batch"], case.attributes["k"]
    val = np.zeros((k, N), int)
    parts: int | list[int] = k
    if case.attributes["remainder"] == "last":
        parts = [fold * (N // k) for fold in range(1, k)]
    for fold, ids in enumerate(torch.tensor_split(torch.arange(N), parts)):
        val[fold, ids.numpy()] = 1
    return val


def order(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "the folds", run(inputs)["val"] * 1, blocks(case)


def by_chance(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x, seed = np.arange(float(MANY))[:, None], case.attributes["seed"]
    first, other = (run({"x": x}, k=2, seed=s)["val"][0] for s in (seed, seed + 1))
    yield from fair(first, other if case.attributes["seeded"] else None)


def shuffled(case: Case) -> bool:
    return bool(case.attributes["shuffle"])


CHECKED = "N, k = check_k_fold(x, k, shuffle, seed)"
SHUFFLE = "if shuffle:"
DRAWN = "np.random.default_rng(seed).shuffle(order)"
SIZE = "size = N // k + (fold < N % k)"
MEMBERS = "for n in order[start : start + size]:"
NEXT = "start += size"
RESULT = "return ~val, val"

MISTAKES = (
    edit(
        "remainder left out",
        "folds have N // k samples, and the rest is never validated",
        SIZE,
        "size = N // k",
    ),
    edit(
        "remainder in the last fold",
        "the last fold is larger by up to k - 1 samples",
        SIZE,
        "size = N // k if fold < k - 1 else N - start",
    ),
    edit(
        "remainder in the first fold",
        "the first fold is larger by up to k - 1 samples",
        SIZE,
        "size = N // k + (N % k if fold == 0 else 0)",
    ),
    edit(
        "sizes rounded up",
        "folds have ceil(N / k) samples, and the last ones few or none",
        SIZE,
        "size = min(-(-N // k), N - start)",
    ),
    edit(
        "larger folds last",
        "the remainder goes to the last folds, one each",
        SIZE,
        "size = N // k + (fold >= k - N % k)",
    ),
    edit(
        "overlap of one sample",
        "each fold begins with the last sample of the one before",
        MEMBERS,
        "for n in order[max(start - 1, 0) : start + size]:",
    ),
    edit(
        "one sample between folds left out",
        "the end of a fold is one too early",
        MEMBERS,
        "for n in order[start : start + size - 1]:",
    ),
    edit("same fold every time", "the place does not move on", NEXT, "pass"),
    edit("fold of training instead", "train and val are exchanged", RESULT, "return val, ~val"),
    edit(
        "training on all samples",
        "the samples of validation are trained on as well",
        RESULT,
        "return np.ones_like(val), val",
    ),
    edit(
        "training on one other fold",
        "training is the next fold, not all others",
        RESULT,
        "return np.roll(val, -1, axis=0), val",
    ),
    edit(
        "training on the folds before",
        "folds after that of validation are left out, as in time series",
        RESULT,
        "return np.cumsum(val, axis=0) - val > 0, val",
    ),
    edit(
        "folds of every k-th sample",
        "samples are dealt out in turn",
        MEMBERS,
        "for n in order[fold::k]:",
    ),
    edit("one fold too few", "there are k - 1 folds", RESULT, "return ~val[1:], val[1:]"),
    edit(
        "one fold too many",
        "there are k + 1 folds, the last without validation",
        RESULT,
        "val = np.concatenate([val, np.zeros((1, N), bool)])\n    " + RESULT,
    ),
    edit("k ignored", "there are five folds", CHECKED, CHECKED + "\n    k = min(5, N)"),
    edit("samples along the first axis", "masks are (N, k)", RESULT, "return ~val.T, val.T.copy()"),
    edit(
        "shuffle ignored",
        "folds follow one another in the order of the samples",
        SHUFFLE,
        "if False:",
    ),
    edit(
        "shuffle although it is not asked for",
        "samples are shuffled by themselves",
        SHUFFLE,
        "if True:",
    ),
    edit(
        "shuffle in each fold",
        "every fold is drawn anew: some samples are validated twice, some never",
        SIZE,
        SIZE + "\n        if shuffle:"
        "\n            order = np.random.default_rng([seed, fold]).permutation(N)",
    ),
    edit(
        "shuffle of the order of the folds",
        "folds are shuffled, samples are not",
        SHUFFLE,
        "if False:",
        RESULT,
        "if shuffle:\n        val = val[np.random.default_rng(seed).permutation(k)]\n    " + RESULT,
    ),
    edit(
        "drawn with replacement",
        "samples are drawn one by one and put back",
        DRAWN,
        "order = np.random.default_rng(seed).integers(0, N, N)",
    ),
    edit("seed ignored", "every seed gives the same folds", DRAWN, DRAWN.replace("(seed)", "(0)")),
    edit(
        "seed not used",
        "the same seed gives other folds each time",
        DRAWN,
        DRAWN.replace("(seed)", "()"),
    ),
    edit(
        "global generator seeded",
        "np.random is seeded for everybody",
        DRAWN,
        "np.random.seed(seed)\n        " + DRAWN,
    ),
    edit(
        "global generator used",
        "folds depend on, and move, the state of np.random",
        DRAWN,
        DRAWN.replace("default_rng(seed).", ""),
    ),
    edit(
        "samples shuffled in place",
        "the caller's samples are shuffled",
        DRAWN,
        DRAWN + "\n        x[:] = x[order]",
    ),
)

CORNERS: Corners = {
    **each("shuffle", (True, False)),
    "as many folds as samples": lambda case: case.attributes["k"] == case.attributes["batch"],
    "a remainder": lambda case: case.attributes["batch"] % case.attributes["k"] > 0,
    "a remainder of several": lambda case: case.attributes["batch"] % case.attributes["k"] > 1,
    "no remainder": lambda case: case.attributes["batch"] % case.attributes["k"] == 0,
}

operator = Operator(
    name="k_fold",
    source="torch.tensor_split",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=(),
    evidence=("train", "val"),
    regimes=("integers",),
    laws=(
        Law("once", "each sample is validated in one fold", once),
        Law("others", "each fold trains on all samples that it does not validate", others),
        Law("sizes", "sizes of folds differ by one at most", sizes),
        Law(
            "order",
            "without shuffling folds follow one another",
            order,
            applies=lambda case: not shuffled(case),
        ),
        Law(
            "chance",
            "samples come into folds by chance, into others for another seed",
            by_chance,
            applies=shuffled,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
