"""Functions that a DataLoader calls to make a batch of sequences of different lengths.

A batch is a list of tensors, or of pairs of a tensor and a label. A small one shows which result is
what: the padded tokens, batch or time first, padded at which side and with what; labels; lengths or
a mask. Labels that come back must be those of the sequences.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from candidates.conventions._free import why_unclear
from candidates.conventions._tensors import Handed, load_torch, run, to_array
from candidates.conventions._torch_collate import beside_torch, form_of
from candidates.spelling import Signature, Spelling
from properties.plain import WrongResult
from properties.promise import Promise

Told = Mapping[str, Any]
SAYING = (
    "pad_collate pad_collate_fn collate_pad collate_fn_pad collate_fn_padd padding_collate "
    "padding_collate_fn collate_padding collate_with_padding collate_fn_padding pad_batch "
    "collate_padded padded_collate padded_collate_fn pad_sequences pad_sequence_collate"
)
OPEN = "collate_fn my_collate my_collate_fn custom_collate custom_collate_fn collate collate_batch"
LENGTHS = (2, 4, 1)
TOKENS = np.array([11, 12, 13, 14, 15, 16, 17])
FORMS = ("sequences", "numbers", "tensors")
"""What a batch is of: sequences alone, or beside labels that are numbers or tensors."""


def cut(tokens: np.ndarray, lengths: Sequence[int]) -> list[np.ndarray]:
    return np.split(tokens, np.cumsum(lengths)[:-1])


def labels_of(count: int) -> np.ndarray:
    return np.arange(count) * 7 % 5 + 1000


def handed(form: str, tokens: np.ndarray, lengths: Sequence[int]) -> tuple[list[Any], Handed]:
    """A batch as a DataLoader hands it over, and what takes it back."""
    hand, torch = Handed(), load_torch()
    sequences = [hand(np.ascontiguousarray(s)) for s in cut(tokens, lengths)]
    if form == "sequences":
        return sequences, hand
    labels: list[Any] = labels_of(len(lengths)).tolist()
    if form == "tensors":
        labels = [torch.tensor(label) for label in labels]
    return list(zip(sequences, labels, strict=True)), hand


def results(function: Callable[..., Any], batch: Any, hand: Handed) -> list[Any]:
    """What it gives, as arrays. Raises WrongResult."""
    given = run(function, batch)
    hand.take_back()
    torch = load_torch()
    parts = given if type(given) in (tuple, list) else (given,)
    arrays = []
    for n, part in enumerate(parts):
        whole = part if isinstance(part, torch.Tensor) else np.array(part)
        is_array = isinstance(whole, np.ndarray)
        arrays.append(whole if is_array else to_array(f"result {n + 1}", whole))
    if given is None or any(a.dtype.kind not in "biuf" for a in arrays):
        raise NotImplementedError if given is None else WrongResult("returned no tensors")
    return arrays


def padded(value: float, batch_first: bool, side: str) -> np.ndarray:
    rows = np.full((len(LENGTHS), max(LENGTHS)), value)
    for row, sequence in zip(rows, cut(TOKENS, LENGTHS), strict=True):
        row[slice(len(sequence)) if side == "right" else slice(-len(sequence), None)] = sequence
    return rows if batch_first else rows.T


def told_of(arrays: list[np.ndarray], form: str) -> dict[str, Any] | None:
    """Which of the results is what, or None."""
    for place, array in enumerate(arrays):
        if array.shape not in ((3, 4), (4, 3)) or array.dtype.kind == "b":
            continue
        first = array.shape == (3, 4)
        for side in ("right", "left"):
            value = (array if first else array.T)[2][-1 if side == "right" else 0]
            if value == int(value) and np.array_equal(array, padded(int(value), first, side)):
                found = {"padded": place, "form": form, "first": first, "side": side}
                return found | {"value": int(value)} | beside(arrays, place)
    return None


def beside(arrays: list[np.ndarray], place: int) -> dict[str, Any]:
    """Where lengths and labels are; the place is -1 where they are not given."""
    known = {"lengths": np.array(LENGTHS), "labels": labels_of(len(LENGTHS))}
    return {
        name: next((n for n, a in enumerate(arrays) if np.array_equal(a.ravel(), wanted)), -1)
        for name, wanted in known.items()
    }


def ask(function: Callable[..., Any], saying: bool) -> Any:
    shaped = None
    for form in FORMS:
        batch, hand = handed(form, TOKENS, LENGTHS)
        try:
            arrays = results(function, batch, hand)
        except NotImplementedError:
            return fallback(form, True, 0)
        except Exception:
            continue
        found = told_of(arrays, form)
        if found is not None:
            return found
        shapes = [a.shape for a in arrays]
        for first, shape in ((True, (3, 4)), (False, (4, 3))):
            if shaped is None and shape in shapes:
                shaped = fallback(form, first, shapes.index(shape))
    if shaped is not None and saying:
        return shaped
    return "it does not pad a list of tensors, or of pairs of a tensor and a label"


def fallback(form: str, first: bool, place: int) -> dict[str, Any]:
    """What is meant by a function of this shape that gives other numbers."""
    found = {"padded": place, "form": form, "first": first, "side": "right", "value": 0}
    return found | {"lengths": -1, "labels": -1}


@functools.cache
def read(function: Any, saying: bool) -> Told:
    """The form of a function. Raises Unclear."""
    return form_of(ask, function, saying)


def obstacle(saying: bool, function: Any) -> str:
    return why_unclear(read, function, saying)


def tells(saying: bool, function: Any, backward: Any) -> Told:
    form = read(function, saying)
    return {"domain": {"side": [form["side"]], "padding_value": [form["value"]]}}


def mask_of(lengths: Sequence[int], at: Mapping[str, Any]) -> np.ndarray:
    """Where tokens must be: laws read there."""
    steps, ends = np.arange(max(lengths)), np.array(lengths)[:, None]
    if at["side"] == "left":
        steps = steps[::-1]
    mask = steps < ends
    return mask if at["batch_first"] else mask.T.copy()


class Padding:
    """`collate_fn(batch)`, behind the names of the operator."""

    def __init__(self, function: Callable[..., Any], form: Told) -> None:
        self._function, self._form = function, form

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        form, lengths = self._form, inputs["lengths"].tolist()
        arrays = results(self._function, *handed(form["form"], inputs["tokens"], lengths))
        wanted = {"lengths": np.array(lengths), "labels": labels_of(len(lengths))}
        for name, expected in wanted.items():
            place = form[name]
            if place >= len(arrays):
                raise WrongResult(f"returned {len(arrays)} results, {name} not among them")
            if place >= 0 and not np.array_equal(arrays[place].ravel(), expected):
                raise WrongResult(f"{name} are {arrays[place].tolist()}, not {expected.tolist()}")
        out = arrays[form["padded"]]
        if out.ndim < 2:
            raise WrongResult(f"the padded tokens have shape {out.shape}")
        if form["first"] != at["batch_first"]:
            out = np.swapaxes(out, 0, 1).copy()
        return {"padded": out, "mask": mask_of(lengths, at)}, None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


PROMISE = Promise(domain={"tokens": ("ids",), "shortest": (1,)}, layouts=())


def _spelled(name: str, saying: bool) -> Spelling:
    def adapter(forward: Any, backward: Any, signature: Signature) -> Padding:
        return Padding(forward, read(forward, saying))

    adapter.__doc__ = """`collate_fn(batch)`: sequences of a list, or of pairs with labels, padded.

    Batch or time first, at either side, with any number. Labels and lengths, where they are given,
    must be those of the sequences.
    """
    return Spelling(
        "pad_sequences",
        name,
        None,
        adapter,
        PROMISE,
        when=beside_torch,
        obstacle=functools.partial(obstacle, saying),
        tells=functools.partial(tells, saying),
    )


SPELLINGS = [_spelled(name, names is SAYING) for names in (SAYING, OPEN) for name in names.split()]
