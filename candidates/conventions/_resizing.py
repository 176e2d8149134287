"""Free functions that resize one image: which way they do it, a tiny image shows.

Beside torch's two ways of looking for a pixel's place there is a third, i * length / new, which
moves the image by part of a pixel. Its functions are not judged, nor those that round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from candidates.conventions._axes import restored
from candidates.conventions._free import (
    Another,
    Arrays,
    Example,
    Free,
    FreeFunction,
    Layout,
    Setting,
    Unclear,
    is_own,
    parameters_of,
)
from properties.plain import WrongResult, given
from properties.promise import Promise

GREY = "one grey image"
FEW, MANY = 5, 8
IMAGE = 10.0 * np.arange(FEW)[:, None] + np.arange(FEW) + 0.25
"""Affine, so that bilinear results say where they come from; no value is a whole number."""

STEPS = np.arange(MANY)
PLACES: dict[tuple[str, bool], np.ndarray] = {
    ("bilinear", False): (STEPS + 0.5) * FEW / MANY - 0.5,
    ("bilinear", True): STEPS * (FEW - 1) / (MANY - 1),
    ("nearest", False): STEPS * FEW // MANY,
    ("nearest-exact", False): (2 * STEPS + 1) * FEW // (2 * MANY),
}
CORNERS = STEPS * FEW / MANY
OTHER_WAYS = {
    "it looks for pixel i at i * length / new, which is neither of torch's places": CORNERS,
    "it takes the pixel nearest to where aligned corners lead": np.rint(PLACES["bilinear", True]),
}


def at_places(places: np.ndarray) -> np.ndarray:
    return 10.0 * places[:, None] + places + 0.25


def alike(out: np.ndarray, places: np.ndarray) -> bool:
    """Whether most of what is not near the border comes from these places."""
    inner = np.s_[..., 1:-2, 1:-2]
    return bool(np.isclose(out[inner], at_places(places)[inner], rtol=0, atol=1e-4).mean() > 0.7)


def fits(at: Mapping[str, Any], inputs: Arrays, out: np.ndarray) -> bool:
    """Raises WrongResult: a result of another shape, or of another kind than torch's."""
    if out.shape != (len(inputs["x"]), MANY, MANY):
        raise WrongResult(f"it gives an array of shape {out.shape}, whatever its axes")
    if alike(out, PLACES[at["mode"], at["align_corners"]]):
        return True
    if np.array_equal(out, np.rint(out)):
        raise Another("it rounds its results")
    for words, places in OTHER_WAYS.items():
        if alike(out, places):
            raise Another(words)
    return False


def examples(layout: Layout) -> Sequence[Example]:
    (mode,), (aligned,) = layout.domain["mode"], layout.domain["align_corners"]
    channels = 1 if layout.words.startswith(GREY) else 3
    x = np.repeat(IMAGE[None], channels, axis=0)
    return [({"mode": mode, "align_corners": aligned, "size": (MANY, MANY)}, {"x": x})]


class Resizing(FreeFunction):
    """Calls a function with one image, its size as a pair or as two numbers."""

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        rows, columns = at["size"]
        at = {**at, "rows": rows, "columns": columns}
        results = given(
            self._forward(**self._arguments(self._forward, self.reading.places, at, inputs))
        )
        if isinstance(results, list) and not self._grey:
            raise WrongResult("it gives lists, which are one grey image's")
        out = np.array(results, float) if isinstance(results, list) else results
        order = self.reading.layout.orders.get("x")
        if order is None and isinstance(out, np.ndarray) and self._grey:
            out = out[None]
        out = restored("out", out, order) if order else out
        return {"out": out}, (dict(inputs), None, at)

    @property
    def _grey(self) -> bool:
        return self.reading.layout.words.startswith(GREY)

    def _array(self, name: str, inputs: Mapping[str, Any]) -> Any:
        return inputs[name][0] if self._grey else super()._array(name, inputs)


def layouts(*ways: tuple[str, bool]) -> tuple[Layout, ...]:
    found = []
    for mode, aligned in ways:
        kind = "corners aligned" if aligned else mode
        domain: dict[str, tuple[Any, ...]] = {"mode": (mode,), "align_corners": (aligned,)}
        domain["lead"] = ((),)
        found += [
            Layout({"x": "chw>hwc"}, domain, words=f"channels last, {kind}"),
            Layout({}, domain | {"channels": (1,)}, words=f"{GREY}, {kind}"),
            Layout({}, domain, words=kind),
        ]
    return tuple(found)


PROMISE = Promise(
    keeps_dtype=False,
    dtypes=("float32",),
    kinks="weak",
    domain={"size": (2, 3, 4, 5, 6, 7, 8, 9), "image": (2, 3, 4, 5, 6), "lead": ((),)},
    beyond=("size", "image"),
)
"""With aligned corners a single row has no place of its own: many divide by new - 1."""

X = "x image img im array arr data input picture grid matrix"
TWO = {
    "rows": Setting(
        "new_h new_height h height target_h target_height out_h out_height h_new h_out rows"
    ),
    "columns": Setting(
        "new_w new_width w width target_w target_width out_w out_width w_new w_out cols"
    ),
}
ONE = {"size": Setting("size new_size new_shape output_size out_size target_size shape")}
NEAREST = (("nearest", False), ("nearest-exact", False))
BILINEAR = (("bilinear", True), ("bilinear", False))
HALF_FIRST = BILINEAR[::-1]

KINDS = (
    (
        "bilinear_resize resize_bilinear bilinear_resize_np resize_bilinear_np bilinear_upsample "
        "bilinear_interpolation_resize resize_with_bilinear",
        HALF_FIRST,
        True,
    ),
    (
        "nearest_resize resize_nearest nearest_neighbor_resize nn_resize resize_nearest_neighbor "
        "nearest_neighbor_interpolation nearest_interpolation",
        NEAREST,
        True,
    ),
    ("resize resize_image image_resize resize_img resize_np", (*BILINEAR, *NEAREST), False),
)


def _free(names: str, ways: Sequence[Any], nearest: bool, settings: dict[str, Setting]) -> Free:
    first = names.split()[0]
    size = ", ".join("new_h new_w".split() if len(settings) == 2 else ["(new_h, new_w)"])
    return Free(
        "resize_image",
        names,
        {"x": X},
        PROMISE,
        examples,
        fits,
        f"""`{first}(image, {size})`: one image (H, W, C), (H, W) or (C, H, W).

    Whether corners are aligned or middles of pixels mapped, a tiny image shows.
    """,
        settings=settings,
        layouts=layouts(*ways),
        kind=Resizing,
        nearest=nearest,
    )


def takes_two(function: Any) -> bool:
    """Whether the rows and the columns of the result are parameters of their own."""
    try:
        names = {p.name.lower() for p in parameters_of(function)}
    except Unclear:
        return False
    return is_own(function) and all(names & set(setting.names.split()) for setting in TWO.values())


def takes_one(function: Any) -> bool:
    return is_own(function) and not takes_two(function)


SPELLINGS = [
    replace(spelling, when=when)
    for names, ways, nearest in KINDS
    for settings, when in ((TWO, takes_two), (ONE, takes_one))
    for spelling in _free(names, ways, nearest, settings).spellings
]
