"""How courses and libraries spell operators. One file a convention, found by file name.

Imported by the worker too, so these files import the standard library and NumPy alone.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from properties.host import Functions
from properties.promise import Promise


@dataclass(frozen=True)
class Signature:
    """The names of an operator's outputs, and of the inputs that have gradients, in order."""

    outputs: tuple[str, ...]
    gradients: tuple[str, ...]


@dataclass(frozen=True)
class Spelling:
    """How one convention spells one operator.

    forward, backward: names of the functions in the candidate.
    adapter: `(forward, backward or None, signature)` to `Functions`.
    variant: the forward function is judged by another spelling, here only the backward counts.
    when: whether the forward function found is spelled this way, where its name does not tell.
    """

    operator: str
    forward: str
    backward: str | None
    adapter: Callable[[Any, Any, Signature], Functions]
    promise: Promise = field(default_factory=Promise)
    variant: bool = False
    when: Callable[[Any], bool] = lambda forward: True

    def found(self, names: Collection[str]) -> list[str]:
        """The functions of this spelling among `names`; empty where it cannot be judged."""
        if self.forward not in names or (self.variant and self.backward not in names):
            return []
        return [name for name in (self.forward, self.backward) if name and name in names]

    def bind(self, namespace: Any, signature: Signature) -> Functions:
        backward = getattr(namespace, self.backward, None) if self.backward else None
        return self.adapter(getattr(namespace, self.forward), backward, signature)


@dataclass(frozen=True)
class Convention:
    """A named set of spellings. `spellings(operators)` are those of the operators named."""

    name: str
    summary: str
    spellings: Callable[[Sequence[str]], Sequence[Spelling]]


def convention_names() -> list[str]:
    found = pkgutil.iter_modules(__path__)
    return sorted(module.name.replace("_", "-") for module in found if module.name[0] != "_")


def find_convention(name: str) -> Convention:
    """The convention of a name. Raises ValueError listing the names there are."""
    if name not in convention_names():
        names = ", ".join(convention_names())
        raise ValueError(f"convention must be one of {names}, got {name!r}")
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    convention = module.convention
    assert isinstance(convention, Convention)
    return convention


def import_all() -> list[Convention]:
    return [find_convention(name) for name in convention_names()]


def recognise(names: Collection[str], operators: Sequence[str]) -> Convention | None:
    """The convention that spells most functions among `names`, or None where none does."""

    def matches(convention: Convention) -> int:
        spellings = convention.spellings(operators)
        return len({name for spelling in spellings for name in spelling.found(names)})

    best = max(import_all(), key=matches)
    return best if matches(best) else None
