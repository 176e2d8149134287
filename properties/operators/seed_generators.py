"""seed_generators: strategy over epochs and workers, laws and mistakes.

What is seeded is evidence: seeds, or numbers that generators give once they are seeded. It must be
the same exactly where torch's own seed is.
"""

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
from properties.tolerance import Failed
from properties.values import Values

SPAN = 2**32
BASES = ("large", "small", "edge")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    epochs = draw(domain.choice("epochs", (2, 3, 1)))
    return {
        "workers": draw(domain.choice("workers", (2, 3, 4, 1))),
        "epochs": epochs,
        "again": draw(domain.choice("again", (True, False))),
        "base": draw(domain.choice("base", BASES)),
        "generators": draw(domain.choice("generators", (1, 2, 3))),
        "shown": draw(domain.choice("shown", ("seeds",))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Seeds of workers, no two alike but for the last epoch, which is the first one `again`.

    In "edge" their remainders by 2**32 are the last ones and the first.
    """
    rng, epochs = values.rng("base"), at["epochs"]
    bases = 100 * rng.permutation(np.arange(1, 80))[:epochs] + rng.integers(0, 50, epochs)
    if at["base"] != "small":
        bases = bases + SPAN * rng.integers(1, 2**30, epochs)
    if at["base"] == "edge":
        bases[0] -= bases[0] % SPAN + 1
    if at["again"]:
        bases = np.append(bases, bases[0])
    return {"initial": bases[:, None] + np.arange(at["workers"])}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    shape = (at["generators"], *tensors["initial"].shape)
    seeds = tensors.get("seeds")
    if seeds is not None and (seeds.is_floating_point() or tuple(seeds.shape) != shape):
        found = f"{str(seeds.dtype).removeprefix('torch.')} of shape {tuple(seeds.shape)}"
        raise Failed(f"seeds is {found}, expected integers of shape {shape}", "seeds")
    return {}


def different(seeds: np.ndarray) -> np.ndarray:
    return np.asarray(len(np.unique(seeds)))


def workers_differ(run: Any, case: Case, inputs: Arrays) -> Pairs:
    seeds = run(inputs)["seeds"]
    for g, e in np.ndindex(seeds.shape[:2]):
        what = f"the number of different seeds of generator {g} in the workers of epoch {e}"
        yield what, different(seeds[g, e]), np.asarray(seeds.shape[2])


def epochs_differ(run: Any, case: Case, inputs: Arrays) -> Pairs:
    seeds = run(inputs)["seeds"][:, : case.attributes["epochs"]]
    for g in range(len(seeds)):
        what = f"the number of different seeds of generator {g} in all epochs"
        yield what, different(seeds[g]), np.asarray(seeds[g].size)


def repeated(run: Any, case: Case, inputs: Arrays) -> Pairs:
    seeds = run(inputs)["seeds"]
    yield "seeds of the epoch that is the first one again", seeds[:, -1], seeds[:, 0]


def once_more(run: Any, case: Case, inputs: Arrays) -> Pairs:
    seeds = run(inputs)["seeds"]
    yield "seeds in another run", run(inputs)["seeds"], seeds
    moved = run({"initial": inputs["initial"] + 10_000})["seeds"]
    yield "the number of seeds that are the same for others", (moved == seeds).sum(), np.asarray(0)


def below_span(run: Any, case: Case, inputs: Arrays) -> Pairs:
    seeds = run(inputs)["seeds"]
    wrong = (seeds < 0) | (seeds >= SPAN)
    yield "the number of seeds that NumPy would refuse", wrong.sum(), np.asarray(0)


SET = "seeds[g, e, w] = int(initial[e, w]) % SPAN"
ZEROS = "seeds = np.zeros((G, E, W), np.int64)"
RESULT = "return seeds"

MISTAKES = (
    edit(
        "seed: worker's number alone",
        "np.random.seed(worker_id) gives the same augmentation in every epoch",
        SET,
        SET.replace("int(initial[e, w])", "w"),
    ),
    edit(
        "seed: a constant",
        "np.random.seed(42) gives the same augmentation in every worker",
        SET,
        SET.replace("int(initial[e, w])", "42"),
    ),
    edit(
        "seed: a constant and the worker's number",
        "np.random.seed(42 + worker_id) gives the same augmentation in every epoch",
        SET,
        SET.replace("int(initial[e, w])", "(42 + w)"),
    ),
    edit(
        "seed: that of the epoch",
        "torch.initial_seed() - worker_id is the same in every worker",
        SET,
        SET.replace("initial[e, w])", "initial[e, w] - w)"),
    ),
    edit(
        "seed: that of the first epoch",
        "every epoch is seeded as the first one was",
        SET,
        SET.replace("initial[e, w]", "initial[0, w]"),
    ),
    edit(
        "seed: the epoch's number",
        "all runs are alike, whatever torch is seeded with",
        SET,
        SET.replace("int(initial[e, w])", "(e * W + w)"),
    ),
    edit(
        "seed: the epoch's and the worker's number added",
        "the second worker of an epoch is the first one of the next",
        SET,
        SET.replace("int(initial[e, w])", "(int(initial[0, 0]) + e + w)"),
    ),
    edit(
        "seed not reduced",
        "torch.initial_seed() is too large for NumPy, which raises",
        SET,
        SET.replace(" % SPAN", ""),
    ),
    edit(
        "seed: number of the worker added after the reduction",
        "the sum may be too large for NumPy, once in 1e9 runs",
        SET,
        "seeds[g, e, w] = (int(initial[e, w]) - w) % SPAN + w",
    ),
    edit(
        "seed: reduced too far",
        "of many workers two are alike",
        SET,
        SET.replace("SPAN", "2"),
    ),
    edit(
        "seed: high bits alone",
        "the seed is divided, not reduced, so that workers are alike",
        SET,
        SET.replace("% SPAN", "// SPAN"),
    ),
    edit(
        "seed: signed",
        "half of the seeds are below 0, which NumPy refuses",
        SET,
        "seeds[g, e, w] = (int(initial[e, w]) + 5) % SPAN - 10",
    ),
    edit(
        "generators after the first not seeded",
        "random is seeded, np.random is as it was",
        SET,
        "seeds[g, e, w] = int(initial[e, w]) % SPAN if g == 0 else 0",
    ),
    edit(
        "seed: from the system",
        "no run is like another",
        SET,
        SET.replace("int(initial[e, w])", "int(np.random.default_rng().integers(2**40))"),
    ),
    edit(
        "seed: from the global generator",
        "seeds depend on, and move, the state of np.random",
        SET,
        SET.replace("int(initial[e, w])", "np.random.randint(2**31)"),
    ),
    edit(
        "seed: global generator seeded",
        "np.random is seeded for everybody, where seeds are asked for",
        ZEROS,
        f"np.random.seed(0)\n    {ZEROS}",
    ),
    edit(
        "epochs and workers exchanged", "seeds are (G, W, E)", RESULT, "return seeds.swapaxes(1, 2)"
    ),
    edit(
        "input changed in place",
        "the caller's seeds are reduced",
        ZEROS,
        f"initial %= SPAN\n    {ZEROS}",
    ),
)

CORNERS: Corners = {
    **each("workers", (1, 4)),
    **each("epochs", (1, 3)),
    **each("base", BASES),
    **each("again", (True, False)),
    **each("generators", (1, 2)),
}

operator = Operator(
    name="seed_generators",
    source="torch.initial_seed() % 2**32 in a worker_init_fn",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=(),
    evidence=("seeds",),
    regimes=("integers",),
    laws=(
        Law(
            "workers",
            "no two workers of an epoch draw the same",
            workers_differ,
            applies=lambda case: case.attributes["workers"] > 1,
        ),
        Law(
            "epochs",
            "no two epochs draw the same",
            epochs_differ,
            applies=lambda case: case.attributes["epochs"] > 1,
        ),
        Law(
            "again",
            "the same seed gives the same draws",
            repeated,
            applies=lambda case: bool(case.attributes["again"]),
        ),
        Law("runs", "draws follow from the seed alone", once_more),
        Law(
            "range",
            "seeds are from 0 to 2**32 - 1",
            below_span,
            applies=lambda case: case.attributes["shown"] == "seeds",
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
