"""What transforms of images share: sizes, pixels, and statistics of what is drawn at random."""

from __future__ import annotations

import math

import numpy as np
from hypothesis.strategies import DrawFn

from properties.domain import Domain
from properties.operator import Corners
from properties.values import Values

FALSE_ALARM = 1e-13
"""How often right code leaves one margin. A law has thirty of them at most, so it fails right code
in less than one of 1e11 evaluations."""


def draw_size(draw: DrawFn, domain: Domain, fewest: int = 1) -> tuple[int, int]:
    """Rows and columns; of one size only where the domain says so."""
    return draw(domain.pair("size", fewest, 5))


def pixels(values: Values, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers in [0, 1]: quarters in `integers`, else as many as there are bytes."""
    levels = 4 if values.regime == "integers" else 255
    return values.rng("x").integers(0, levels + 1, shape) / levels


def beyond_margin(hits: np.ndarray, expected: float) -> tuple[np.ndarray, np.ndarray]:
    """How far the mean of independent `hits`, from 0 to 1, is from what it should be; and 0.

    By Hoeffding, of n elements it strays by more than the margin once in 1 / FALSE_ALARM times;
    what is certain does not stray. Where a fixed half of the elements is drawn, these are the
    independent ones that happen to be half: it strays at most sqrt(pi n / 2) times as often, which
    is 56 for 2000, and a law in less than one of 1e9 evaluations.
    """
    margin = math.sqrt(math.log(2 / FALSE_ALARM) / (2 * hits.size)) if 0 < expected < 1 else 1e-9
    return np.asarray(max(0.0, abs(float(hits.mean()) - expected) - margin)), np.asarray(0.0)


SIZES: Corners = {
    "one row": lambda case: case.attributes["size"][0] == 1,
    "one column": lambda case: case.attributes["size"][1] == 1,
    "more rows than columns": lambda case: case.attributes["size"][0] > case.attributes["size"][1],
    "more columns than rows": lambda case: case.attributes["size"][0] < case.attributes["size"][1],
}
