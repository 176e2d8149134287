"""Which checks catch a mistake, and after how many examples."""

from __future__ import annotations

from dataclasses import dataclass

from properties.explore import explore
from properties.implementation import Implementation
from properties.mistakes import Mistake
from properties.operator import Operator
from properties.promise import Promise


@dataclass(frozen=True)
class Kill:
    """For each property that a mistake fails: the number of examples until it was caught."""

    mistake: Mistake
    caught_by: dict[str, int]

    @property
    def dead(self) -> bool:
        return bool(self.caught_by)


def kill(
    operator: Operator,
    mistake: Mistake,
    *,
    examples: int,
    seed: int,
    promise: Promise | None = None,
    implementation: Implementation | None = None,
) -> Kill:
    """Run every property on a mistake. The shrinking is left out: only the death counts."""
    exploration = explore(
        operator,
        implementation or mistake.implementation(operator),
        promise or Promise(),
        examples=examples,
        seed=seed,
    )
    return Kill(mistake, {f.property.name: f.first_at for f in exploration.failing})
