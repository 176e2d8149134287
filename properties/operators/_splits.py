"""What splits and samplers share: data sets of distinct samples, and laws of parts of them.

What an implementation draws is evidence, and the laws are everything: a sample is known again by
its first number, so that each part tells which samples are in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.operator import Arrays, Law, Pairs
from properties.operators._images import beyond_margin
from properties.tolerance import Failed
from properties.values import Values

MANY = 2000
"""So many samples say something about a share of them."""

FRACTIONS = (0.2, 0.25, 0.5, 0.1, 0.4, 0.8)
PARTS = ("x_train", "y_train", "x_val", "y_val")


def draw_samples(draw: DrawFn, domain: Domain, fewest: int) -> dict[str, Any]:
    """How many samples and classes there are, and of what size a sample is."""
    classes = draw(domain.choice("classes", (2, 3, 1, 4)))
    batches = [n for n in (5, 10, 3, 2, 8, 13, 20, 1) if n >= fewest]
    return {
        "batch": draw(domain.choice("batch", batches)),
        "classes": classes,
        "features": draw(domain.choice("features", (2, 1, 3))),
        "labels": draw(domain.choice("labels", ("ids", "any"))),
        "seed": draw(domain.integer("seed", 0, 999)),
        "seeded": draw(domain.choice("seeded", (True,))),
    }


def samples(at: Attributes, values: Values) -> Arrays:
    """Samples that are all different, and their class ids: 0, 1, 2 ... or any integers."""
    N, C = at["batch"], at["classes"]
    y = values.ids("y", (N,), C)
    if at["labels"] == "any":
        y = values.rng("labels").permutation(2 * C)[:C][y] + 3
    return {"x": values.spaced("x", (N, at["features"])), "y": y}


def many(case: Case, shares: tuple[float, ...] = (0.5, 0.5)) -> Arrays:
    """Many samples; of each class, in random order, its share."""
    counts = [int(MANY * share) for share in shares]
    y = Values("normal", case.seed, 1).rng("y").permutation(np.repeat(range(len(shares)), counts))
    return {"x": np.arange(1.0, len(y) + 1)[:, None], "y": y}


def check_parts(tensors: Mapping[str, Any], *parts: str) -> dict[str, Any]:
    """Raise Failed where parts, if there are any yet, are no samples with as many class ids."""
    if parts[0] not in tensors:
        return {}
    x = tensors["x"]
    for name, ids in zip(parts[::2], parts[1::2], strict=True):
        part, labels = tensors[name], tensors[ids]
        if part.ndim != x.ndim or part.shape[1:] != x.shape[1:]:
            found, rows = tuple(part.shape), ", ".join(map(str, ("N", *x.shape[1:])))
            raise Failed(f"{name} has shape {found}, expected ({rows})", name)
        if labels.shape != part.shape[:1] or labels.is_floating_point():
            kind = str(labels.dtype).removeprefix("torch.")
            raise Failed(
                f"{ids} is {kind} of shape {tuple(labels.shape)}, expected integers of shape "
                f"({len(part)},)",
                ids,
            )
    return {}


def split(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    """The oracle of splits: the form of the parts."""
    return check_parts(tensors, *PARTS)


def found(x: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The place in x of each row, or -1."""
    order = np.argsort(x[:, 0])
    near = order[np.searchsorted(x[order, 0], rows[:, 0]).clip(max=len(x) - 1)]
    return np.where((x[near] == rows).all(axis=1), near, -1)


def whole_samples(*parts: str) -> Callable[..., Pairs]:
    """The law that parts hold samples as they are, each with its own class id."""

    def law(run: Any, case: Case, inputs: Arrays) -> Pairs:
        results = run(inputs)
        for name, ids in zip(parts[::2], parts[1::2], strict=True):
            places = found(inputs["x"], results[name])
            foreign = np.asarray((places < 0).sum())
            yield f"the number of rows of {name} that are not in x", foreign, np.asarray(0)
            yield ids, results[ids], inputs["y"][places]

    return law


def partition(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Each sample is in one part, once."""
    results, N = run(inputs), len(inputs["x"])
    parts = [found(inputs["x"], results[name]) for name in ("x_train", "x_val")]
    places = np.concatenate(parts)
    counts = np.bincount(places[places >= 0], minlength=N)
    yield "how often each sample is in a part", counts, np.ones(N, int)


def off_by(size: int, wanted: float) -> tuple[np.ndarray, np.ndarray]:
    """By how much more than one sample a size is off; and 0."""
    return np.asarray(max(0.0, abs(size - wanted) - 1 - 1e-9)), np.asarray(0.0)


def by_chance(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Of the samples half are validated, wherever they stand, and others for another seed."""
    data = many(case)
    seed = case.attributes["seed"]
    first, other = (
        _validated(data["x"], run(data, val_fraction=0.5, seed=s)["x_val"])
        for s in (seed, seed + 1)
    )
    yield from fair(first, other if case.attributes["seeded"] else None)


def _validated(x: np.ndarray, rows: np.ndarray) -> np.ndarray:
    chosen = np.zeros(len(x), bool)
    chosen[found(x, rows)] = True
    return chosen


def fair(chosen: np.ndarray, other: np.ndarray | None) -> Pairs:
    """Half of the samples chosen by chance, and once more by another seed, if there are others."""
    half = len(chosen) // 2
    shares = {
        "the share of the first half": chosen[:half],
        "the share of every second sample": chosen[::2],
        "the agreement of neighbours": chosen[0::2] == chosen[1::2],
        "the agreement of the halves": chosen[:half] == chosen[half : 2 * half],
    }
    if other is not None:
        shares["the agreement of two seeds"] = np.asarray(chosen == other)
    for what, hits in shares.items():
        yield f"{what}, {hits.mean():.3g}, beyond its margin", *beyond_margin(hits, 0.5)


LAWS = (
    Law("whole samples", "samples are those of x, each with its class id", whole_samples(*PARTS)),
    Law("partition", "each sample is in one part, once", partition),
)
