"""The score of a submission: the weight of what passes over the weight of what counts.

Without weights, every operator counts that is found in the submission or required, and weighs 1.
With weights, that counts what they name, and what is required (it weighs 1 where they do not name
it), whether the submission has it or not. Anything but `pass` counts as zero.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from candidates.errors import UsageError
from candidates.statuses import FAILING, worst

HEAVIEST = 1_000_000
NOT_OF_CANDIDATES = "complex_step"  # judged on the references only


@dataclass(frozen=True)
class Scale:
    """What counts how much: names are operators, or `operator.property`."""

    weights: Mapping[str, float] = field(default_factory=dict)
    required: Sequence[str] = ()

    def counted(self, verdict: Mapping[str, Any]) -> dict[str, float]:
        """What counts on a submission with this verdict, and its weight."""
        found = [] if self.weights else [entry["operator"] for entry in verdict["operators"]]
        return {**dict.fromkeys([*found, *self.required], 1.0), **self.weights}

    def statuses(self, verdict: Mapping[str, Any]) -> dict[str, str]:
        """The status of each operator that counts; missing where the submission has none."""
        of = {entry["operator"]: entry["status"] for entry in verdict["operators"]}
        names = sorted({name.partition(".")[0] for name in self.counted(verdict)})
        return {name: of.get(name, "missing") for name in names}

    def score(self, verdict: Mapping[str, Any]) -> float:
        """From 0 to 1; 0 where nothing counts."""
        entries = {entry["operator"]: entry for entry in verdict["operators"]}
        reached = of = 0.0
        for name, weight in self.counted(verdict).items():
            operator, _, judged = name.partition(".")
            passes = _passes(entries.get(operator), judged)
            if passes is not None:
                of += weight
                reached += weight * passes
        return round(reached / of, 4) if of else 0.0


def _passes(entry: Mapping[str, Any] | None, judged: str) -> bool | None:
    """Whether an operator, or one property of it, passes; None where a property leaves both sums.

    That is where nothing could be judged, though nothing else of the operator fails.
    """
    if entry is None or not judged:
        return entry is not None and entry["status"] == "pass"
    status = worst(row["status"] for row in entry["properties"] if row["property"] == judged)
    if status == "skipped" and entry["status"] not in (*FAILING, "missing"):
        return None
    return status == "pass"


def read_weights(path: Path, operators: Collection[str]) -> dict[str, float]:
    """The weights in a JSON or TOML file, by operator or `operator.property`.

    Raises UsageError, one sentence that names the key and what is allowed.
    """
    data = _parsed(path)
    if not isinstance(data, dict):
        raise UsageError(f"--weights: {path} must hold names and weights, got {data!r:.60}")
    weights: dict[str, float] = {}
    for name, weight in _flat(data):
        if name in weights:
            raise UsageError(f"--weights: {path} names {name!r} twice")
        _require_name(name, operators)
        if isinstance(weight, bool) or not isinstance(weight, int | float):
            raise UsageError(
                f"--weights: the weight of {name!r} must be a number, got {weight!r:.60}"
            )
        if not 0 <= weight <= HEAVIEST:
            raise UsageError(
                f"--weights: the weight of {name!r} must be from 0 to {HEAVIEST}, "
                f"got {weight!r:.60}"
            )
        weights[name] = float(weight)
    if not sum(weights.values()):
        raise UsageError(f"--weights: {path} must give something a weight above 0")
    return weights


def _parsed(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix.lower() == ".toml":
            return _toml().loads(text)
        return json.loads(text, object_pairs_hook=_without_repeats)
    except OSError as error:
        raise UsageError(f"--weights: {path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        kind = "TOML" if path.suffix.lower() == ".toml" else "JSON"
        raise UsageError(f"--weights: {path} is no {kind}: {error}") from None


def _toml() -> Any:
    try:
        import tomllib
    except ImportError:  # Python 3.10
        import tomli as tomllib
    return tomllib


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"it names {name!r} twice")
    return dict(pairs)


def _flat(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names and weights; TOML reads the key `conv2d.gradient` as a table `conv2d`."""
    for name, value in data.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", weight) for inner, weight in value.items())
        else:
            yield name, value


def _require_name(name: str, operators: Collection[str]) -> None:
    """Raises UsageError unless a weight can be given to it."""
    operator, dot, judged = name.partition(".")
    if operator not in operators:
        raise UsageError(
            f"--weights: {name!r} must be an operator or operator.property, "
            f"where operator is one of {', '.join(sorted(operators))}"
        )
    if dot:
        allowed = _properties_of(operator)
        if judged not in allowed:
            raise UsageError(
                f"--weights: {name!r} must name a property of {operator}, "
                f"which are {', '.join(allowed)}"
            )


def _properties_of(operator: str) -> list[str]:
    from properties.checks import PROPERTIES  # Hypothesis, only now
    from properties.operator import find_operator

    found = find_operator(operator)
    return [p.name for p in PROPERTIES if p.applies(found) and p.name != NOT_OF_CANDIDATES]
