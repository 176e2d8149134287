"""Searches over a grid of hyperparameters, as functions that are handed what they search with.

`grid_search(train_fn, param_grid)` is handed a function that trains a small model by a dictionary
(or by keywords) and gives its accuracy; `grid_search(model_fn, param_grid, X_train, y_train, X_val,
y_val)` makes, trains and asks models itself. Both leave behind which trials there were. Two tiny
grids show whether the first or the last of equal trials is taken, and what comes back.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from candidates.conventions._free import is_own
from candidates.conventions._probing import asked
from candidates.conventions._text import beside_torch
from candidates.spelling import Signature, Spelling
from properties.plain import WrongResult, given
from properties.promise import Promise

At = Mapping[str, Any]
Arrays = Mapping[str, np.ndarray]
ROLES = {
    "grid": "param_grid grid params hyperparams hyperparameters parameters param_dict grid_dict "
    "parameter_grid search_space hyperparameter_grid hyperparam_grid",
    "trial": "train_fn evaluate_fn objective eval_fn evaluate train_func train_and_evaluate fn "
    "evaluate_func train_function objective_fn score_fn run_fn trial_fn objective_function",
    "model": "model_fn model_class model_cls model_builder build_model create_model model_factory "
    "make_model build_fn model_func",
    "x": "x_train train_x xtrain x_tr",
    "y": "y_train train_y ytrain y_tr",
    "x_val": "x_val val_x xval x_valid x_dev",
    "y_val": "y_val val_y yval y_valid y_dev",
    "x_test": "x_test test_x xtest",
    "y_test": "y_test test_y ytest",
    "passed": "dataset data data_splits",
}
OF_TRIAL = {"grid", "trial"}
WAYS = (
    (OF_TRIAL, {"passed"}),
    ({"grid", "model", "x", "y", "x_val", "y_val"}, {"x_test", "y_test"}),
)
"""What a search must be handed, and what it may be."""

RATE, PENALTY = "learning_rate", "weight_decay"
NAMES = (
    "grid_search",
    "gridsearch",
    "hyperparameter_search",
    "grid_search_cv",
    "run_grid_search",
    "hyperparameter_grid_search",
    "search_grid",
    "tune_hyperparameters",
)


LOSS = "loss|err|mse|mae|cost"


def roles_of(function: Any) -> dict[str, str]:
    """What each parameter is, by name; "?" where it must be given and is not known."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return {"": "?"}
    known: dict[str, str] = {}
    for parameter in parameters:
        name = parameter.name.lower().strip("_")
        role = next((r for r, names in ROLES.items() if name in names.split()), None)
        if role is not None and role not in known.values():
            known[parameter.name] = role
        elif parameter.default is parameter.empty and parameter.kind < parameter.VAR_POSITIONAL:
            known[parameter.name] = "?"
    return known


class Trials:
    """What is tried on a case: pairs in order, and what came of them."""

    def __init__(self, at: At, inputs: Arrays, *, smallest: bool) -> None:
        self.at, self.inputs, self._smallest = at, inputs, smallest
        self.tried: list[tuple[int, int]] = []
        self.made: list[Model] = []

    def pair(self, params: Mapping[str, Any]) -> tuple[int, int]:
        """The places of a pair in the lists. Raises WrongResult."""
        try:
            return (
                self.at["rates"].index(params[RATE]),
                self.at["penalties"].index(params[PENALTY]),
            )
        except (KeyError, ValueError, TypeError):
            raise WrongResult(f"tried {params!r}, which is none of the grid") from None

    def trial(self, params: Any = None, *_: Any, **named: Any) -> float:
        """The accuracy of a fresh model; its share of errors for who looks for the smallest."""
        model = self.model(**(params if isinstance(params, Mapping) else named))
        model.fit(self.inputs["x"], self.inputs["y"])
        score = model.score(self.inputs["x_val"], self.inputs["y_val"])
        return 1 - score if self._smallest else score

    def model(self, **params: Any) -> Model:
        self.tried.append(self.pair(params))
        self.made.append(Model(self, self.tried[-1]))
        return self.made[-1]


class Model:
    """A linear classifier that goes on from where it was, as long as it is trained."""

    def __init__(self, of: Trials, pair: tuple[int, int]) -> None:
        self.W, self.pair = of.inputs["W"].copy(), pair
        self._at = of.at

    def fit(self, X: Any, y: Any) -> Model:
        rate, penalty = self._at["rates"][self.pair[0]], self._at["penalties"][self.pair[1]]
        for _ in range(self._at["steps"]):
            scores = X @ self.W
            p = np.exp(scores - scores.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            p[np.arange(len(X)), y] -= 1
            self.W = self.W - rate * (X.T @ p / len(X) + penalty * self.W)
        return self

    train = fit

    def predict(self, X: Any) -> np.ndarray:
        return np.asarray((X @ self.W).argmax(axis=1))

    def score(self, X: Any, y: Any) -> float:
        return float((self.predict(X) == y).mean())

    evaluate = score


def searched(function: Any, at: At, inputs: Arrays, *, smallest: bool) -> tuple[Trials, Any]:
    """The trials of a search on a case, and what it returned."""
    trials = Trials(at, inputs, smallest=smallest)
    made = {
        "grid": {RATE: list(at["rates"]), PENALTY: list(at["penalties"])},
        "trial": trials.trial,
        "model": trials.model,
        "passed": None,
        **{"x_test": inputs["x_val"][::-1] + 1, "y_test": inputs["y_val"]},
        **{name: inputs[name] for name in ("x", "y", "x_val", "y_val")},
    }
    arguments = {name: made[role] for name, role in roles_of(function).items()}
    return trials, given(function(**arguments))


def found(result: Any, kind: Any) -> Any:
    """The first part of a result of a kind: itself, part of a tuple, or deeper; None without."""
    level = [result]
    while level:
        for value in level:
            if kind(value):
                return value
        parts = [_values(v) if isinstance(v, Mapping) else v for v in level]
        level = [inner for p in parts if isinstance(p, (list, tuple)) for inner in p]
    return None


def _values(parts: Mapping[Any, Any]) -> list[Any]:
    """What a dictionary holds beside a pair."""
    return [value for name, value in parts.items() if name not in (RATE, PENALTY)]


def is_pair(value: Any) -> bool:
    return isinstance(value, Mapping) and {RATE, PENALTY} <= set(value)


def is_score(value: Any) -> bool:
    return isinstance(value, (float, np.floating))


def is_model(value: Any) -> bool:
    return isinstance(value, Model)


TOLD = {"best": is_pair, "best_score": is_score, "best_W": is_model}


class Search:
    """`grid_search(train_fn, param_grid)`, or of a model and data: the best pair, score, model.

    What is returned may be a dictionary, a tuple or a list, the best first.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._function, self._shown = forward, shown(forward)

    def forward(self, at: At, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        smallest = self._shown["smallest"]
        trials, result = searched(self._function, at, inputs, smallest=smallest)
        shape = len(at["rates"]), len(at["penalties"])
        for pair in np.ndindex(*shape):
            if trials.tried.count(pair) != 1:
                often = trials.tried.count(pair)
                values = at["rates"][pair[0]], at["penalties"][pair[1]]
                raise WrongResult(f"tried {values} {often} times, expected once")
        scores = np.zeros(shape)
        for pair, model in zip(trials.tried, trials.made, strict=True):
            scores[pair] = model.score(inputs["x_val"], inputs["y_val"])
        parts = {name: found(result, TOLD[name]) for name in self._shown["told"]}
        if absent := [name for name, part in parts.items() if part is None]:
            raise WrongResult(f"returned no {absent[0]}")
        outputs = {"scores": scores, "best": np.array(self._best(trials, parts["best"], scores))}
        if "best_score" in parts:
            score = float(parts["best_score"])
            outputs["best_score"] = np.asarray(1 - score if smallest else score)
        if "best_W" in parts:
            outputs["best_W"] = parts["best_W"].W
        return outputs, None

    def _best(self, trials: Trials, params: Mapping[str, Any], scores: np.ndarray) -> Any:
        """The pair returned, told as if the grid had been walked in its order."""
        pair = trials.pair(params)
        equal = [p for p in trials.tried if scores[p] == scores.max()]
        end = -1 if self._shown["ties"] == "last" else 0
        return sorted(equal)[end] if pair == equal[end] else pair

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


def _tiny(seed: int) -> tuple[At, Arrays, np.ndarray]:
    """A small case, and the scores of its trials in order."""
    rng, at = np.random.default_rng(seed), {"rates": (1.0, 5.0), "penalties": (0.0, 0.5)}
    shapes = {"x": (4, 2), "x_val": (9, 2), "W": (2, 2)}
    arrays: dict[str, np.ndarray] = {n: rng.standard_normal(s) for n, s in shapes.items()}
    arrays["y"], arrays["y_val"] = rng.integers(0, 2, 4), rng.integers(0, 2, 9)
    trials = Trials({**at, "steps": 2}, arrays, smallest=False)
    pairs = [{RATE: r, PENALTY: p} for r in at["rates"] for p in at["penalties"]]
    return trials.at, arrays, np.array([trials.trial(pair) for pair in pairs])


def _shown(function: Any, *, smallest: bool) -> dict[str, Any] | None:
    """What a search does with cases whose best trial is one, or two; None if it takes another."""
    one = next(t for t in map(_tiny, range(10**4)) if len(set(t[2])) == len(t[2]))
    two = next(t for t in map(_tiny, range(10**4)) if (t[2] == t[2].max()).sum() == 2)
    trials, result = searched(function, *one[:2], smallest=smallest)
    params = found(result, is_pair)
    if params is None or np.ravel_multi_index(trials.pair(params), (2, 2)) != one[2].argmax():
        return None
    told = [name for name, kind in TOLD.items() if found(result, kind) is not None]
    trials, result = searched(function, *two[:2], smallest=smallest)
    pair = trials.pair(found(result, is_pair))
    places = [p for p in trials.tried if two[2][np.ravel_multi_index(p, (2, 2))] == two[2].max()]
    return {"told": told, "ties": "last" if pair == places[-1] else "first", "smallest": smallest}


@functools.cache
def shown(function: Any) -> dict[str, Any]:
    """What comes back ("told"), of equal trials ("ties"), and whether the smallest is looked for.

    Where no tiny case tells, what most searches do.
    """
    seeks = _seeks(function)
    for smallest in seeks:
        answer = asked(functools.partial(_shown, function, smallest=smallest))
        if answer:
            return dict(answer)
    return {"told": ["best"], "ties": "first", "smallest": seeks[0]}


def _seeks(function: Any) -> tuple[bool, ...]:
    """Whether the smallest result may be the best, by the names in its text: a loss, an error."""
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        return (False,)
    if re.search(rf"(best|min|lowest)_?\w*({LOSS})", source, re.IGNORECASE):
        return (True,)
    return (False, True) if re.search(LOSS, source, re.IGNORECASE) else (False,)


def fits(function: Any) -> bool:
    """Whether it is handed a grid, and a function or a class to try its values with."""
    roles = set(roles_of(function).values())
    return is_own(function) and (roles >= OF_TRIAL or roles >= {"grid", "model"})


def obstacle(function: Any) -> str:
    roles = roles_of(function)
    if unknown := [name for name, role in roles.items() if role == "?"]:
        return f"what {', '.join(unknown)} should be cannot be told"
    handed = set(roles.values())
    if not any(needed <= handed <= needed | more for needed, more in WAYS):
        return "it is handed other things than a grid and a function, or a model and its data"
    return asked(functools.partial(_refused, function)) or ""


def _refused(function: Any) -> str:
    """Why a tiny grid cannot be searched, or why what comes back cannot be judged; or ""."""
    try:
        _, result = searched(function, *_tiny(0)[:2], smallest=False)
    except NotImplementedError:
        return ""
    except Exception as error:
        return f"for a tiny grid it raises {type(error).__name__}: {error}"[:200]
    return "" if found(result, is_pair) is not None else "it returns no pair of hyperparameters"


def told(function: Any, _: Any) -> dict[str, Any]:
    known = shown(function)
    words = "the smallest result is looked for" if known["smallest"] else ""
    answer = {"outputs": ["scores", *known["told"]], "domain": {"ties": [known["ties"]]}}
    return answer | ({"differs": words} if words else {})


PROMISE = Promise(keeps_dtype=False, dtypes=("float64",), mixed=True, layouts=())
SPELLINGS = [
    Spelling("grid_search", name, None, Search, PROMISE, when=fits, obstacle=obstacle, tells=told)
    for name in NAMES
]


def _beside_torch(function: Any) -> bool:
    return beside_torch(function) and fits(function)


BESIDE_TORCH = [replace(spelling, when=_beside_torch) for spelling in SPELLINGS]
