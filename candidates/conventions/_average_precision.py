"""Average precision as a free function: of scores and answers, of a ranking, of a curve.

One class, or several, which are columns; the rows of a retrieval are queries, and count as classes.
What a function gives for a class without a positive is its own choice, and is not asked. Equal
scores are handed over only where a tiny input shows that they are one step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from candidates.conventions._metrics import PRED, SCORES, Form, Metric, Y, number

Arrays = Mapping[str, np.ndarray]
At = Mapping[str, Any]
Call = Callable[..., Any]
Column = tuple[np.ndarray, np.ndarray]

NAMES = """
    average_precision average_precision_score compute_average_precision calculate_average_precision
    get_average_precision compute_ap calculate_ap calc_ap get_ap ap_score average_precision_at_k
    ap_at_k apk voc_ap mean_average_precision mean_average_precision_score
    compute_mean_average_precision calculate_mean_average_precision compute_map calculate_map
    map_score mapk map_at_k mean_average_precision_at_k multilabel_map
"""
ROLES = {
    "y": f"{Y} relevance_labels binary_labels y_true_list",
    "scores": f"{SCORES} {PRED} score output outputs similarities confidences y_score_list",
    "hits": "r rel relevance relevances relevance_list hits is_relevant ranked_labels",
    "several_hits": "rs relevance_lists all_relevances rels",
    "ranked": "ranked ranked_docs ranked_ids ranked_list ranked_items ranking retrieved results "
    "retrieved_docs retrieved_ids retrieved_items recommended recommended_items recommendations",
    "relevant": "relevant relevant_docs relevant_ids relevant_items relevant_set gold",
    "several_ranked": "all_predicted all_ranked all_rankings all_retrieved rankings ranked_lists "
    "all_results predictions_list",
    "several_relevant": "all_relevant relevant_lists relevants all_relevant_docs relevant_sets",
    "k": "k top_k n",
    "recall": "recall recalls rec r_curve",
    "precision": "precision precisions prec",
}


def columns(inputs: Arrays) -> list[Column]:
    """Scores and answers of each class that has a positive."""
    both = zip(inputs["scores"].T, inputs["y"].T, strict=True)
    return [(s.copy(), y.copy()) for s, y in both if y.any()]


def best_first(scores: np.ndarray) -> np.ndarray:
    return np.argsort(-scores, kind="stable")


def mean_of(one: Callable[[Call, Column], float]) -> Call:
    """A function of one class, called for each; 0 where no class has a positive."""

    def call(function: Call, at: At, inputs: Arrays) -> float:
        each = [one(function, column) for column in columns(inputs)]
        return float(np.mean(each)) if each else 0.0

    return call


def at_once(give: Callable[[list[Column]], Mapping[str, Any]]) -> Call:
    """A function of all classes; 0 where none has a positive."""

    def call(function: Call, at: At, inputs: Arrays) -> float:
        found = columns(inputs)
        return number(function(**give(found))) if found else 0.0

    return call


def of_scores(function: Call, column: Column) -> float:
    scores, y = column
    return number(function(scores=scores, y=y))


def of_hits(function: Call, column: Column) -> float:
    scores, y = column
    return number(function(hits=y[best_first(scores)]))


def ids_of(column: Column) -> tuple[list[int], list[int]]:
    """The ids of all samples, the best first, and of the positives."""
    scores, y = column
    return best_first(scores).tolist(), np.flatnonzero(y).tolist()


def of_ids(ranked: str, relevant: str) -> Callable[[Call, Column], float]:
    def one(function: Call, column: Column) -> float:
        order, positives = ids_of(column)
        return number(function(**{ranked: order, relevant: positives}))

    return one


def curve(column: Column) -> tuple[np.ndarray, np.ndarray]:
    """Recall and precision from the best sample on."""
    scores, y = column
    hits = np.cumsum(y[best_first(scores)])
    return hits / hits[-1], hits / np.arange(1, len(hits) + 1)


def of_curve(function: Call, column: Column) -> float:
    recall, precision = curve(column)
    return number(function(recall=recall, precision=precision))


def columns_as(give: Callable[[np.ndarray], np.ndarray]) -> Call:
    def arrays(found: list[Column]) -> Mapping[str, Any]:
        scores, y = (np.stack(part, axis=1) for part in zip(*found, strict=True))
        return {"scores": give(scores), "y": give(y)}

    return at_once(arrays)


def lists_of_ids(ranked: str, relevant: str) -> Call:
    def lists(found: list[Column]) -> Mapping[str, Any]:
        pairs = zip(*map(ids_of, found), strict=True)
        return dict(zip((ranked, relevant), map(list, pairs), strict=True))

    return at_once(lists)


def lists_of_hits(found: list[Column]) -> Mapping[str, Any]:
    return {"several_hits": [y[best_first(scores)] for scores, y in found]}


def pairs_of_ids(found: list[Column]) -> Mapping[str, Any]:
    return {"ranked": [ids_of(column) for column in found]}


def with_k(call: Call) -> Call:
    """The same of a function that looks at the first k alone: all there are."""
    return lambda function, at, inputs: call(partial(function, k=len(inputs["y"])), at, inputs)


ONE: Arrays = {
    "scores": np.array([[0.9], [0.2], [0.7], [0.4], [0.6], [0.3]]),
    "y": np.array([[1], [0], [0], [1], [0], [1]]),
}
AP = (1 + 2 / 4 + 3 / 5) / 3
TWO: Arrays = {
    "scores": np.column_stack([ONE["scores"], [0.1, 0.8, 0.3, 0.9, 0.5, 0.2]]),
    "y": np.column_stack([ONE["y"], [0, 1, 0, 0, 1, 0]]),
}
MAP = (AP + (1 / 2 + 2 / 3) / 2) / 2
TIED: Arrays = {"scores": np.array([[1.0], [1], [1]]), "y": np.array([[0], [1], [1]])}
TIED_OTHERWISE: Arrays = {"scores": TIED["scores"], "y": TIED["y"][::-1].copy()}

INTERPOLATED = "it takes the best precision from a recall on, which is another measure"
STRAIGHT = "it joins the curve by straight lines, which is another measure"


def other_measures() -> dict[float, str]:
    """What other areas under the curve are for the tiny input."""
    recall, precision = curve((ONE["scores"][:, 0], ONE["y"][:, 0]))

    def best(points: int) -> list[float]:
        return [precision[recall >= t - 1e-9].max() for t in np.linspace(0, 1, points)]

    edged = np.append(precision, 0.0)
    envelope = np.maximum.accumulate(np.append(1.0, edged)[::-1])[::-1]
    fine = np.linspace(0, 1, 101)
    joined = np.interp(fine, np.concatenate([[0], recall, [1]]), envelope)
    return {
        (1 + 3 / 5 + 3 / 5) / 3: INTERPOLATED,
        float(np.mean(best(11))): INTERPOLATED,
        float(np.mean(best(101))): INTERPOLATED,
        area(fine, joined): INTERPOLATED,
        area(recall, precision): STRAIGHT,
        area(np.append(0.0, recall), np.append(1.0, precision)): STRAIGHT,
        area(np.append(0.0, recall), np.append(0.0, precision)): STRAIGHT,
    }


def area(x: np.ndarray, y: np.ndarray) -> float:
    """By the trapezoid rule, whose name differs between NumPy's versions."""
    return float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum())


UNTIED = {"tied": (False,)}
SINGLE = {"classes": (1,), **UNTIED}
LISTS = "several_ranked several_relevant"
GROUPS: tuple[tuple[str, Call, Arrays, str], ...] = (
    ("y scores", mean_of(of_scores), ONE, "of one class"),
    ("y scores", columns_as(np.asarray), TWO, ""),
    ("y scores", columns_as(np.transpose), TWO, "of rows, as of queries"),
    ("y scores", mean_of(of_ids("scores", "y")), ONE, "of a ranking"),
    ("y scores", lists_of_ids("scores", "y"), TWO, "of rankings"),
    ("hits", mean_of(of_hits), ONE, "of a ranking"),
    ("several_hits", at_once(lists_of_hits), TWO, "of rankings"),
    ("ranked relevant", mean_of(of_ids("ranked", "relevant")), ONE, "of a ranking"),
    ("scores relevant", mean_of(of_ids("scores", "relevant")), ONE, "of a ranking"),
    ("ranked y", mean_of(of_ids("ranked", "y")), ONE, "of a ranking"),
    (LISTS, lists_of_ids(*LISTS.split()), TWO, "of rankings"),
    ("ranked", at_once(pairs_of_ids), TWO, "of rankings"),
    ("recall precision", mean_of(of_curve), ONE, "of a curve"),
)


def forms() -> list[Form]:
    """Each form, also with a k, and what gives another measure of one class."""
    found = []
    for roles, call, inputs, words in GROUPS:
        domain = SINGLE if inputs is ONE else UNTIED
        value = AP if inputs is ONE else MAP
        others = other_measures() if inputs is ONE else {}
        for named, made in ((roles, call), (f"{roles} k", with_k(call))):
            found.append(Form(named, made, {}, inputs, value, domain, words, spare=True))
            found += [Form(named, made, {}, inputs, v, why=why) for v, why in others.items()]
    return found


def groups(function: Call, form: Form) -> dict[str, tuple[Any, ...]]:
    """Equal scores are handed over where they are one step, whichever positive comes first."""
    if set(form.roles.split()) != {"y", "scores"} or "ranking" in form.words:
        return {}
    try:
        both = [form.call(function, {}, inputs) for inputs in (TIED, TIED_OTHERWISE)]
    except Exception:
        return {}
    return {"tied": ()} if np.allclose(both, 2 / 3) else {}


AVERAGE_PRECISION = Metric(
    "mean_average_precision",
    NAMES,
    ROLES,
    forms(),
    """`average_precision(y_true, y_scores)` of one class (N,), or several (N, C), rows for queries.

    Also of a ranking: its answers in order, `average_precision(relevances)`, or ids and those that
    are relevant, `average_precision(ranked, relevant)`; of `recall` and `precision` at each rank.
    Every class has a positive.
    """,
    narrowed=groups,
)
SPELLINGS = AVERAGE_PRECISION.spellings


def beside_torch(when: Callable[[Any], bool], behind: Callable[[Call], Call]) -> Metric:
    """The same on tensors."""
    return replace(AVERAGE_PRECISION, when=when, behind=behind)
