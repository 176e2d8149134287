"""Functions and classes that crop images at random: where they did is read off the result.

Without a parameter for padding a size is one; with it a crop has the size of its image, and a tiny
image shows whether the padding is zero, a mirror image or the edge. Any generator will do.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from candidates.conventions._augmenting import (
    ORDERS,
    TRIES,
    UNSEEDED,
    Kind,
    Told,
    bound,
    carried,
    is_own_on_tensors,
    mirrored,
    seeded,
)
from candidates.conventions._free import Unclear
from properties.plain import WrongResult

Call = Callable[[np.ndarray], Any]

CROP = {
    "x": "x image img im images imgs picture data arr batch",
    "size": "size crop_size output_size target_size out_size new_size crop_shape output_shape "
    "random_crop_size crop shape sz",
    "rows": "height h crop_height crop_h new_h out_h target_h th target_height",
    "columns": "width w crop_width crop_w new_w out_w target_w tw target_width",
    "padding": "padding pad pad_size crop_padding padding_size pad_pixels",
    "rng": "rng generator",
    "seed": "seed random_state",
}
NAMES = """
    random_crop RandomCrop randomcrop random_crop_with_padding random_crop_np random_crop_image
    get_random_crop rand_crop RandCrop random_pad_crop pad_and_crop pad_and_random_crop
    random_padded_crop random_cropping random_crop_batch batch_random_crop crop_random
    RandomCropWithPadding
"""
MODES = {
    "constant": "its padding is zero",
    "reflect": "its padding is a mirror image",
    "edge": "its padding is the edge",
}
SIZES: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "two": lambda size: {"rows": size[0], "columns": size[1]},
    "pair": lambda size: {"size": tuple(size)},
    "turned": lambda size: {"size": tuple(size[::-1])},
    "one": lambda size: {"size": size[0]},
    "none": lambda size: {},
}
"""How a function takes the size of a crop: rows and columns, a pair of them, one number."""


@dataclass(frozen=True)
class Form:
    """size: one of SIZES. mode: of the padding, "" without any. tensors: whether it takes them."""

    order: str
    size: str
    mode: str
    tensors: bool

    @property
    def batches(self) -> bool:
        return self.order.startswith("n")


def ask_crop(found: Any, names: Mapping[str, str], words: str, tensors: bool = False) -> Any:
    """The form; `spare` where crops are parts of the image, and of another size than it is told."""
    modes = tuple(MODES) if "padding" in names else ("",)
    reasons: list[Exception] = []
    for spare, size, mode in itertools.product((False, True), taken(names), modes):
        form = Form(ORDERS[words], size, mode, tensors)
        try:
            return told(form, words, drawn(found, names, form, spare)) | {"spare": spare}
        except NotImplementedError:
            return told(form, words, [])
        except Exception as error:
            reasons.append(error)
    raise next((r for r in reasons if isinstance(r, Unclear)), reasons[0])


def taken(names: Mapping[str, str]) -> tuple[str, ...]:
    """The ways in which a function may take the size. Raises Unclear."""
    if {"rows", "columns"} <= set(names):
        return ("two",)
    if "size" in names:
        return ("pair", "turned", "one")
    if "padding" not in names:
        raise Unclear(UNSIZED)
    return ("none",)


OTHER = "it gives something else than a part of the image, of the size that it is told"
UNSIZED = "no parameter of it is a size or a padding"


def drawn(found: Any, names: Mapping[str, str], form: Form, spare: bool) -> list[list[Any]]:
    """Where it crops each image, in many calls. Raises Unclear."""
    padding = 2 if form.mode else 0
    image = (6, 6) if form.size == "one" else (5, 6)
    size = image if padding else (3, 3) if form.size == "one" else (2, 3)
    x = np.arange(1.0, 6 * image[0] * image[1] + 1).reshape(2, 3, *image)
    x = x if form.batches else x[:1]
    at = {"padding": padding, "size": size, "seed": 0, "any size": spare}
    rounds = [places(found, names, form, at, x) for _ in range(2)]
    if any(where is None for call in rounds[0] for where in call):
        raise Unclear(OTHER)
    if rounds[0] != rounds[1]:
        raise Unclear(UNSEEDED)
    return rounds[0]


def places(
    found: Any, names: Mapping[str, str], form: Form, at: Mapping[str, Any], x: np.ndarray
) -> list[list[Any]]:
    with seeded(0, form.tensors):
        call = made(found, names, form, at)
        outs = [cropped(call, form, x.copy()) for _ in range(TRIES)]
    shapes = {out.shape[2:] for out in outs}
    if len(shapes) > 1 or not (at["any size"] or shapes == {tuple(at["size"])}):
        raise Unclear(OTHER)
    return [
        [found_at(o, i, at["padding"], form.mode) for o, i in zip(out, x, strict=True)]
        for out in outs
    ]


def told(form: Form, words: str, calls: list[list[Any]]) -> dict[str, Any]:
    once = form.batches and all(first == second for first, second in calls)
    said = [
        words,
        *([MODES[form.mode]] if form.mode else []),
        *(["the size is (width, height)"] if form.size == "turned" else []),
        *(["one draw for the batch"] if once else []),
    ]
    if form.mode:
        domain = {"same": [True], "padding": [1, 2, 3, 4], "padding_mode": [form.mode]}
    else:
        domain = {"same": [False], "padding": [0], "padding_mode": ["constant"]}
    square = ["size" if form.mode else "crop"] if form.size == "one" else []
    return {
        "form": [form.order, form.size, form.mode, form.tensors],
        "once": once,
        "words": ", ".join(said),
        "domain": {**domain, "fill": [0.0]},
        "square": square,
    }


def made(found: Any, names: Mapping[str, str], form: Form, at: Mapping[str, Any]) -> Call:
    """What takes an image, or a batch, alone."""
    values = {"padding": at["padding"], "seed": at["seed"], **SIZES[form.size](at["size"])}
    if "rng" in names and needed(found, names["rng"]):
        values["rng"] = np.random.default_rng(at["seed"])
    call = bound(found, names, **values)
    return carried(call, form.tensors)


def needed(found: Any, name: str) -> bool:
    parameter = inspect.signature(found).parameters[name]
    return parameter.default is parameter.empty


def cropped(call: Call, form: Form, x: np.ndarray) -> np.ndarray:
    """The crops of images (N, C, H, W), one by one or at once."""
    if form.batches:
        return mirrored(call, form.order, x)
    outs = [mirrored(call, form.order, image) for image in x]
    if len({out.shape for out in outs}) > 1:
        raise WrongResult(f"returned crops of shapes {sorted({out.shape for out in outs})}")
    return np.array(outs)


def found_at(out: np.ndarray, x: np.ndarray, padding: int, mode: str) -> tuple[int, int] | None:
    """Where a crop (C, h, w) is in a padded image (C, H, W), if it is there."""
    if padding:
        x = np.pad(x, [(0, 0), (padding, padding), (padding, padding)], mode=mode)  # type: ignore[call-overload]
    if len(out) != len(x) or out.shape[1] > x.shape[1] or out.shape[2] > x.shape[2]:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(x, out.shape[1:], axis=(1, 2))
    hits = np.argwhere((windows == out[:, None, None]).all(axis=(0, 3, 4)))
    return (int(hits[0][0]), int(hits[0][1])) if len(hits) else None


class Crop:
    """A crop behind the names of the operator.

    A grey image goes in as one of three channels. What is no part of its image counts as the first
    one, which it then is not.
    """

    def __init__(self, function: Any, names: Mapping[str, str], told: Told) -> None:
        self._function, self._names, self._once = function, names, told["once"]
        self._form = Form(*told["form"])

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        given_x, form = inputs["x"], self._form
        channels = given_x.shape[1]
        x = np.repeat(given_x, 3, axis=1) if channels == 1 else given_x
        before = given_x.copy()
        with seeded(at["seed"], form.tensors):
            call = made(self._function, self._names, form, at)
            out = self._out(call, x)
        if out.ndim != 4 or out.shape[:2] != x.shape[:2]:
            raise WrongResult(f"returned crops of shape {out.shape[1:]}, of images {x.shape[1:]}")
        out = out[:, :channels]
        padding = at["padding"] if form.mode else 0
        found = [found_at(o, i, padding, form.mode) for o, i in zip(out, before, strict=True)]
        tops, lefts = zip(*((0, 0) if where is None else where for where in found), strict=True)
        return {"out": out, "top": np.array(tops), "left": np.array(lefts)}, None

    def _out(self, call: Call, x: np.ndarray) -> np.ndarray:
        if self._once:
            return np.concatenate([cropped(call, self._form, image[None]) for image in x])
        return cropped(call, self._form, x)

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


CROPS = Kind(
    "random_crop",
    NAMES,
    CROP,
    ask_crop,
    Crop,
    {"batch": (1, 2, 3), "channels": (3,), "image": (2, 3, 4, 5)},
    """`random_crop(image, size)`, `random_crop(image, padding)`, also RandomCrop(size)(image) ...

    An image or a batch of three channels, first or last as is seen; size a number, or rows and
    columns. With padding, crops have the size of the image. Where it crops is read off the result.
    """,
    rank=(UNSIZED, UNSEEDED, OTHER),
)
SPELLINGS = CROPS.spellings


BESIDE_TORCH = replace(CROPS, ask=partial(ask_crop, tensors=True), when=is_own_on_tensors).spellings
