"""weighted_sampler: strategy over weights and numbers of draws, laws and mistakes."""

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
from properties.operators._images import beyond_margin
from properties.tolerance import Failed
from properties.values import Values

DRAWS = 3000
"""So many draws with replacement say something about a share of them."""

LIGHT, HEAVY, TAKEN = 1.0, 9.0, 400
"""Of 1000 light and 1000 heavy samples so many are drawn without replacement."""


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    batch = draw(domain.choice("batch", (2, 3, 4, 1, 5, 6)))
    replacement = draw(domain.choice("replacement", (True, False)))
    zeros = draw(domain.choice("zeros", tuple(n for n in (0, 1, 2) if n < batch)))
    most = 2 * batch if replacement else batch - zeros
    counts = domain.choice("num_samples", tuple(n for n in (most, 1, 2, 3, 0) if n <= most))
    return {
        "batch": batch,
        "zeros": zeros,
        "num_samples": draw(counts),
        "replacement": replacement,
        "seed": draw(domain.integer("seed", 0, 999)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Weights of any sum, some of them 0."""
    weights = values.rng("weights").choice((1.0, 2.0, 4.0, 0.25, 0.25, 8.0), at["batch"])
    weights[values.rng("zeros").permutation(at["batch"])[: at["zeros"]]] = 0.0
    return {"weights": weights}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    """Raise Failed where `ids`, if there are any yet, are no ids of samples, or not so many."""
    if "ids" not in tensors:
        return {}
    ids, N = tensors["ids"], len(tensors["weights"])
    if ids.is_floating_point() or ids.shape != (at["num_samples"],):
        found = f"{str(ids.dtype).removeprefix('torch.')} of shape {tuple(ids.shape)}"
        raise Failed(f"ids is {found}, expected integers of shape ({at['num_samples']},)", "ids")
    wrong = ids[(ids < 0) | (ids >= N)]
    if len(wrong):
        raise Failed(f"ids holds {int(wrong[0])}, expected ids from 0 to {N - 1}", "ids")
    return {}


def never_zero(run: Any, case: Case, inputs: Arrays) -> Pairs:
    drawn = inputs["weights"][run(inputs)["ids"]]
    yield "the number of draws of weight 0", np.asarray((drawn == 0).sum()), np.asarray(0)


def distinct(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield from different(run(inputs)["ids"])


def different(ids: np.ndarray) -> Pairs:
    yield "the number of different ids", np.asarray(len(np.unique(ids))), np.asarray(len(ids))


def shares(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Of many draws, whatever the sum of the weights."""
    weights, seed = inputs["weights"], case.attributes["seed"]
    many = {"num_samples": DRAWS, "replacement": True}
    first = run(inputs, **many, seed=seed)["ids"]
    other = run({"weights": 8 * weights}, **many, seed=seed + 1)["ids"]
    expected = weights / weights.sum()
    for ids in (first, other):
        for n, share in enumerate(expected):
            what = f"the share of sample {n}, {(ids == n).mean():.3g}, beyond its margin"
            yield what, *beyond_margin(ids == n, share)
    for what, agree in (("two draws", first[0::2] == first[1::2]), ("two seeds", first == other)):
        chance = float((expected**2).sum())
        what = f"the agreement of {what}, {agree.mean():.3g}, beyond its margin"
        yield what, *beyond_margin(agree, chance if chance < 1 - 1e-12 else 1.0)


def heavy_first(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Without replacement each draw is heavy with a probability between two bounds."""
    seed, half = case.attributes["seed"], 1000
    order = Values("normal", case.seed, 1).rng("order").permutation(2 * half)
    weights = np.repeat([LIGHT, HEAVY], half)[order]
    options = {"num_samples": TAKEN, "replacement": False}
    ids = run({"weights": weights}, **options, seed=seed)["ids"]
    yield from different(ids)
    heavy = weights[ids] == HEAVY
    high = HEAVY * half / (HEAVY * half + LIGHT * (half - TAKEN))
    low = HEAVY * (half - TAKEN) / (HEAVY * (half - TAKEN) + LIGHT * half)
    for bound in (max(low, heavy.mean()), min(high, heavy.mean())):
        what = f"the share of heavy samples, {heavy.mean():.3g}, beyond its margin"
        yield what, *beyond_margin(heavy, float(bound))
    other = run({"weights": weights}, **options, seed=seed + 1)["ids"]
    yield "the order for another seed", np.asarray((ids == other).all()), np.asarray(False)


def replaced(case: Case) -> bool:
    return bool(case.attributes["replacement"])


RNG = "rng = np.random.default_rng(seed)"
LEFT = "left = weights.astype(np.float64)"
LOOP = "for draw in range(count):"
REACHED = "reached = np.cumsum(left)"
CHOSEN = "out[draw] = np.argmax(reached > rng.random() * reached[-1])"
ABSENT = "if not replacement:"
GONE = "left[out[draw]] = 0.0"
RESULT = "return out"

MISTAKES = (
    edit(
        "weights not looked at", "all samples are drawn alike", LEFT, "left = np.ones(len(weights))"
    ),
    edit(
        "weights above 0 alike",
        "samples are drawn alike, but for those of weight 0",
        LEFT,
        "left = (weights > 0) * 1.0",
    ),
    edit(
        "weights reversed",
        "heavy samples are drawn rarely",
        LEFT,
        "left = np.where(weights > 0, 1 / np.maximum(weights, 1e-9), 0)",
    ),
    edit(
        "weights squared",
        "heavy samples are drawn too often",
        LEFT,
        "left = weights.astype(np.float64) ** 2",
    ),
    edit(
        "weights in reverse order",
        "the last sample has the weight of the first",
        LEFT,
        "left = weights[::-1].astype(np.float64)",
    ),
    edit(
        "weights one place off",
        "each sample has the weight of the one before",
        CHOSEN,
        CHOSEN + "\n        out[draw] = (out[draw] + 1) % len(left)",
    ),
    edit(
        "weights exponentiated",
        "weights go through a softmax",
        LEFT,
        "left = np.exp(weights - weights.max())",
    ),
    edit("weights plus one", "samples of weight 0 are drawn as well", LEFT, "left = weights + 1.0"),
    edit(
        "weights rounded",
        "weights below 1 count as 1",
        LEFT,
        "left = np.ceil(weights)",
    ),
    edit(
        "weights taken for probabilities",
        "what the weights do not add up to 1 is given to the first",
        CHOSEN,
        CHOSEN.replace(" * reached[-1]", ""),
    ),
    edit(
        "heaviest only", "each draw takes the largest weight", CHOSEN, "out[draw] = np.argmax(left)"
    ),
    edit(
        "sorted weights",
        "samples are taken in the order of their weights",
        CHOSEN,
        "out[draw] = np.argsort(-left, kind='stable')[draw % max(int((weights > 0).sum()), 1)]",
    ),
    edit(
        "given weight 0 at a number of 0",
        "`>=` takes a first sample of weight 0 where the random number is 0",
        CHOSEN,
        CHOSEN.replace("rng.random()", "np.floor(16 * rng.random()) / 16").replace(
            "reached >", "reached >="
        ),
    ),
    edit(
        "one draw for all",
        "a random number is drawn once",
        LOOP,
        "u = rng.random()\n    " + LOOP,
        CHOSEN,
        CHOSEN.replace("rng.random()", "u"),
    ),
    edit(
        "draws at equal distances",
        "the circle of weights is cut evenly, so that draws are not independent",
        CHOSEN,
        CHOSEN.replace("rng.random()", "((draw + rng.random()) / count)"),
    ),
    edit(
        "replacement ignored",
        "samples are put back although they should not be",
        ABSENT,
        "if False:",
    ),
    edit(
        "replacement reversed",
        "samples are put back where they should not be, and not where they should",
        ABSENT,
        "if replacement and (left > 0).sum() > 1:",
    ),
    edit(
        "replacement never",
        "samples are not put back, until there is none",
        ABSENT,
        "if (left > 0).sum() == 1 and replacement:\n            left = weights.astype(np.float64)\n"
        "        else:",
    ),
    edit(
        "replacement of the drawn by the last",
        "the weight of what is drawn goes to the last sample",
        GONE,
        "left[-1] += left[out[draw]]\n            " + GONE,
    ),
    edit(
        "replacement by chance of the first draw",
        "the weights left are not looked at without replacement",
        REACHED,
        "reached = np.cumsum(left if replacement else (left > 0) * 1.0)",
    ),
    edit(
        "number of draws ignored",
        "as many samples are drawn as there are",
        LOOP,
        "count = len(weights)\n    out = np.zeros(count, np.int64)\n    " + LOOP,
    ),
    edit("one draw too few", "the last draw is left out", RESULT, "return out[:-1]"),
    edit(
        "weights returned",
        "the weights of what is drawn come back, not its ids",
        RESULT,
        "return weights[out]",
    ),
    edit(
        "sorted draws",
        "ids come back in order, without replacement too",
        RESULT,
        "return np.sort(out)",
    ),
    edit("ids counted from 1", "the first sample is 1", RESULT, "return out + 1"),
    edit("seed ignored", "every seed gives the same draws", RNG, "rng = np.random.default_rng(0)"),
    edit(
        "seed not used",
        "the same seed gives other draws each time",
        RNG,
        "rng = np.random.default_rng()",
    ),
    edit(
        "seed in every draw",
        "the generator begins anew with each draw",
        CHOSEN,
        "rng = np.random.default_rng(seed)\n        " + CHOSEN,
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
    ),
    edit(
        "weights changed in place",
        "weights of what is drawn become 0",
        RESULT,
        "weights[out] = 0\n    return out",
    ),
    edit(
        "weights normalised in place",
        "the caller's weights are divided by their sum",
        LEFT,
        "weights /= weights.sum()\n    " + LEFT,
    ),
)

CORNERS: Corners = {
    **each("replacement", (True, False)),
    **each("num_samples", (0, 1)),
    "one sample": lambda case: case.attributes["batch"] == 1,
    "weights of 0": lambda case: case.attributes["zeros"] > 0,
    "all drawn": lambda case: (
        not replaced(case) and case.attributes["num_samples"] == case.attributes["batch"]
    ),
    "more draws than samples": lambda case: (
        case.attributes["num_samples"] > case.attributes["batch"]
    ),
}

operator = Operator(
    name="weighted_sampler",
    source="torch.utils.data.WeightedRandomSampler",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=(),
    evidence=("ids",),
    regimes=("integers",),
    laws=(
        Law("never 0", "a sample of weight 0 is never drawn", never_zero),
        Law(
            "distinct",
            "without replacement no sample is drawn twice",
            distinct,
            applies=lambda case: not replaced(case),
        ),
        Law(
            "shares",
            "samples are drawn in proportion to their weights, each by itself",
            shares,
            applies=replaced,
        ),
        Law(
            "heavy first",
            "without replacement heavy samples are drawn early",
            heavy_first,
            applies=lambda case: not replaced(case),
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
