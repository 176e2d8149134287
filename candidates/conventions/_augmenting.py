"""Free functions and classes that mirror images at random: what they drew is read off the result.

Any generator will do: laws judge what is drawn, in many images. A function takes one image, or a
batch, for which it may draw once: then images go in as batches of one.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from candidates.conventions._axes import arranged, restored
from candidates.conventions._free import (
    LIBRARIES,
    Unclear,
    form_asked,
    parameters_of,
    spellings_by_name,
    why_unclear,
)
from candidates.conventions._splits import roles
from candidates.conventions._tensors import load_torch, on_torch, run, to_array, to_tensor
from candidates.spelling import Signature, Spelling
from properties.host import Functions
from properties.plain import WrongResult, given
from properties.promise import Promise

Told = Mapping[str, Any]
ORDERS = {
    "channels last": "chw>hwc",
    "channels first": "chw>chw",
    "batches, channels last": "nchw>nhwc",
    "batches, channels first": "nchw>nchw",
}
TRIES = 200
"""Where half of the draws are mirrored, none of so many is once in 2**200 times."""

X = "x image img im images imgs picture data arr"
FLIP = {
    "x": X,
    "p": "p prob probability flip_prob p_flip flip_p",
    "seed": "seed random_state",
}


def is_own(found: Any) -> bool:
    """Whether it is a function, or a class whose objects are called, and of no library."""
    library = (getattr(found, "__module__", None) or "").partition(".")[0] in LIBRARIES
    called = method(found) if inspect.isclass(found) else inspect.isroutine(found)
    return bool(called) and not library


def is_own_on_tensors(found: Any) -> bool:
    return is_own(found) and on_torch(found)


def method(kind: type) -> Any:
    """What is called when an object of a class is, a module's `forward` too; None without any."""
    return vars(kind).get("__call__") or vars(kind).get("forward")


def named(found: Any, known: Mapping[str, str]) -> dict[str, str]:
    """The parameters by what they are; those of a class are its constructor's. Raises Unclear."""
    if not inspect.isclass(found):
        return roles(found, known)
    taken = [p for p in parameters_of(method(found)) if p.name != "self"]
    if not taken or any(p.default is p.empty for p in taken[1:]):
        raise Unclear("its objects are not called with one image")
    options = {role: names for role, names in known.items() if role != "x"}
    return {**roles(found, options), "x": ""}


@contextlib.contextmanager
def seeded(seed: int, tensors: bool = False) -> Iterator[None]:
    """All generators seeded, also those that a function makes for itself and leaves to chance."""
    if tensors:
        load_torch().manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)
    made = np.random.default_rng

    def default_rng(seed: Any = None) -> np.random.Generator:
        return made(np.random.randint(2**31) if seed is None else seed)

    np.random.default_rng = default_rng
    try:
        yield
    finally:
        np.random.default_rng = made


def bound(found: Any, names: Mapping[str, str], **values: Any) -> Callable[[np.ndarray], Any]:
    """A function, or an object of a class, that takes an image alone."""
    chosen = {names[role]: value for role, value in values.items() if role in names}
    if inspect.isclass(found):
        made: Any = found(**chosen)
        return made
    return lambda image: found(**{names["x"]: image}, **chosen)


def carried(call: Callable[[Any], Any], tensors: bool) -> Callable[[np.ndarray], Any]:
    """What takes arrays, of what takes tensors."""
    if not tensors:
        return call
    return lambda image: to_array("the image", given(run(call, to_tensor(image))))


def mirrored(call: Callable[[np.ndarray], Any], order: str, x: np.ndarray) -> np.ndarray:
    """What becomes of an image, or of a batch, in the operator's order. Raises WrongResult."""
    result = given(call(arranged(x, order)))
    if not isinstance(result, np.ndarray):
        raise WrongResult(f"returned {type(result).__name__}, expected an array")
    out: np.ndarray = restored("out", result, order)
    return out


@dataclass(frozen=True, eq=False)
class Kind:
    """One operator: what functions are called, their roles, what is asked, and how it is bound.

    ask: a form of one order of axes, raising Unclear; one that says it is `spare` is taken where no
    order gives another. rank: of the reasons in several orders, the first one here is told.
    """

    operator: str
    names: str
    known: Mapping[str, str]
    ask: Callable[[Any, Mapping[str, str], str], Any]
    bind: Callable[[Any, Mapping[str, str], Told], Functions]
    domain: Mapping[str, tuple[Any, ...]]
    text: str
    rank: tuple[str, ...] = ()
    when: Callable[[Any], bool] = is_own

    @property
    def spellings(self) -> list[Spelling]:
        def adapter(forward: Any, backward: Any, signature: Signature) -> Functions:
            return self.bind(forward, named(forward, self.known), read(self, forward))

        adapter.__doc__ = self.text
        promise = Promise(
            keeps_dtype=False,
            dtypes=("float32",),
            layouts=(),
            most_examples=40,
            stochastic=True,
            domain={**self.domain, "given": (False,)},
        )
        return spellings_by_name(
            self.operator,
            self.names,
            adapter,
            promise,
            functools.partial(why_unclear, read, self),
            lambda forward: told(read(self, forward)),
            self.when,
        )


def told(form: Told) -> Told:
    return {
        "domain": form["domain"],
        "differs": form["words"],
        "square": form.get("square", ()),
    }


@functools.cache
def read(kind: Kind, found: Any) -> Told:
    """The form of a function: `order`, `once`, `domain`, `words`. Raises Unclear."""
    names = named(found, kind.known)
    if "x" not in names:
        raise Unclear("no parameter of it is known to be an image")
    if "seed" in names and not inspect.isclass(found):
        raise Unclear("it takes a seed: with one seed every image is drawn alike")

    def question() -> Any:
        reasons, errors, spare = [], [], []
        for words in ORDERS:
            try:
                form = kind.ask(found, names, words)
                if not form.get("spare"):
                    return form
                spare.append(form)
            except NotImplementedError:
                order, tensors = ORDERS[words], on_torch(found)
                form = {"order": order, "once": False, "words": words, "domain": {}}
                return {**form, "tensors": tensors}
            except Unclear as unclear:
                reasons.append(str(unclear))
            except WrongResult as error:
                errors.append(f"for a tiny image it {error}")
            except Exception as error:
                errors.append(f"for a tiny image it raises {type(error).__name__}: {error}"[:200])
        if spare and UNSEEDED not in reasons:
            return spare[0]
        return min(reasons, key=kind.rank.index) if reasons else errors[0]

    return form_asked(question)


BOTH = "it mirrors rows as well as columns, each at random"
ALWAYS = "it always mirrors: nothing is drawn"
ROWS = "it mirrors rows, not columns"
NEVER = "it never mirrors"
UNSEEDED = "it draws from a generator that cannot be seeded from outside"
OTHER = "it gives something else than the image or its mirror image"
RANK = (UNSEEDED, BOTH, ALWAYS, ROWS, NEVER, OTHER)


def ask_flip(found: Any, names: Mapping[str, str], words: str, tensors: bool = False) -> Any:
    order = ORDERS[words]
    batch = np.arange(1.0, 121.0).reshape(2, 3, 4, 5)
    x = batch if order.startswith("n") else batch[0]
    rounds = [draws(found, names, order, x, tensors) for _ in range(2)]
    pairs = set(rounds[0])
    seen = {kind for pair in pairs for kind in pair}
    _check_seen(seen, found.__name__.lower())
    if rounds[0] != rounds[1]:
        raise Unclear(UNSEEDED)
    once = order.startswith("n") and all(first == second for first, second in pairs)
    domain = {} if "p" in names else {"p": [0.5]}
    words += ", one draw for the batch" if once else ""
    form = {"order": order, "once": once, "words": words, "domain": domain}
    return {**form, "tensors": tensors}


def draws(
    found: Any, names: Mapping[str, str], order: str, x: np.ndarray, tensors: bool
) -> list[tuple[str, ...]]:
    """Which way each image was mirrored, in many calls."""
    images = x.reshape(-1, *x.shape[-3:])
    with seeded(0, tensors):
        call = carried(bound(found, names, p=0.5, seed=0), tensors)
        outs = [mirrored(call, order, x.copy()) for _ in range(TRIES)]
    if any(out.shape != x.shape for out in outs):
        raise Unclear(OTHER)
    return [tuple(map(turned, out.reshape(images.shape), images)) for out in outs]


def turned(out: np.ndarray, x: np.ndarray) -> str:
    """Which way an image (C, H, W) was mirrored."""
    ways = {"same": x, "columns": x[..., ::-1], "rows": x[:, ::-1], "both": x[:, ::-1, ::-1]}
    return next((way for way, image in ways.items() if np.array_equal(out, image)), "else")


def _check_seen(seen: set[str], name: str) -> None:
    """Raises Unclear: what is drawn is not whether the columns are mirrored, or nothing is."""
    if "else" in seen:
        raise Unclear(OTHER)
    if {"rows", "columns"} <= seen:
        raise Unclear(BOTH)
    if "same" not in seen:
        raise Unclear(ALWAYS)
    if seen == {"same"}:
        raise Unclear(NEVER)
    if seen == {"same", "rows"} and not any(h in name for h in ("horizontal", "hflip", "fliplr")):
        raise Unclear(ROWS)


class Flip:
    """A flip behind the names of the operator.

    A grey image goes in as one of three channels. One that is its own mirror image counts as the
    one that p makes likelier.
    """

    def __init__(self, function: Any, names: Mapping[str, str], form: Told) -> None:
        self._function, self._names, self._form = function, names, form

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        given_x = inputs["x"]
        channels = given_x.shape[1]
        x = np.repeat(given_x, 3, axis=1) if channels == 1 else given_x
        before = given_x.copy()
        tensors = self._form["tensors"]
        with seeded(at["seed"], tensors):
            call = bound(self._function, self._names, p=at["p"], seed=at["seed"])
            call = carried(call, tensors)
            out = self._out(call, x)
        if out.shape != x.shape:
            raise WrongResult(f"returned images of shape {out.shape[1:]}, expected {x.shape[1:]}")
        out = out[:, :channels]
        flips = [
            at["p"] > 0.5 if np.array_equal(a, a[..., ::-1]) else not np.array_equal(a, b)
            for a, b in zip(before, out, strict=True)
        ]
        return {"out": out, "flips": np.array(flips, bool)}, None

    def _out(self, call: Callable[[np.ndarray], Any], x: np.ndarray) -> np.ndarray:
        order = self._form["order"]
        if not order.startswith("n"):
            return np.array([mirrored(call, order, image) for image in x])
        if self._form["once"]:
            return np.concatenate([mirrored(call, order, image[None]) for image in x])
        return mirrored(call, order, x)

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


FLIPS = Kind(
    "random_flip",
    "random_flip random_horizontal_flip random_hflip random_flip_horizontal random_fliplr "
    "RandomHorizontalFlip RandomFlip RandomFlipHorizontal RandomHFlip",
    FLIP,
    ask_flip,
    Flip,
    {"batch": (1, 2, 3, 5), "channels": (3,), "size": (2, 3, 4, 5)},
    """`random_flip(image, p)`, also RandomHorizontalFlip(p)(image) ...: an image or a batch.

    Images have three channels, first or last as is seen. What was drawn is read off the result.
    Without p it is 0.5.
    """,
    RANK,
)
SPELLINGS = FLIPS.spellings
BESIDE_TORCH = replace(
    FLIPS, ask=functools.partial(ask_flip, tensors=True), when=is_own_on_tensors
).spellings
