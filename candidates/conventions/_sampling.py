"""Samplers by weights: `WeightedRandomSampler(weights, num_samples, replacement)`, to be iterated.

Also a function of these that gives ids. Any generator will do; weights may be a list or a tensor.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from candidates.conventions._augmenting import seeded
from candidates.conventions._free import (
    LIBRARIES,
    Unclear,
    form_asked,
    spellings_by_name,
    why_unclear,
)
from candidates.conventions._splits import SEED, roles
from candidates.conventions._tensors import load_torch, on_torch
from candidates.spelling import Signature
from properties.host import Functions
from properties.plain import WrongResult, given
from properties.promise import Promise

Told = Mapping[str, Any]

NAMES = """
    WeightedRandomSampler WeightedSampler weighted_sampler weighted_random_sampler
    weighted_sample_indices sample_weighted weighted_sampling weighted_sample
    weighted_random_sampling
"""
KNOWN = {
    "weights": "weights sample_weights w probabilities probs p",
    "items": "elements items population choices indices ids sequence",
    "n": "num_samples n_samples n k size num count",
    "replacement": "replacement replace with_replacement",
    "seed": SEED,
}
PROMISE = Promise(
    domain={"num_samples": tuple(range(1, 13))},
    keeps_dtype=False,
    layouts=(),
    stochastic=True,
    most_examples=60,
)
"""torch itself refuses to draw nothing."""
BOXES: Mapping[str, Callable[[np.ndarray], Any]] = {
    "array": lambda weights: weights,
    "list": lambda weights: weights.tolist(),
    "tensor": lambda weights: load_torch().from_numpy(weights.copy()),
}
"""What weights are handed over in."""


def is_own(found: Any, tensors: bool = False) -> bool:
    """Whether it is a function, or a class whose objects are iterated, and of no library."""
    library = (getattr(found, "__module__", None) or "").partition(".")[0] in LIBRARIES
    iterated = "__iter__" in vars(found) if inspect.isclass(found) else inspect.isroutine(found)
    return iterated and not library and on_torch(found) == tensors


def ids(found: Any, named: Told, box: str, at: Told, weights: np.ndarray) -> np.ndarray:
    """What is drawn, as ids. Raises WrongResult."""
    values = {
        "items": list(range(len(weights))),
        "weights": BOXES[box](weights),
        "n": at["num_samples"],
        "replacement": at["replacement"],
        "seed": at["seed"],
    }
    made = given(found(**{named[role]: value for role, value in values.items() if role in named}))
    if hasattr(made, "tolist"):
        made = made.tolist()
    try:
        drawn = [int(place) for place in made]
    except TypeError:
        raise WrongResult(f"gives {type(made).__name__}, which holds no ids") from None
    return np.array(drawn, np.int64)


@functools.cache
def read(found: Any) -> Told:
    """The form of a sampler: how it takes weights. Raises Unclear."""
    named = roles(found, KNOWN)
    if not {"weights", "n"} <= set(named):
        raise Unclear("no parameters of it are weights and a number of samples")
    tensors = on_torch(found)

    def question() -> Any:
        return ask(found, named, tensors)

    return form_asked(question)


def ask(found: Any, named: Told, tensors: bool) -> Any:
    at = {"num_samples": 20, "replacement": True, "seed": 3}
    weights, why = np.arange(40.0) % 5, ""
    for box in BOXES if tensors else ("array", "list"):
        try:
            with seeded(3, tensors):
                first = ids(found, named, box, at, weights)
            with seeded(3, tensors):
                again = ids(found, named, box, at, weights)
        except NotImplementedError:
            return {"box": box, "domain": {}}
        except Exception as error:
            why = why or f"for a few weights it raises {type(error).__name__}: {error}"[:200]
            continue
        if not np.array_equal(first, again):
            return "it draws from a generator that cannot be seeded from outside"
        return {"box": box, "domain": {}}
    return why


class Sampler:
    """A sampler behind the names of the operator."""

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._found, self._named, self._told = forward, roles(forward, KNOWN), read(forward)

    def forward(self, at: Told, inputs: Told) -> tuple[Any, Any]:
        with seeded(at["seed"], on_torch(self._found)):
            drawn = ids(self._found, self._named, self._told["box"], at, inputs["weights"])
        return {"ids": drawn}, None

    def backward(self, cotangents: Told, cache: Any) -> dict[str, Any]:
        return {}


def told(found: Any) -> Told:
    replaced = {} if "replacement" in roles(found, KNOWN) else {"replacement": [True]}
    return {"domain": replaced}


def adapter(forward: Any, backward: Any, signature: Signature) -> Functions:
    """`WeightedRandomSampler(weights, num_samples, replacement)`, iterated, or a function of these.

    weights (N,), an array, a list or a tensor; gives ids, or items of which ids are handed over.
    Without replacement among the parameters samples are put back.
    """
    return Sampler(forward, backward, signature)


def spelled(tensors: bool) -> list[Any]:
    return spellings_by_name(
        "weighted_sampler",
        NAMES,
        adapter,
        PROMISE,
        functools.partial(why_unclear, read),
        told,
        functools.partial(is_own, tensors=tensors),
    )


SPELLINGS = spelled(tensors=False)
BESIDE_TORCH = spelled(tensors=True)
