"""Laws that several operators share."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.case import Case
from properties.operator import Arrays, Law, Pairs
from properties.values import Values


def _additive(run: Any, case: Case, inputs: Arrays) -> Pairs:
    other = Values("normal", case.seed, 1).array("x", inputs["x"].shape)
    zero = run(inputs | {"x": np.zeros_like(other)})["out"]
    apart = run(inputs)["out"] + run(inputs | {"x": other})["out"]
    yield "out", run(inputs | {"x": inputs["x"] + other})["out"] + zero, apart


ADDITIVITY = Law("additivity", "f(x + y) = f(x) + f(y) up to the bias", _additive)
