"""A case: one concrete problem for an operator, as plain data that survives JSON unchanged."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

Attributes = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """One problem: attributes, a value regime, the attribute changes of each step, and a seed.

    Arrays are derived from it (`Operator.inputs`), so two equal cases are the same problem on
    every machine. `steps` holds one mapping per consecutive call; outputs that are state are fed
    back as inputs between them.
    """

    operator: str
    attributes: Attributes
    regime: str
    steps: tuple[Attributes, ...] = field(default=({},))
    seed: int = 0

    @cached_property
    def key(self) -> str:
        """The JSON text, which also identifies the case."""
        return self.to_json()

    def at(self, step: int) -> Attributes:
        """The attributes in force at a step."""
        return {**self.attributes, **self.steps[step]}

    def to_plain(self) -> dict[str, Any]:
        return {
            "operator": self.operator,
            "attributes": dict(self.attributes),
            "regime": self.regime,
            "steps": [dict(step) for step in self.steps],
            "seed": self.seed,
        }

    def to_json(self) -> str:
        return json.dumps(self.to_plain(), allow_nan=False, separators=(",", ":"))

    @classmethod
    def from_plain(cls, plain: Any) -> Case:
        """The case that `to_plain` described. Raises ValueError saying what is not in order."""
        if not isinstance(plain, dict) or set(plain) != set(_FIELDS):
            raise ValueError(f"a case must be an object with the keys {', '.join(_FIELDS)}")
        for name, kind in _FIELDS.items():
            if not isinstance(plain[name], kind) or isinstance(plain[name], bool):
                raise ValueError(f"{name} must be a {kind.__name__}, got {plain[name]!r}")
        if not plain["steps"] or not all(isinstance(step, dict) for step in plain["steps"]):
            raise ValueError(f"steps must be a list of objects, got {plain['steps']!r}")
        if plain["seed"] < 0:
            raise ValueError(f"seed must be at least 0, got {plain['seed']}")
        frozen = {name: _frozen(name, value) for name, value in plain.items()}
        return cls(**frozen)

    @classmethod
    def from_json(cls, text: str) -> Case:
        """The case written by `to_json`. The text is parsed, never evaluated."""
        try:
            return cls.from_plain(json.loads(text))
        except (json.JSONDecodeError, RecursionError) as error:
            raise ValueError(f"a case must be JSON: {error}") from None

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How Hypothesis prints a failing case: as the text that `--case` takes."""
        printer.text(self.to_json())

    def replace(self, **changes: Any) -> Case:
        return replace(self, **changes)


_FIELDS = {"operator": str, "attributes": dict, "regime": str, "steps": list, "seed": int}


def _frozen(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_frozen(name, item) for item in value)
    if isinstance(value, dict):
        return {key: _frozen(f"{name}.{key}", item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")
    return value
