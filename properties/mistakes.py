"""Named wrong implementations: each must be caught, and names what a failing candidate did."""

from __future__ import annotations

import inspect
import types
from dataclasses import dataclass

from properties.implementation import Local
from properties.operator import Operator
from properties.references import functions_of, source_of


@dataclass(frozen=True)
class Mistake:
    """The naive source with each `old` replaced by `new`; every `old` must occur exactly once.

    name: the few words by which people know the mistake.
    explanation: what it computes instead, in one sentence.
    hint: what to look at, where the beginning of the name does not say it without the solution.
    """

    name: str
    explanation: str
    edits: tuple[tuple[str, str], ...]
    hint: str = ""

    def module(self, operator: Operator) -> types.ModuleType:
        """The edited naive module. Raises ValueError if an edit does not match exactly once."""
        source = inspect.getsource(source_of(operator))
        for old, new in self.edits:
            if source.count(old) != 1:
                raise ValueError(
                    f"mistake {self.name!r} of {operator.name}: {old!r} must occur exactly once "
                    f"in the naive source, it occurs {source.count(old)} times"
                )
            source = source.replace(old, new)
        module = types.ModuleType(f"mistake.{operator.name}")
        exec(compile(source, f"<{operator.name}: {self.name}>", "exec"), vars(module))
        return module

    def implementation(self, operator: Operator) -> Local:
        return Local(f"mistake: {self.name}", functions_of(self.module(operator), operator))


def edit(name: str, explanation: str, *old_new: str) -> Mistake:
    """A mistake made by replacing text: `old, new`, and further such pairs."""
    return Mistake(name, explanation, tuple(zip(old_new[::2], old_new[1::2], strict=True)))
