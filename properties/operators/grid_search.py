"""grid_search: strategy over lists of hyperparameters, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.values import Values

RATES, PENALTIES = (1.0, 3.0, 0.1, 10.0), (0.0, 0.5, 0.05)
"""No product is 1: such a step would leave nothing of the parameter but rounding."""
TIES, STEPS = ("first", "last"), (2, 1, 4)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Lists of different lengths in any order, so that the best pair may stand anywhere."""
    rates = draw(st.permutations(RATES))[: draw(domain.choice("rates_tried", (3, 2, 4, 3, 1)))]
    penalties = draw(st.permutations(PENALTIES))[: draw(domain.choice("tried", (2, 3, 2, 1)))]
    return {
        "samples": draw(domain.choice("samples", (4, 2, 6))),
        "val_samples": draw(domain.choice("val_samples", (8, 3, 16, 12))),
        "features": draw(domain.integer("features", 1, 3)),
        "classes": draw(domain.integer("classes", 2, 3)),
        "rates": tuple(rates),
        "penalties": tuple(penalties),
        "steps": draw(domain.choice("steps", STEPS)),
        "ties": draw(domain.choice("ties", TIES)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Labels are random, so that training and validation disagree about what is best.

    One sample has every class in the validation data, so that some accuracy is above 0.
    """
    D, C, others = at["features"], at["classes"], at["val_samples"]
    one, more = values.array("one", (1, D)), values.array("x_val", (others, D))
    return {
        "x": values.array("x", (at["samples"], D)),
        "y": values.ids("y", (at["samples"],), C),
        "x_val": np.concatenate([np.repeat(one, C, axis=0), more]),
        "y_val": np.concatenate([np.arange(C), values.ids("y_val", (others,), C)]),
        "W": values.array("W", (D, C)),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    pairs = [(i, j) for i in range(len(at["rates"])) for j in range(len(at["penalties"]))]
    models = [_trained(tensors, at, at["rates"][i], at["penalties"][j]) for i, j in pairs]
    hits = [(tensors["x_val"] @ m).argmax(1) == tensors["y_val"] for m in models]
    scores = torch.stack(hits).to(tensors["x"].dtype).mean(1)
    places = (scores == scores.max()).nonzero().flatten()
    best = int(places[0 if at["ties"] == "first" else -1])
    return {
        "scores": scores.reshape(len(at["rates"]), len(at["penalties"])),
        "best": torch.tensor(pairs[best]),
        "best_score": scores.max(),
        "best_W": models[best],
    }


def _trained(tensors: Mapping[str, Any], at: Attributes, rate: float, penalty: float) -> Any:
    """A fresh parameter after some steps of `torch.optim.SGD`."""
    import torch
    from torch.nn.functional import cross_entropy

    model = tensors["W"].detach().clone().requires_grad_()
    optimizer = torch.optim.SGD([model], lr=rate, weight_decay=penalty)
    for _ in range(at["steps"]):
        optimizer.zero_grad()
        with torch.enable_grad():
            cross_entropy(tensors["x"] @ model, tensors["y"]).backward()
        optimizer.step()
    return model.detach()


def alone(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """A trial comes out as it does without the others."""
    at, whole = case.attributes, run(inputs)
    i, j = len(at["rates"]) - 1, len(at["penalties"]) - 1
    last = run(inputs, rates=at["rates"][i:], penalties=at["penalties"][j:])
    yield "the score of the last trial", whole["scores"][i, j], last["scores"][0, 0]
    (a, b) = whole["best"]
    best = run(inputs, rates=(at["rates"][a],), penalties=(at["penalties"][b],))
    for name in ("best_score", "best_W"):
        if name in whole:
            yield name, whole[name], best[name]


def largest(run: Any, case: Case, inputs: Arrays) -> Pairs:
    found = run(inputs)
    yield (
        "the score of the best trial",
        found["scores"][tuple(found["best"])],
        found["scores"].max(),
    )


FRESH = "model = W.copy()"
STEP = "model -= rate * (_gradient(x, y, model) + penalty * model)"
SCORE = "score = _accuracy(x_val, y_val, model)"
TABLE = "scores[i, j] = score"
BETTER = 'if score > top or (ties == "last" and score == top):'
KEEP = "top, best, kept = score, (i, j), model"
OVER_RATES = "for i, rate in enumerate(rates):"
OVER_PENALTIES = "for j, penalty in enumerate(penalties):"
RETURN = "return scores, np.array(best), np.asarray(top, x.dtype), kept"
START = "top, best, kept = -1.0, (0, 0), W"

MISTAKES = (
    edit(
        "one model for all trials",
        "each trial goes on with the model that the one before has trained",
        FRESH,
        "model = model.copy()",
        START,
        f"{START}\n    model = W.copy()",
    ),
    edit(
        "new model for each rate only",
        "penalties go on training the model of the one before",
        FRESH,
        "model = model.copy()",
        OVER_RATES,
        f"{OVER_RATES}\n        model = W.copy()",
    ),
    edit(
        "best on the training data",
        "the trial with the largest training accuracy is chosen",
        BETTER,
        BETTER.replace("if score", "fit = _accuracy(x, y, model)\n            if score").replace(
            "score", "fit"
        ),
        KEEP,
        KEEP.replace("= score", "= fit"),
    ),
    edit(
        "scored on the training data",
        "the table holds training accuracies",
        SCORE,
        "score = _accuracy(x, y, model)",
    ),
    edit(
        "trained on the validation data",
        "the model has seen what it is judged by",
        STEP,
        STEP.replace("x, y", "x_val, y_val"),
    ),
    edit(
        "trained on both",
        "the validation data are part of the training",
        STEP,
        STEP.replace(
            "_gradient(x, y, model)",
            "_gradient(np.concatenate([x, x_val]), np.concatenate([y, y_val]), model)",
        ),
    ),
    edit(
        "last model returned",
        "the best trial's model is lost",
        RETURN,
        RETURN.replace("kept", "model"),
    ),
    edit(
        "last score returned",
        "the score is that of the last trial",
        RETURN,
        RETURN.replace("top", "score"),
    ),
    edit(
        "last pair returned",
        "the hyperparameters are those of the last trial",
        RETURN,
        RETURN.replace("np.array(best)", "np.array((i, j))"),
    ),
    edit(
        "last improvement kept",
        "a score is compared with the one before it, not with the best so far",
        BETTER,
        f"{BETTER.replace('if score', 'better = score')[:-1]}\n"
        "            top = score\n"
        "            if better:",
    ),
    edit(
        "best never updated",
        "every trial is compared with the first",
        KEEP,
        "best, kept = (i, j), model\n                top = score if top < 0 else top",
    ),
    edit(
        "worst chosen",
        "the smallest accuracy wins",
        BETTER,
        'if top < 0 or score < top or (ties == "last" and score == top):',
    ),
    edit(
        "ties the other way",
        "of equal trials the other one is taken",
        BETTER,
        BETTER.replace('"last"', '"first"'),
    ),
    edit(
        "best of each list by itself",
        "the rate is chosen with the first penalty, the penalty with the first rate",
        RETURN,
        "rows, columns = scores[:, 0], scores[0]\n"
        '    end = -1 if ties == "last" else 0\n'
        "    best = (\n"
        "        int(np.flatnonzero(rows == rows.max())[end]),\n"
        "        int(np.flatnonzero(columns == columns.max())[end]),\n"
        "    )\n"
        f"    {RETURN}",
    ),
    edit(
        "lists walked side by side",
        "the first rate goes with the first penalty, the second with the second, and no others",
        OVER_PENALTIES,
        "for j, penalty in [(i, penalties[i])] if i < len(penalties) else []:",
    ),
    edit(
        "last rate left out",
        "the rates are counted one short",
        OVER_RATES,
        "for i, rate in enumerate(rates[: max(len(rates) - 1, 1)]):",
    ),
    edit(
        "first penalty left out",
        "penalties of 0 are skipped",
        OVER_PENALTIES,
        f"{OVER_PENALTIES}\n            if penalty == 0 and len(penalties) > 1:\n"
        "                continue",
    ),
    edit(
        "penalty ignored",
        "the model is trained without it",
        STEP,
        STEP.replace(" + penalty * model", ""),
    ),
    edit(
        "penalty twice",
        "2 penalty W is added, not penalty W",
        STEP,
        STEP.replace("penalty *", "2 * penalty *"),
    ),
    edit(
        "first rate for all",
        "the rate of every trial is the first",
        STEP,
        STEP.replace("rate *", "rates[0] *"),
    ),
    edit(
        "rate and penalty exchanged",
        "each takes the other's place",
        STEP,
        "model -= penalty * (_gradient(x, y, model) + rate * model)",
    ),
    edit(
        "scored before the training",
        "each trial's score is that of the fresh model",
        SCORE,
        "score = _accuracy(x_val, y_val, W)",
    ),
    edit(
        "table transposed",
        "penalties come first in the table",
        RETURN,
        RETURN.replace("scores,", "scores.T.reshape(scores.shape),"),
    ),
    edit(
        "best so far in the table",
        "the table holds the largest score up to each trial",
        TABLE,
        "scores[i, j] = max(score, top)",
    ),
    edit("W trained in place", "the caller's model is what is trained", FRESH, "model = W"),
)

CORNERS: Corners = {
    "one trial": lambda case: (
        len(case.attributes["rates"]) == 1 and len(case.attributes["penalties"]) == 1
    ),
    "one list of one": lambda case: (
        (len(case.attributes["rates"]) == 1) != (len(case.attributes["penalties"]) == 1)
    ),
    **each("ties", TIES),
    **each("steps", STEPS),
}

operator = Operator(
    name="grid_search",
    source="torch.optim.SGD",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("scores", "best", "best_score", "best_W"),
    regimes=("normal",),
    laws=(
        Law("independence", "a trial comes out as it does alone", alone),
        Law("largest", "the best trial has the largest score", largest),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
