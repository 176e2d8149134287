"""The worker half of needle's transforms, which draw from NumPy's global generator as is given."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from candidates.spelling import Signature
from properties.plain import WrongResult, given


def transforms(parameter: str) -> Callable[[Any], bool]:
    """Recognises classes made with one parameter, of this name, that derive from a Transform."""

    def recognises(kind: Any) -> bool:
        if not inspect.isclass(kind) or "__call__" not in vars(kind):
            return False
        parents = [parent.__name__ for parent in kind.__mro__[1:]]
        own = vars(kind).get("__init__")
        names = list(inspect.signature(own).parameters)[1:] if inspect.isfunction(own) else []
        return "Transform" in parents and names == [parameter]

    return recognises


class Transform:
    """A transform of one image (H, W, C), asked for each of a batch.

    The generator is seeded before each image: what the course's own line draws then is known.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._kind = forward

    def made(self, at: Mapping[str, Any]) -> Callable[[Any], Any]:
        raise NotImplementedError

    def drawn(self, at: Mapping[str, Any]) -> tuple[Any, ...]:
        """What the line that the course gives draws."""
        raise NotImplementedError

    def evidence(self, draws: list[tuple[Any, ...]]) -> dict[str, np.ndarray]:
        raise NotImplementedError

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        transform, draws, out = self.made(at), [], []
        for n, image in enumerate(inputs["x"]):
            np.random.seed(4096 * at["seed"] + n)
            draws.append(self.drawn(at))
            np.random.seed(4096 * at["seed"] + n)
            out.append(channels_first(given(transform(image.transpose(1, 2, 0)))))
        shapes = {image.shape for image in out}
        if len(shapes) > 1:
            raise WrongResult(f"returned images of different shapes, {sorted(shapes)}")
        images = np.array(out) if out else np.zeros_like(inputs["x"])
        return {"out": images, **self.evidence(draws)}, None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


def channels_first(image: Any) -> np.ndarray:
    if not isinstance(image, np.ndarray) or image.ndim != 3:
        shape = f" of shape {image.shape}" if isinstance(image, np.ndarray) else ""
        raise WrongResult(f"returned {type(image).__name__}{shape}, expected an array (H, W, C)")
    return image.transpose(2, 0, 1)


class RandomFlip(Transform):
    """`RandomFlipHorizontal(p)(img)`: img (H, W, C), mirrored where `np.random.rand() < p`."""

    def made(self, at: Mapping[str, Any]) -> Callable[[Any], Any]:
        made: Callable[[Any], Any] = self._kind(p=at["p"])
        return made

    def drawn(self, at: Mapping[str, Any]) -> tuple[Any, ...]:
        return (np.random.rand() < at["p"],)

    def evidence(self, draws: list[tuple[Any, ...]]) -> dict[str, np.ndarray]:
        return {"flips": np.array([flip for (flip,) in draws], bool)}


class RandomCrop(Transform):
    """`RandomCrop(padding)(img)`: img (H, W, C) padded with zeros and cropped to its own size.

    The crop is shifted by `np.random.randint(low=-padding, high=padding + 1, size=2)`, rows first.
    """

    def made(self, at: Mapping[str, Any]) -> Callable[[Any], Any]:
        made: Callable[[Any], Any] = self._kind(padding=at["padding"])
        return made

    def drawn(self, at: Mapping[str, Any]) -> tuple[Any, ...]:
        padding = at["padding"]
        shifts = np.random.randint(low=-padding, high=padding + 1, size=2)
        return tuple(shifts + padding)

    def evidence(self, draws: list[tuple[Any, ...]]) -> dict[str, np.ndarray]:
        places = np.array(draws, np.int64).reshape(-1, 2)
        return {"top": places[:, 0].copy(), "left": places[:, 1].copy()}
