"""What loops write down on their way."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

Ids = list[np.ndarray]


@dataclass
class History:
    """What was seen of a training: a loss and a batch a step, the accuracies at every check."""

    losses: list[float] = field(default_factory=list)
    train_accuracies: list[float] = field(default_factory=list)
    val_accuracies: list[float] = field(default_factory=list)
    batches: Ids = field(default_factory=list)
    checked: Ids = field(default_factory=list)

    @property
    def best(self) -> float:
        """The best accuracy on the validation data."""
        return max(self.val_accuracies)
