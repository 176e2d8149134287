"""confusion_matrix: strategy over labels and normalisations, oracle, laws and mistakes."""

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
from properties.operators._metrics import LABEL_CORNERS, labelled, labels, of_labels

NORMALIZE = (None, "true", "pred", "all")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {**labels(draw, domain), "normalize": draw(domain.choice("normalize", NORMALIZE))}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch
    from torch.nn.functional import one_hot

    actual, predicted = (
        one_hot(tensors["y"], at["classes"]),
        one_hot(tensors["pred"], at["classes"]),
    )
    counts = actual.T @ predicted
    if at["normalize"] is None:
        return {"out": counts}
    whole = {
        "true": actual.sum(dim=0)[:, None],
        "pred": predicted.sum(dim=0)[None],
        "all": torch.tensor(len(actual)),
    }[at["normalize"]]
    return {"out": counts.double() / whole.clamp(min=1)}


def marginals(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out, C = run(inputs)["out"], case.attributes["classes"]
    yield "out summed over its columns", out.sum(axis=1), np.bincount(inputs["y"], minlength=C)
    yield "out summed over its rows", out.sum(axis=0), np.bincount(inputs["pred"], minlength=C)


def exchange(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = {"pred": inputs["y"], "y": inputs["pred"]}
    yield "out", run(turned)["out"], run(inputs)["out"].T


def perfect(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out = run(inputs | {"pred": inputs["y"].copy()})["out"]
    yield "out", out, np.diag(np.diag(out))


COUNT = "counts[y[n], pred[n]] += 1"
COUNTS = "return counts"
ZEROS = "counts = np.zeros((C, C), np.int64)"
SUMS = 'sums = {"true": counts[i].sum(), "pred": counts[:, j].sum(), "all": counts.sum()}'
SHARE = "out[i, j] = counts[i, j] / sums[normalize]"
RESULT = "    return out\n"

MISTAKES = (
    edit(
        "rows and columns exchanged",
        "rows are the predictions, columns the true classes",
        COUNT,
        "counts[pred[n], y[n]] += 1",
    ),
    edit(
        "only the diagonal",
        "samples that are taken for another class are not counted",
        COUNT,
        "counts[y[n], pred[n]] += y[n] == pred[n]",
    ),
    edit(
        "only the mistakes",
        "samples that are right are not counted",
        COUNT,
        "counts[y[n], pred[n]] += y[n] != pred[n]",
    ),
    edit(
        "assigned instead of added",
        "`counts[y, pred] += 1` on whole arrays counts each pair once",
        COUNT,
        "counts[y[n], pred[n]] = 1",
    ),
    edit(
        "all predictions of a class in its row",
        "`counts[y, :]` counts every sample in all columns",
        COUNT,
        "counts[y[n]] += 1",
    ),
    edit(
        "symmetric",
        "a pair counts whichever of the two is the true class",
        COUNT,
        "counts[y[n], pred[n]] += 1\n        counts[pred[n], y[n]] += y[n] != pred[n]",
    ),
    edit(
        "classes in descending order",
        "the last class comes first",
        COUNT,
        "counts[C - 1 - y[n], C - 1 - pred[n]] += 1",
    ),
    edit(
        "first sample left out",
        "counting begins with the second sample",
        "for n in range(len(y)):",
        "for n in range(1, len(y)):",
    ),
    edit(
        "classes that do not occur left out",
        "there are as many rows as classes in y and pred",
        ZEROS,
        "kinds = np.unique(np.concatenate([y, pred]))\n    C = len(kinds)\n"
        "    y, pred = np.searchsorted(kinds, y), np.searchsorted(kinds, pred)\n    " + ZEROS,
    ),
    edit(
        "classes counted by the largest label",
        "there are as many rows as the largest label asks for",
        ZEROS,
        "C = max(int(y.max(initial=0)), int(pred.max(initial=0))) + 1\n    " + ZEROS,
    ),
    edit(
        "one class more",
        "a row and a column are there that no sample can have",
        ZEROS,
        f"C += 1\n    {ZEROS}",
    ),
    edit(
        "normalize ignored",
        "counts come back whatever `normalize` says",
        "if normalize is None:",
        "if True:",
    ),
    edit(
        "rows and columns divided the other way round",
        "`true` divides by the sums of the columns, `pred` by those of the rows",
        SUMS,
        SUMS.replace("true", "other").replace("pred", "true").replace("other", "pred"),
    ),
    edit(
        "divided by the number of classes",
        "`all` divides by the number of cells",
        SUMS,
        SUMS.replace("counts.sum()", "counts.size"),
    ),
    edit(
        "always divided by all",
        "every normalisation divides by the number of samples",
        SHARE,
        SHARE.replace("sums[normalize]", 'sums["all"]'),
    ),
    edit(
        "percent",
        "normalised entries are percentages",
        SHARE,
        SHARE.replace("counts[i, j] /", "100 * counts[i, j] /"),
    ),
    edit(
        "integer division",
        "shares are rounded down to 0 or 1",
        SHARE,
        SHARE.replace(" / ", " // "),
    ),
    edit(
        "empty rows are nan",
        "a class without samples divides 0 by 0",
        "            if counts[i, j]:\n                " + SHARE,
        "            with np.errstate(invalid='ignore'):\n                " + SHARE,
    ),
    edit(
        "diagonal of absent classes is 1",
        "a class that does not occur counts as right",
        RESULT,
        "    for i in range(C):\n        out[i, i] = out[i, i] if counts[i].sum() else 1\n"
        + RESULT,
    ),
    edit(
        "labels changed in place",
        "the caller's predictions are overwritten by the labels",
        ZEROS,
        f"{ZEROS}\n    pred, given = pred.copy(), pred\n    given[:] = y",
    ),
)

CORNERS: Corners = {
    **LABEL_CORNERS,
    "no sample": lambda case: case.attributes["batch"] == 0,
    **each("normalize", NORMALIZE),
}

operator = Operator(
    name="confusion_matrix",
    source="torch.bincount",
    attributes=attributes,
    inputs=labelled,
    oracle=oracle,
    regimes=("integers",),
    laws=(
        *of_labels(
            turned=lambda out: out[::-1, ::-1],
            twice=lambda at: 2 if at["normalize"] is None else 1,
        ),
        Law(
            "exchange",
            "pred and y exchanged transpose it",
            exchange,
            applies=lambda case: case.attributes["normalize"] in (None, "all"),
        ),
        Law("perfect answers", "right predictions give a diagonal", perfect),
        Law(
            "marginals",
            "rows add up to the samples of a class, columns to its predictions",
            marginals,
            applies=lambda case: case.attributes["normalize"] is None,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
