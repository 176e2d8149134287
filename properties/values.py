"""Value regimes: what the numbers of a case look like, from readable to wild."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

Array = np.ndarray
Shape = tuple[int, ...]

TAME = ("integers", "constant", "sparse", "normal")
KINKS = ("kinks",)
WILD = ("large", "offset", "rows")
REGIMES = (*TAME, *KINKS, *WILD)


class Values:
    """The arrays of one case at one step, each from a generator of its own.

    A generator depends on the seed, the step and the array's name alone, so that a change of one
    shape leaves every other array as it was. All arrays are float64 unless said, but their
    numbers are float32 numbers, so that both precisions are judged on the same problem.
    """

    def __init__(self, regime: str, seed: int, step: int = 0) -> None:
        self.regime, self.seed, self.step = regime, seed, step

    def rng(self, name: str) -> np.random.Generator:
        key = zlib.crc32(name.encode())
        return np.random.Generator(np.random.PCG64([self.seed, self.step, key]))

    def array(self, name: str, shape: Shape, regime: str | None = None) -> Array:
        """An array of the case's regime (or the one given); `kinks` looks like `integers`."""
        rng, regime = self.rng(name), regime or self.regime
        if regime in ("integers", "kinks"):
            return rng.integers(-3, 4, shape).astype(np.float64)
        if regime == "constant":
            return np.full(shape, float(rng.integers(1, 4)) / 2)
        normal = rng.standard_normal(shape)
        if regime == "sparse":
            return normal * (rng.random(shape) < 0.3)
        if regime == "large":
            return normal * _scale(rng)
        if regime == "offset":
            return normal + rng.choice((-1, 1)) * 10.0 ** rng.uniform(3, 4)
        if regime == "rows":
            return normal * _row_scales(rng, shape)
        return normal

    def tame(self, name: str, shape: Shape) -> Array:
        """As `array`, but ordinary numbers where the regime is wild: for weights and scales."""
        return self.array(name, shape, "normal" if self.regime in WILD else None)

    def nonzero(self, name: str, shape: Shape) -> Array:
        """As `array`, but at least 0.1 away from zero, on either side."""
        array = self.array(name, shape)
        sign = np.where(self.rng(name + " sign").random(shape) < 0.5, -1.0, 1.0)
        sign = np.where(array == 0, sign, np.sign(array))
        smallest = 1.0 if self.regime == "integers" else 0.1
        return np.where(np.abs(array) < smallest, sign * (np.abs(array) + smallest), array)

    def spaced(self, name: str, shape: Shape) -> Array:
        """Numbers of the regime's size without ties: a permutation of equally spaced values."""
        rng, size = self.rng(name), int(np.prod(shape))
        order = rng.permutation(size).reshape(shape) - size // 2
        if self.regime == "integers":
            return order.astype(np.float64)
        steps = order / 8.0
        if self.regime == "large":
            return steps * _scale(rng)
        if self.regime == "offset":
            return steps + rng.choice((-1, 1)) * 1000.0
        if self.regime == "rows":
            return steps * _row_scales(rng, shape)
        return steps

    def positive(self, name: str, shape: Shape) -> Array:
        """Numbers in [0.5, 2], for scales and variances; exact in the integer regime."""
        rng = self.rng(name)
        if self.regime in ("integers", "kinks"):
            return rng.integers(1, 4, shape).astype(np.float64)
        return rng.uniform(0.5, 2.0, shape)

    def ids(self, name: str, shape: Shape, classes: int) -> Array:
        """int64 ids in [0, classes)."""
        return self.rng(name).integers(0, classes, shape)


def _scale(rng: np.random.Generator) -> float:
    """From 1e-3 to 1e4, half of them above 100: small numbers are what other regimes have."""
    return float(10.0 ** (7 * np.sqrt(rng.random()) - 3))


def _row_scales(rng: np.random.Generator, shape: Shape) -> Any:
    scales = 10.0 ** rng.uniform(-3, 4, shape[:1])
    return scales.reshape(shape[:1] + (1,) * (len(shape) - 1)) if shape else scales
