"""Functions that a DataLoader calls to make a batch, and that leave out samples which are None.

They are known by their names, by the one argument that they must be given, and by what they do with
a batch of two small samples: pairs of a tensor and a label, as a number or as a tensor. One that
raises where a sample is None is of another kind, and so is one that keeps it, unless its name says
that it does not. What it gives where nothing is left is free: None, something empty, or an error,
which is told.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from candidates.conventions._finite import on_tensors
from candidates.conventions._free import (
    Unclear,
    form_asked,
    is_own,
    parameters_of,
    why_unclear,
)
from candidates.conventions._tensors import Handed, load_torch, run, to_array
from candidates.spelling import Signature, Spelling
from properties.plain import WrongResult
from properties.promise import Promise

Told = Mapping[str, Any]
SAYING = (
    "collate_skip_none skip_none_collate collate_filter_none filter_none_collate "
    "collate_remove_none remove_none_collate collate_drop_none collate_ignore_none "
    "collate_fn_skip_none collate_fn_filter_none none_collate_fn collate_none "
    "skip_none_collate_fn filter_none_collate_fn collate_fn_filter collate_filter collate_skip "
    "skip_corrupted_collate collate_skip_corrupted collate_fn_skip_corrupted collate_valid "
    "ignore_none_collate drop_none_collate robust_collate robust_collate_fn safe_collate "
    "safe_collate_fn collate_safe"
)
OPEN = (
    "collate_fn my_collate my_collate_fn custom_collate custom_collate_fn collate collate_batch "
    "_collate_fn"
)
FINE = "fine"
PROMISE = Promise(
    domain={"batch": (4, 3, 5, 2, 1), "state": (FINE, "none"), "shape": ((2,), (1, 2, 3), (3, 1))},
    layouts=(),
)
TINY = np.arange(1.0, 7.0, dtype=np.float32).reshape(2, 3)
LABELS = np.array([1, 2])


def beside_torch(function: Any) -> bool:
    """Whether it is a function of a file that imports torch."""
    return on_tensors(function) or (is_own(function) and "torch" in function.__globals__)


def handed(states: tuple[str, ...], x: np.ndarray, y: np.ndarray, tensors: bool) -> Any:
    """A batch as a DataLoader hands it over, and what takes it back."""
    hand, torch = Handed(), load_torch()
    batch: list[Any] = []
    for state, sample, label in zip(states, x, y, strict=True):
        label = torch.tensor(int(label)) if tensors else int(label)
        batch.append((hand(sample), label) if state == FINE else None)
    return batch, hand


def is_empty(result: Any) -> bool:
    """Whether a result says that nothing is left."""
    if result is None or type(result) in (tuple, list, dict):
        return result is None or all(is_empty(part) for part in result)
    return getattr(result, "shape", (1,))[:1] == (0,)


def made(function: Callable[..., Any], batch: Any, hand: Handed) -> dict[str, Any]:
    """Samples, labels and how many are missing of a batch. Raises WrongResult."""
    given = len(batch)
    result = run(function, batch)
    hand.take_back()
    if is_empty(result):
        return {"x": None, "y": None, "skipped": given}
    if type(result) not in (tuple, list) or len(result) != 2:
        raise WrongResult(f"returned {type(result).__name__}, expected a pair (samples, labels)")
    x, y = (to_array(name, part) for name, part in zip(("samples", "labels"), result, strict=True))
    if getattr(x, "ndim", 0) < 1:
        raise WrongResult("samples are no batch")
    return {"x": x, "y": y, "skipped": given - len(x)}


def ask(function: Callable[..., Any], saying: bool) -> Any:
    """What a function makes of small batches, as plain data; a sentence where it is another."""
    for tensors in (False, True):
        if _stacks(function, tensors):
            break
    else:
        return "it does not stack pairs of a tensor and a label"
    some = ("none", FINE, FINE, "none")
    batch, hand = handed(some, np.repeat(TINY, 2, 0)[[0, 1, 3, 2]], np.array([3, 1, 2, 3]), tensors)
    try:
        skips = made(function, batch, hand)["skipped"] == 2
    except NotImplementedError:
        skips = True
    except WrongResult:
        skips = False
    except Exception as error:
        return f"it raises {type(error).__name__} for a sample that is None"
    if not skips and not saying:
        return "it leaves no sample out that is None"
    return {"tensors": tensors, "ends": _ends(function, tensors) if skips else ""}


def _stacks(function: Callable[..., Any], tensors: bool) -> bool:
    batch, hand = handed((FINE, FINE), TINY, LABELS, tensors)
    try:
        result = made(function, batch, hand)
    except NotImplementedError:
        return True
    except Exception:
        return False
    x, y = result["x"], result["y"]
    return np.shape(x) == (2, 3) and np.shape(y) == (2,)


def _ends(function: Callable[..., Any], tensors: bool) -> str:
    """What is raised where nothing is left, by name."""
    batch, hand = handed(("none", "none"), TINY, LABELS, tensors)
    try:
        made(function, batch, hand)
    except (NotImplementedError, WrongResult):
        return ""
    except Exception as error:
        return type(error).__name__
    return ""


def form_of(ask: Callable[[Callable[..., Any], bool], Any], function: Any, saying: bool) -> Told:
    """What `ask` finds of a function that is given a batch and nothing else. Raises Unclear."""
    parameters = parameters_of(function)
    needed = [p for p in parameters if p.default is p.empty and p.kind != p.VAR_KEYWORD]
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if len(needed) != 1 or needed[0].kind not in by_place:
        raise Unclear("it must be given more than a batch, or nothing")
    return form_asked(lambda: ask(function, saying))


@functools.cache
def read(function: Any, saying: bool) -> Told:
    """The form of a function. Raises Unclear."""
    return form_of(ask, function, saying)


def obstacle(saying: bool, function: Any) -> str:
    return why_unclear(read, function, saying)


def tells(saying: bool, function: Any, backward: Any) -> Told:
    ends = read(function, saying)["ends"]
    if not ends:
        return {}
    return {
        "domain": {"broken": ("some", "no"), "emptied": (False,)},
        "differs": f"it raises {ends} where no sample is left",
    }


class Collating:
    """`collate_fn(batch)`, behind the names of the operator."""

    def __init__(self, function: Callable[..., Any], tensors: bool) -> None:
        self._function, self._tensors = function, tensors

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        batch, hand = handed(at["states"], inputs["x"], inputs["y"], self._tensors)
        return made(self._function, batch, hand), None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


def _spelled(name: str, saying: bool) -> Spelling:
    def adapter(forward: Any, backward: Any, signature: Signature) -> Collating:
        return Collating(forward, read(forward, saying)["tensors"])

    adapter.__doc__ = """`collate_fn(batch)`: samples and labels of a list of pairs, without None.

    Labels are numbers or tensors. What it gives where nothing is left is free.
    """
    return Spelling(
        "skip_corrupted",
        name,
        None,
        adapter,
        PROMISE,
        when=beside_torch,
        obstacle=functools.partial(obstacle, saying),
        tells=functools.partial(tells, saying),
    )


SPELLINGS = [_spelled(name, names is SAYING) for names in (SAYING, OPEN) for name in names.split()]
