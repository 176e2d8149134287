"""Images normalised or made floating-point by free functions: `normalize(image, mean, std)`.

A tiny image shows where the channels are, before and after, and whether it is one of bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from candidates.conventions._free import (
    Another,
    Arrays,
    Example,
    Free,
    FreeFunction,
    Layout,
    Reading,
    is_own,
)
from candidates.conventions._tensors import on_torch, to_array, to_tensor
from candidates.spelling import Spelling
from properties.plain import given
from properties.promise import Promise

Call = Callable[..., Any]

PROMISE = Promise(keeps_dtype=False, dtypes=("float32",), mixed=True)
X = (
    "x image img im images imgs tensor array arr picture pic data batch input np_img np_image "
    "np_data pixels"
)
BYTES = "of bytes"


class Normalizing(FreeFunction):
    """Calls a function with an image, whose numbers are 255 times as large where it divides."""

    def _array(self, name: str, inputs: Mapping[str, Any]) -> Any:
        array = super()._array(name, inputs)
        if name == "x" and BYTES in self.reading.layout.words:
            return np.asarray(255 * array, array.dtype)
        return array


def on_tensors(function: Call) -> Call:
    def call(**values: Any) -> Any:
        result = given(function(**{name: to_tensor(value) for name, value in values.items()}))
        return to_array("the result", result)

    return call


class NormalizingTensors(Normalizing):
    """The same of a function on tensors."""

    def __init__(self, free: Free, reading: Reading, forward: Any, backward: Any) -> None:
        super().__init__(free, reading, on_tensors(forward), backward)


def layouts() -> tuple[Layout, ...]:
    found = []
    for said in ("", BYTES):
        for lead, n in (((0,), ""), ((1,), "n")):
            batches = "batches" if n else ""
            first, last = {"x": f"{n}chw>{n}chw"}, {"x": f"{n}chw>{n}hwc"}
            back = {"out": f"{n}chw>{n}hwc"}
            same = {"out": f"{n}chw>{n}chw"}
            columns = {"mean": "c>c11", "std": "c>c11"}
            for orders, words in (
                (last | back, "channels last"),
                (first | same, "channels first"),
                (last | same, "channels first afterwards"),
                (first | same | columns, "channels first, of columns"),
            ):
                text = ", ".join(w for w in (batches, words, said) if w)
                found.append(Layout(orders, {"lead_dims": lead}, text))
    return tuple(found)


def normalized(inputs: Arrays) -> np.ndarray:
    mean, std = (inputs[name][:, None, None] for name in ("mean", "std"))
    result: np.ndarray = (inputs["x"] - mean) / std
    return result


def examples(layout: Layout) -> Sequence[Example]:
    shape = (2, 3, 4, 5) if layout.domain["lead_dims"] == (1,) else (3, 4, 5)
    x = (np.arange(np.prod(shape)) % 11 / 10).reshape(shape)
    return [({}, {"x": x, "mean": np.array([0.5, 0.25, 0.125]), "std": np.array([0.5, 1, 2])})]


def fits(at: Mapping[str, Any], inputs: Arrays, out: np.ndarray) -> bool:
    expected = normalized(inputs)
    return out.shape == expected.shape and np.allclose(out, expected, rtol=1e-4, atol=1e-5)


NORMALIZE = Free(
    "normalize_image",
    "normalize normalize_image normalize_img normalise normalise_image standardize "
    "standardize_image normalize_images normalize_batch image_normalize imagenet_normalize "
    "channel_normalize normalize_channels normalize_tensor",
    {"x": X, "mean": "mean means mu", "std": "std stds sigma"},
    replace(PROMISE, domain={"channels": (3,)}),
    examples,
    fits,
    """`normalize(image, mean, std)`: one image or a batch, channels first or last, as is seen.

    mean and std (C,), or columns (C, 1, 1). One of bytes divides by 255 first; the result may have
    its channels first.
    """,
    constant=("mean", "std"),
    layouts=layouts(),
    nearest=True,
    kind=Normalizing,
)


class Converting(FreeFunction):
    """Calls a function with an image of bytes; the result may be a tensor."""

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        (name,) = self.reading.places
        result = given(self._forward(**{name: inputs["x"]}))
        result = result if isinstance(result, np.ndarray) else to_array("the result", result)
        return {"out": result}, (dict(inputs), None, at)


def converts(at: Mapping[str, Any], inputs: Arrays, out: np.ndarray) -> bool:
    """Raises Another: what is made of bytes without a division, or where channels stay last."""
    x = inputs["x"].astype(float)
    wanted = x.transpose(2, 0, 1)
    for moved, scale, words in (
        (x, 1, "its channels stay last"),
        (x, 255, "its channels stay last"),
        (wanted, 1, "it does not divide by 255"),
        (wanted * 2 - 255, 255, "it gives numbers from -1 to 1"),
    ):
        if out.shape == moved.shape and np.allclose(out, moved / scale, atol=1e-4):
            raise Another(words)
    return out.shape == wanted.shape and np.allclose(out, wanted / 255, atol=1e-6)


TO_TENSOR = Free(
    "to_tensor",
    "to_tensor ToTensor image_to_tensor img_to_tensor img2tensor image2tensor to_tensor_np",
    {"x": X},
    replace(PROMISE, domain={"channels": (3,), "dtype": ("float32",)}),
    lambda layout: [
        ({"dtype": "float32"}, {"x": (np.arange(60) * 7 % 256).reshape(4, 5, 3).astype(np.uint8)})
    ],
    converts,
    """`to_tensor(image)`: bytes (H, W, C) to numbers from 0 to 1, (C, H, W); arrays or tensors.""",
    constant=("x",),
    nearest=True,
    kind=Converting,
)

SPELLINGS = [*NORMALIZE.spellings, *TO_TENSOR.spellings]


def is_own_on_tensors(found: Any) -> bool:
    return is_own(found) and on_torch(found)


def beside_torch(free: Free) -> list[Spelling]:
    promise = replace(free.promise, layouts=())
    found = replace(free, promise=promise).spellings
    return [replace(spelling, when=is_own_on_tensors) for spelling in found]


BESIDE_TORCH = [
    *beside_torch(replace(NORMALIZE, kind=NormalizingTensors)),
    *beside_torch(TO_TENSOR),
]
