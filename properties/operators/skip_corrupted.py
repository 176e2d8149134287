"""skip_corrupted: strategy over data sets with corrupted samples, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.functions import ERRORS
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.values import Values

SHAPES = ((2,), (1, 2, 3), (), (3, 1))
FINE = "fine"
STATES = ("none", *ERRORS)
BROKEN = ("some", "all", "no")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    batch = draw(domain.size("batch", (4, 3, 5, 2, 1, 0)))
    broken = draw(domain.choice("broken", ("some", "some", *BROKEN)))
    allowed = {
        "some": (FINE, FINE, FINE, *STATES, "none", "none"),
        "all": STATES,
        "no": (FINE,),
    }[broken]
    state = domain.choice("state", allowed)
    states = [draw(state) for _ in range(batch)]
    if not draw(domain.boolean("emptied")) and broken == "some" and FINE not in states:
        states[-1:] = [FINE] * bool(batch)
    return {
        "states": tuple(states),
        "shape": draw(domain.choice("shape", SHAPES)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Two thirds of the samples are black; labels of 0 are frequent."""
    N = len(at["states"])
    x = values.array("x", (N, *at["shape"]))
    black = values.rng("black").random(N) < 2 / 3
    x[black] = 0.0
    return {"x": x, "y": values.ids("y", (N,), 3)}


def fine(case: Case) -> np.ndarray:
    """The numbers of the samples that can be read."""
    return np.array([n for n, s in enumerate(case.attributes["states"]) if s == FINE], int)


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch
    from torch.utils.data import default_collate

    pairs = zip(at["states"], tensors["x"], tensors["y"].tolist(), strict=True)
    kept = [(x, y) for state, x, y in pairs if state == FINE]
    skipped = torch.tensor(len(at["states"]) - len(kept))
    if not kept:
        return {"skipped": skipped}
    x, y = default_collate(kept)
    return {"x": x, "y": y, "skipped": skipped}


def alone(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """What is corrupted changes nothing of what is not."""
    ids = fine(case)
    kept = {name: array[ids] for name, array in inputs.items()}
    both = run(inputs), run(kept, states=(FINE,) * len(ids))
    for name in ("x", "y"):
        yield f"{name} without the corrupted samples", both[1][name], both[0][name]
    yield "skipped without them", np.asarray(both[1]["skipped"]), np.asarray(0)


def reversed_order(run: Any, case: Case, inputs: Arrays) -> Pairs:
    other = {name: array[::-1].copy() for name, array in inputs.items()}
    both = run(inputs), run(other, states=case.attributes["states"][::-1])
    for name in ("x", "y"):
        yield f"{name} of the samples in reverse order", both[1][name][::-1], both[0][name]


TRIED = (
    "try:\n            sample = dataset[n]\n        except Exception:\n            sample = None"
)
CAUGHT = "except Exception:"
ABSENT = "if sample is None:"
COUNTED = "skipped += 1\n            continue"
UNPACKED = "x, y = sample"
XS = "xs.append(x)"
YS = "ys.append(y)"
NOTHING = "if not xs:\n        return None, None, skipped"
RESULT = "return np.stack(xs), np.array(ys), skipped"

MISTAKES = (
    edit(
        "errors of samples not caught",
        "one sample that cannot be read ends it all",
        TRIED,
        "sample = dataset[n]",
    ),
    edit(
        "errors: OSError alone caught",
        "what cannot be decoded raises other errors as well",
        CAUGHT,
        "except OSError:",
    ),
    edit(
        "errors: ValueError alone caught",
        "what cannot be read raises other errors as well",
        CAUGHT,
        "except ValueError:",
    ),
    edit(
        "samples of None kept",
        "only what raises is taken for corrupted",
        ABSENT,
        "if False:",
    ),
    edit(
        "samples: black ones taken for corrupted",
        "arrays of zeros are skipped",
        ABSENT,
        "if sample is None or not np.any(sample[0]):",
    ),
    edit(
        "samples of class 0 taken for corrupted",
        "`if not y` skips label 0",
        ABSENT,
        "if sample is None or not sample[1]:",
    ),
    edit(
        "samples after the first corrupted one left out",
        "the loop ends where it should go on",
        COUNTED,
        "skipped = N - n\n            break",
    ),
    edit(
        "samples replaced by black ones",
        "a corrupted sample becomes zeros of class 0",
        COUNTED,
        "skipped += 1\n            if not xs:\n                continue\n"
        "            sample = np.zeros_like(xs[0]), 0",
    ),
    edit(
        "samples replaced by the one before",
        "a corrupted sample is a copy of its neighbour",
        COUNTED,
        "skipped += 1\n            if not xs:\n                continue\n"
        "            sample = xs[-1], ys[-1]",
    ),
    edit(
        "batch dropped",
        "one corrupted sample drops them all",
        NOTHING,
        "if not xs or skipped:\n        return None, None, skipped",
    ),
    edit(
        "labels of the first samples",
        "labels are those of as many samples, from the first on",
        ABSENT,
        "labels.append(dataset._y[n])\n        if sample is None:",
        "skipped = 0",
        "skipped, labels = 0, []",
        RESULT,
        "return np.stack(xs), np.array(labels[: len(xs)]), skipped",
    ),
    edit(
        "labels one place off",
        "each label is that of the sample before",
        RESULT,
        "return np.stack(xs), np.roll(ys, 1), skipped",
    ),
    edit(
        "labels of all ones",
        "labels become one-hot rows",
        RESULT,
        "return np.stack(xs), np.eye(3)[ys], skipped",
    ),
    edit(
        "order reversed",
        "the last sample comes first",
        XS,
        "xs.insert(0, x)",
        YS,
        "ys.insert(0, y)",
    ),
    edit(
        "order of samples alone reversed",
        "labels stay where they were",
        XS,
        "xs.insert(0, x)",
    ),
    edit(
        "order by class",
        "samples are sorted by their labels",
        RESULT,
        "order = np.argsort(ys, kind='stable')\n"
        "    return np.stack(xs)[order], np.array(ys)[order], skipped",
    ),
    edit(
        "samples kept once",
        "a sample that is equal to the one before is left out",
        ABSENT,
        "if sample is not None and xs and np.array_equal(xs[-1], sample[0]):\n"
        "            continue\n        if sample is None:",
    ),
    edit("counts: skipped not counted", "the count is 0", COUNTED, "continue"),
    edit(
        "counts: kept instead of skipped",
        "the count is that of the samples left",
        RESULT,
        RESULT.replace(", skipped", ", len(xs)"),
    ),
    edit(
        "counts: errors alone",
        "None is skipped without being counted",
        "sample = None\n        if",
        "sample = None\n            skipped += 1\n        if",
        COUNTED,
        "continue",
    ),
    edit(
        "counts: errors counted twice",
        "what raises is counted where it is caught and where it is left out",
        "sample = None\n        if",
        "sample = None\n            skipped += 1\n        if",
    ),
    edit(
        "counts: at most one",
        "the count says whether, not how many",
        COUNTED,
        "skipped = 1\n            continue",
    ),
    edit(
        "nothing left not looked for",
        "an empty list is stacked, which raises",
        NOTHING,
        "pass",
    ),
    edit(
        "result always float64",
        "float32 samples become float64",
        RESULT,
        RESULT.replace("np.stack(xs)", "np.stack(xs).astype(np.float64)"),
    ),
    edit(
        "input changed in place",
        "the caller's samples are set to 0 once they are stacked",
        RESULT,
        "out = np.stack(xs)\n    for x in xs:\n        x[...] = 0\n"
        "    return out, np.array(ys), skipped",
    ),
    edit(
        "output: samples side by side",
        "samples are concatenated, not stacked",
        RESULT,
        RESULT.replace("np.stack(xs)", "np.concatenate([np.atleast_1d(x) for x in xs])"),
    ),
)

CORNERS: Corners = {
    **each("shape", SHAPES),
    "no sample": lambda case: not case.attributes["states"],
    "nothing left": lambda case: bool(case.attributes["states"]) and not len(fine(case)),
    "nothing corrupted": lambda case: 0 < len(fine(case)) == len(case.attributes["states"]),
    "one left": lambda case: len(fine(case)) == 1,
    "the first corrupted": lambda case: case.attributes["states"][:1] not in ((), (FINE,)),
    "the last corrupted": lambda case: case.attributes["states"][-1:] not in ((), (FINE,)),
}

operator = Operator(
    name="skip_corrupted",
    source="torch.utils.data.default_collate of the samples that can be read",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("x", "y", "skipped"),
    regimes=("integers", "normal"),
    laws=(
        Law(
            "alone",
            "the samples that are left are a batch by themselves",
            alone,
            applies=lambda case: len(fine(case)) > 0,
        ),
        Law(
            "reverse order",
            "samples in reverse order give their batch in reverse order",
            reversed_order,
            applies=lambda case: len(fine(case)) > 0,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
