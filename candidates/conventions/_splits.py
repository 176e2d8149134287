"""Splits of a data set as free functions in NumPy: known by name, by parameters, and by a tiny set.

What a function does with 40 samples says in which order its parts come, whether it shuffles, and
whether every call draws anew. What is of no known form is not judged, with the reason.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from candidates.conventions._free import (
    Unclear,
    form_asked,
    parameters_of,
    spellings_by_name,
    why_unclear,
)
from candidates.spelling import Signature, Spelling
from properties.host import Functions
from properties.plain import WrongResult, given
from properties.promise import Promise

Told = Mapping[str, Any]
Call = Callable[..., Any]

PROMISE = Promise(keeps_dtype=False, layouts=(), stochastic=True)
"""Exercises draw from, and seed, the global generators."""

X = "x data features xs inputs x_data images samples"
Y = "y labels target targets ys y_data label"
SHUFFLE, SEED = "shuffle", "seed random_state random_seed rand_seed"
SPLIT = {
    "x": X,
    "y": Y,
    "val": "test_size test_ratio test_fraction test_frac test_split val_size val_ratio "
    "val_fraction val_frac val_split validation_split validation_size validation_ratio",
    "train": "train_size train_ratio train_fraction train_frac train_split",
    "either": "ratio split split_ratio fraction frac split_size",
    "shuffle": SHUFFLE,
    "seed": SEED,
}
FOLDS = {
    "x": X,
    "y": Y,
    "n": "n n_samples num_samples n_data num_examples n_examples",
    "k": "k n_splits n_folds num_folds folds k_folds nfolds k_fold",
    "shuffle": SHUFFLE,
    "seed": SEED,
}


def roles(function: Any, known: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a function by what they are. Raises Unclear."""
    parameters = parameters_of(function)
    found: dict[str, str] = {}
    for parameter in parameters:
        name = parameter.name.lower()
        role = next((r for r, names in known.items() if name in names.split()), None)
        if role is not None and role not in found:
            found[role] = parameter.name
        elif parameter.default is parameter.empty and parameter.kind != parameter.VAR_KEYWORD:
            raise Unclear(f"its parameter {parameter.name} is not known")
    return found


def called(function: Call, named: Mapping[str, str], seed: int, **values: Any) -> Any:
    """What a function gives for values by role, its generators seeded before."""
    random.seed(seed)
    np.random.seed(seed)
    chosen = {named[role]: value for role, value in values.items() if role in named}
    if "seed" in named:
        chosen[named["seed"]] = seed
    return given(function(**chosen))


@dataclass(frozen=True, eq=False)
class Kind:
    """One operator: what functions are called, their roles, what is asked, and how it is bound."""

    operator: str
    names: str
    known: Mapping[str, str]
    needed: str
    ask: Callable[[Call, Mapping[str, str]], Any]
    bind: Callable[[Call, Mapping[str, str], Told], Functions]
    domain: Mapping[str, tuple[Any, ...]]
    text: str

    @property
    def spellings(self) -> list[Spelling]:
        def adapter(forward: Any, backward: Any, signature: Signature) -> Functions:
            return self.bind(forward, roles(forward, self.known), read(self, forward))

        adapter.__doc__ = self.text
        return spellings_by_name(
            self.operator,
            self.names,
            adapter,
            replace(PROMISE, domain=self.domain),
            functools.partial(obstacle, self),
            lambda forward: told(read(self, forward)),
        )


def obstacle(kind: Kind, function: Any) -> str:
    return why_unclear(read, kind, function)


def told(form: Told) -> Told:
    words = {"differs": form["words"]} if form["words"] else {}
    return {"domain": form["domain"], **words}


@functools.cache
def read(kind: Kind, function: Any) -> Told:
    """The form of a function: `domain`, `words`, and what its adapter asks for. Raises Unclear."""
    named = roles(function, kind.known)
    if not set(kind.needed.split()) <= {"x" if r == "n" else r for r in named}:
        raise Unclear(f"its parameters are not those of a form that is known, {kind.needed}")

    def question() -> Any:
        try:
            return kind.ask(function, named)
        except Unclear as unclear:
            return str(unclear)
        except Exception as error:
            return f"for a tiny data set it raises {type(error).__name__}: {error}"[:200]

    return form_asked(question)


TINY, LATER, OFF = 40, 30, 3
X40 = np.arange(float(TINY))[:, None]
Y40 = np.arange(TINY) % 7


def flat(results: Any) -> list[Any]:
    """Four arrays, also where they come in two pairs. Raises WrongResult."""
    if isinstance(results, (tuple, list)) and len(results) == 2:
        results = [part for pair in results if isinstance(pair, (tuple, list)) for part in pair]
    if not isinstance(results, (tuple, list)) or len(results) != 4:
        raise WrongResult("does not return four parts")
    return list(results)


def ask_split(function: Call, named: Mapping[str, str]) -> Any:
    def split(seed: int, shuffle: bool = True) -> list[np.ndarray]:
        share = {"val": 0.25, "train": 0.75, "either": 0.25}
        values = {"x": X40.copy(), "y": Y40.copy(), "shuffle": shuffle, **share}
        return [np.asarray(part) for part in flat(called(function, named, seed, **values))]

    domain: dict[str, Any] = {"shuffle": [True, False] if "shuffle" in named else [True]}
    form = {"order": [0, 2, 1, 3], "share": "val", "words": "", "domain": domain}
    try:
        parts = split(1)
    except NotImplementedError:
        return form
    except WrongResult as error:
        raise Unclear(f"it {error}") from None
    shapes = [part.ndim for part in parts]
    if shapes not in ([2, 2, 1, 1], [2, 1, 2, 1]):
        raise Unclear("its results are not x and y of two parts, in an order that is known")
    if shapes == [2, 1, 2, 1]:
        form["order"] = [0, 1, 2, 3]
    n_val = len(parts[2 if shapes == [2, 1, 2, 1] else 1])
    if not {"val", "train"} & set(named):
        _undeclared_share(form, named, n_val)
    elif abs(n_val - LATER) <= OFF:
        raise Unclear("its second part has the size of training: either may be exchanged")
    _shuffled(form, named, split)
    return form


def _undeclared_share(form: dict[str, Any], named: Mapping[str, str], n_val: int) -> None:
    """Where the name of the fraction does not say whose it is, or there is none."""
    if "either" not in named:
        form["domain"]["val_fraction"] = [n_val / TINY]
    elif abs(n_val - LATER) <= OFF:
        form["share"] = "train"
    elif abs(n_val - (TINY - LATER)) > OFF:
        raise Unclear(f"{named['either']} is the fraction of neither part")


def _shuffled(form: dict[str, Any], named: Mapping[str, str], split: Call) -> None:
    """Whether it shuffles, by its own account or always, and anew in each call."""

    def in_order(parts: list[np.ndarray]) -> bool:
        both = [parts[0], parts[2 if form["order"] == [0, 1, 2, 3] else 1]]
        if np.array_equal(np.concatenate(both[::-1]), X40):
            raise Unclear("what comes first is its validation, without a shuffle")
        return np.array_equal(np.concatenate(both), X40)

    first, other = split(1), split(2)
    if "shuffle" in named:
        in_order(split(1, False))
    elif in_order(first):
        form["domain"]["shuffle"] = [False]
        form["words"] = "it does not shuffle"
        return
    if "seed" not in named and np.array_equal(first[0], other[0]) and not in_order(first):
        form["domain"]["seeded"] = [False]
        form["words"] = "every call draws the same"


class Split:
    """A function that splits x and y, behind the names of the operator."""

    def __init__(self, function: Call, named: Mapping[str, str], form: Told) -> None:
        self._function, self._named, self._form = function, named, form

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        fraction = at["val_fraction"]
        either = fraction if self._form["share"] == "val" else 1 - fraction
        parts = flat(
            called(
                self._function,
                self._named,
                at["seed"],
                **inputs,
                val=fraction,
                train=1 - fraction,
                either=either,
                shuffle=at.get("shuffle", True),
            )
        )
        names = ("x_train", "y_train", "x_val", "y_val")
        return {n: parts[i] for n, i in zip(names, self._form["order"], strict=True)}, None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


def folds_of(results: Any, samples: int) -> list[tuple[np.ndarray | None, np.ndarray]]:
    """Ids of training (None where all others) and validation in each fold. Raises WrongResult."""
    folds: list[tuple[np.ndarray | None, np.ndarray]] = []
    for fold in list(results):
        pair = isinstance(fold, (tuple, list)) and len(fold) == 2 and np.ndim(fold[0]) > 0
        ids = [_ids(part) for part in (fold if pair else [fold])]
        for part in ids:
            if part.size and not (part.min() >= 0 and part.max() < samples):
                raise WrongResult(f"names samples that are not there, of {samples}")
            if len(np.unique(part)) < part.size:
                raise WrongResult("names a sample twice in one fold")
        folds.append((ids[0], ids[1]) if pair else (None, ids[0]))
    return folds


def _ids(part: Any) -> np.ndarray:
    """What may be ids. Raises WrongResult."""
    try:
        ids = np.asarray(part)
    except ValueError:
        ids = np.zeros((0, 0))
    if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
        raise WrongResult("gives samples, not their ids, or something else")
    return ids.astype(int)


def ask_folds(function: Call, named: Mapping[str, str]) -> Any:
    def fold(seed: int, shuffle: bool = True) -> list[np.ndarray]:
        x = np.arange(11.0)[:, None]
        values = {"x": x, "y": np.arange(11) % 2, "n": 11, "k": 3, "shuffle": shuffle}
        folds = folds_of(called(function, named, seed, **values), 11)
        if any(train is not None and len(train) < len(val) for train, val in folds):
            raise Unclear("what it validates comes before what it trains on")
        return [val for _, val in folds]

    domain: dict[str, Any] = {"shuffle": [True, False] if "shuffle" in named else [True]}
    form = {"words": "", "domain": domain}
    try:
        first, other = fold(1), fold(2)
    except NotImplementedError:
        return form
    except WrongResult as error:
        raise Unclear(f"it {error}") from None
    if [len(val) for val in first] == [3, 3, 5]:
        domain["remainder"], form["words"] = ["last"], "the last fold takes the remainder"
    _drawn_folds(form, named, first, other)
    return form


def _drawn_folds(
    form: dict[str, Any], named: Mapping[str, str], first: list[np.ndarray], other: list[np.ndarray]
) -> None:
    together = np.concatenate(first)
    if "shuffle" not in named and np.array_equal(together, np.arange(len(together))):
        form["domain"]["shuffle"] = [False]
        return
    same = all(map(np.array_equal, first, other))
    if np.array_equal(first[0], np.arange(0, 11, 3)) and same:
        raise Unclear("it deals samples out in turn")
    if "seed" not in named and same:
        form["domain"]["seeded"] = [False]
        form["words"] = ", ".join(w for w in (form["words"], "every call draws the same") if w)


class Folds:
    """A function that gives folds, behind the names of the operator."""

    def __init__(self, function: Call, named: Mapping[str, str], form: Told) -> None:
        self._function, self._named = function, named

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        x = inputs["x"]
        values = {"x": x, "y": np.arange(len(x)) % 2, "n": len(x)}
        results = called(
            self._function, self._named, at["seed"], **values, k=at["k"], shuffle=at["shuffle"]
        )
        folds = folds_of(results, len(x))
        masks = np.zeros((2, len(folds), len(x)), bool)
        for fold, (train, val) in enumerate(folds):
            masks[1, fold, val] = True
            masks[0, fold] = ~masks[1, fold]
            if train is not None:
                masks[0, fold] = False
                masks[0, fold, train] = True
        return {"train": masks[0].copy(), "val": masks[1].copy()}, None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


TRAIN_TEST = Kind(
    "train_val_split",
    "train_test_split train_val_split train_validation_split split_data split_dataset data_split "
    "split_train_test split_train_val train_test_split_np",
    SPLIT,
    "x y",
    ask_split,
    Split,
    {"batch": (5, 10, 13, 20, 8)},
    """`train_test_split(X, y, test_size, shuffle, seed)`, also train_val_split, split_data ...

    Returns X_train, X_test, y_train, y_test, or X and y of each part, also in two pairs. A fraction
    may be that of training. Without `shuffle`, whether it shuffles is seen.
    """,
)
STRATIFIED = Kind(
    "stratified_split",
    "stratified_split stratified_train_test_split train_test_split_stratified "
    "stratified_train_val_split",
    SPLIT,
    "x y",
    ask_split,
    Split,
    {"batch": (20,), "classes": (1, 2, 3)},
    """`stratified_split(X, y, test_size, seed)`, the parts as those of train_test_split.""",
)
K_FOLD = Kind(
    "k_fold",
    "k_fold_split kfold_split k_fold kfold k_fold_indices kfold_indices create_folds get_folds "
    "make_folds k_fold_cross_validation_split cross_validation_split",
    FOLDS,
    "x k",
    ask_folds,
    Folds,
    {},
    """`k_fold_split(X, y, k, shuffle, seed)`, also with the number of samples for X.

    Returns pairs (train ids, test ids), or the ids of each fold. Whether it shuffles, and whether
    the last fold takes the remainder, is seen.
    """,
)
SPELLINGS = [s for kind in (TRAIN_TEST, STRATIFIED, K_FOLD) for s in kind.spellings]
