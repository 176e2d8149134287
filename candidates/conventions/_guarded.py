"""Forms of a metric that are exact, and those that add a number to what they divide by.

A constant of 1e-7 is below what is compared; a larger one gives another measure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from candidates.conventions._metrics import Form

EXACTLY = 3e-7


@dataclass(frozen=True)
class Exact(Form):
    """A form that nothing as large as 1e-6 was added to."""

    def fits(self, result: Any, off: float = 1e-4) -> bool:
        return super().fits(result, closest(self) if off == 1e-4 else off)


@dataclass(frozen=True)
class Guarded(Form):
    """What is near, and not that near."""

    def fits(self, result: Any, off: float = 1e-4) -> bool:
        return super().fits(result) and not super().fits(result, closest(self))


def closest(form: Form) -> float:
    return EXACTLY * float(np.max(np.abs(form.expected)))
