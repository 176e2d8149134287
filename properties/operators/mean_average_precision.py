"""mean_average_precision: strategy over shapes, ties and positives, oracle, laws and mistakes."""

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
from properties.values import Values

POSITIVES = ("some", "not in one class", "all", "none")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        "batch": draw(domain.size("batch", (3, 4, 5, 6, 2, 1, 0))),
        "classes": draw(domain.choice("classes", (2, 1, 3, 2))),
        "tied": draw(domain.boolean("tied")),
        "positives": draw(domain.choice("positives", ("some", "some", *POSITIVES))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Scores, in which equal ones are there on purpose or not at all, and which are positive.

    Tied columns hold two different scores at most.
    """
    N, C = at["batch"], at["classes"]
    scores = values.spaced("scores", (N, C))
    if values.regime == "normal":
        scores = 1 + scores / 512  # so close that half precision makes ties
    if at["tied"] and N:
        taken = values.rng("taken").integers(0, min(N, 2), (N, C))
        scores = np.take_along_axis(scores, taken, axis=0)
    y = values.rng("y").integers(0, 2, (N, C))
    if at["positives"] == "not in one class":
        y[:, values.rng("gone").integers(C)] = 0
    if at["positives"] in ("all", "none"):
        y[:] = at["positives"] == "all"
    return {"scores": scores, "y": y}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    """The mean over the positives of the precision at their scores, which is the same sum."""
    scores, y = tensors["scores"], tensors["y"].to(tensors["scores"].dtype)
    above = (scores[:, None] >= scores[None]).to(scores.dtype)
    precision = (above * y[:, None]).sum(dim=0) / above.sum(dim=0)
    positives = y.sum(dim=0)
    each = (precision * y).sum(dim=0) / positives.clamp(min=1)
    return {"out": each.sum() / (positives > 0).sum().clamp(min=1)}


def increasing(run: Any, case: Case, inputs: Arrays) -> Pairs:
    classes = np.arange(1.0, inputs["scores"].shape[1] + 1)
    moved = inputs | {"scores": 2 * inputs["scores"] - classes}
    yield "out", run(moved)["out"], run(inputs)["out"]


def order(run: Any, case: Case, inputs: Arrays) -> Pairs:
    places = Values("normal", case.seed, 1).rng("order").permutation(len(inputs["y"]))
    yield "out", run({name: a[places] for name, a in inputs.items()})["out"], run(inputs)["out"]


def relabelling(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = {name: a[:, ::-1].copy() for name, a in inputs.items()}
    yield "out", run(turned)["out"], run(inputs)["out"]


def repetition(run: Any, case: Case, inputs: Arrays) -> Pairs:
    doubled = {name: np.tile(a, (2, 1)) for name, a in inputs.items()}
    yield "out", run(doubled)["out"], run(inputs)["out"]


def perfect(run: Any, case: Case, inputs: Arrays) -> Pairs:
    scores = inputs["y"] - np.arange(len(inputs["y"]))[:, None] / 64.0
    yield "out", run(inputs | {"scores": scores})["out"], np.asarray(float(inputs["y"].any()))


def constant(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Scores that are all alike: the share of positives."""
    shares = [column.mean() for column in inputs["y"].T if column.any()]
    alike = inputs | {"scores": np.ones_like(inputs["scores"])}
    yield "out", run(alike)["out"], np.asarray(np.mean(shares) if shares else 0.0)


def tied(case: Case) -> bool:
    """Whether equal scores are asked for: laws make more of them."""
    return bool(case.attributes["tied"])


CHECK = "check_mean_average_precision(scores, y)"
START = "areas = []"
STEP = "area = recall = 0.0"
THRESHOLDS = "for threshold in sorted(set(s), reverse=True):"
HITS = "hits = np.sum(right[s >= threshold])"
PRECISION = "precision = hits / np.sum(s >= threshold)"
RECALL = "before, recall = recall, hits / max(np.sum(right), 1)"
AREA = "area += precision * (recall - before)"
THERE = "if np.any(right):"
APPEND = "areas.append(area)"
RESULT = "return np.asarray(sum(areas) / max(len(areas), 1), scores.dtype)"


def instead(area: str) -> tuple[str, str]:
    """The area of a class from its points (recall, precision), largest score first."""
    return APPEND, f"areas.append({area})"


POINTS = (STEP, f"{STEP}\n        points = []", AREA, "points.append((recall, precision))")
BEST = "max([q for r, q in points if r >= {}], default=0)"

MISTAKES = (
    edit(
        "11-point interpolation",
        "the best precision from a recall on is averaged over 0, 0.1, ... 1 (PASCAL VOC 2007)",
        *POINTS,
        *instead(f"sum({BEST.format('t / 10 - 1e-9')} for t in range(11)) / 11"),
    ),
    edit(
        "interpolated precision",
        "at each recall the best precision from there on counts (PASCAL VOC 2010)",
        *POINTS,
        *instead(
            f"sum({BEST.format('r')} * (r - p) "
            "for (r, _), (p, _) in zip(points, [(0, 1), *points]))"
        ),
    ),
    edit(
        "trapezoid rule",
        "the curve of precision over recall is joined by straight lines",
        *POINTS,
        *instead("sum((q + u) / 2 * (r - p) for (r, q), (p, u) in zip(points, [(0, 1), *points]))"),
    ),
    edit(
        "ties ungrouped",
        "of equal scores each is a step of its own, in the order of the samples",
        THRESHOLDS,
        "for place in np.argsort(-s, kind='stable'):\n"
        "            taken = (s > s[place]) | ((s == s[place]) & (np.arange(len(s)) <= place))",
        HITS,
        "hits = np.sum(right[taken])",
        PRECISION,
        "precision = hits / np.sum(taken)",
    ),
    edit(
        "smallest score first",
        "the samples with the smallest scores are taken first",
        CHECK,
        f"{CHECK}\n    scores = -scores",
    ),
    edit(
        "unsorted scores",
        "samples are taken in the order in which they come",
        CHECK,
        f"{CHECK}\n    scores = -np.arange(scores.size, dtype=scores.dtype).reshape(scores.shape)",
    ),
    edit(
        "all classes together",
        "scores of all classes are sorted as one list (a micro average)",
        CHECK,
        f"{CHECK}\n    scores, y = scores.reshape(-1, 1), y.reshape(-1, 1)",
    ),
    edit(
        "mean over the samples",
        "the classes of each sample are ranked, not the samples of each class",
        CHECK,
        f"{CHECK}\n    scores, y = scores.T, y.T",
    ),
    edit(
        "classes without a positive counted as 0",
        "they add nothing to the sum and one to the number of classes",
        THERE,
        "if True:",
    ),
    edit(
        "classes without a positive counted as 1",
        "they count as perfect",
        THERE,
        "if not np.any(right):\n            area = 1.0\n        if True:",
    ),
    edit(
        "nan without positives",
        "where no class has a positive 0 is divided by 0",
        RESULT,
        "return np.asarray(np.divide(sum(areas), len(areas)), scores.dtype)",
    ),
    edit(
        "mean weighted by positives",
        "frequent classes count more",
        APPEND,
        "areas += [area] * np.sum(right)",
    ),
    edit(
        "sum of precisions",
        "precisions at the positives are not divided by their number",
        RECALL,
        "before, recall = recall, hits",
    ),
    edit(
        "divided by the samples",
        "precisions at the positives are divided by N",
        RECALL,
        RECALL.replace("np.sum(right)", "len(right)"),
    ),
    edit(
        "mean precision of all ranks",
        "ranks of negatives count too",
        AREA,
        "area += precision / len(set(s))",
    ),
    edit(
        "rank one too large",
        "hits are divided by the number of samples taken plus one",
        PRECISION,
        "precision = hits / (np.sum(s >= threshold) + 1)",
    ),
    edit(
        "strictly above the threshold",
        "the sample whose score is the threshold is not taken",
        HITS,
        HITS.replace(">=", ">"),
        PRECISION,
        "precision = hits / max(np.sum(s > threshold), 1)",
    ),
    edit(
        "recall for precision",
        "the area under recall is summed",
        AREA,
        "area += recall * (recall - before)",
    ),
    edit(
        "precision at the end",
        "precision and recall of all samples alone are multiplied",
        AREA,
        "area = precision * recall",
    ),
    edit(
        "first class only",
        "the classes after the first do not count",
        RESULT,
        f"areas = areas[:1]\n    {RESULT}",
    ),
    edit("percent", "the mean is a percentage", RESULT, RESULT.replace("sum", "100 * sum")),
    edit(
        "sum over the classes",
        "the areas are not divided by their number",
        RESULT,
        "return np.asarray(sum(areas), scores.dtype)",
    ),
    edit(
        "compared in float16",
        "scores are rounded to half precision, which makes ties",
        CHECK,
        f"{CHECK}\n    scores = scores.astype(np.float16).astype(scores.dtype)",
    ),
    edit(
        "scores changed in place",
        "the caller's scores are sorted where they stand",
        RESULT,
        f"scores.sort(axis=0)\n    {RESULT}",
    ),
    edit(
        "result always float64",
        "float32 scores give a float64 mean",
        RESULT,
        RESULT.replace("scores.dtype", "np.float64"),
    ),
)

CORNERS: Corners = {
    "no sample": lambda case: case.attributes["batch"] == 0,
    "one sample": lambda case: case.attributes["batch"] == 1,
    "one class": lambda case: case.attributes["classes"] == 1,
    "equal scores": lambda case: case.attributes["tied"] and case.attributes["batch"] > 1,
    **each("positives", POSITIVES),
}

operator = Operator(
    name="mean_average_precision",
    source="torch.sort",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=("integers", "normal", "large", "offset"),
    laws=(
        Law("monotony", "scores doubled and moved class by class change nothing", increasing),
        Law("order", "samples in another order change nothing", order),
        Law("relabelling", "classes in another order change nothing", relabelling),
        Law("repetition", "samples that occur twice change nothing", repetition, applies=tied),
        Law("perfect answers", "positives above all negatives give 1", perfect),
        Law(
            "constant scores",
            "scores that are all alike give the share of positives",
            constant,
            applies=tied,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
