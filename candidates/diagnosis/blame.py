"""Which of a model's own layers is to blame: the ones that make it pass when right ones stand in.

So it is with sandwiches, layers that run others of the course.

A case brings the right layers with it, as text; the worker half of the convention puts them into
the model's modules for one call. What a model does with them changes no status.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from properties.case import Attributes
from properties.checks import find_property
from properties.checks.property import NotJudged
from properties.explore import Exploration, Finding, explore
from properties.implementation import Implementation, Result
from properties.operator import Arrays
from properties.references import is_composed
from properties.trial import Trial

EXAMPLES = Path(__file__).parents[1] / "examples"
CASES = 5  # failing cases that must pass
FURTHER = 40  # examples on which the model is judged with right layers
ANOTHER_SEED = 104_729
DIRECTIONS = re.compile(r"_(forward|backward)(?=_|$)")


@dataclass(frozen=True)
class Layers:
    """Right layers as text: `groups` names the functions of each layer."""

    text: str
    groups: Mapping[str, tuple[str, ...]]

    def named(self, layers: Collection[str]) -> list[str]:
        return [name for layer in layers for name in self.groups[layer]]


@cache
def right_layers(examples: str) -> Layers:
    """What bundled right examples define, functions also under the names of their fast forms."""
    text = "\n".join((EXAMPLES / name).read_text() for name in examples.split())
    names = re.findall(r"^def ([a-z]\w*)\(", text, re.MULTILINE)
    groups: dict[str, tuple[str, ...]] = {}
    for name in names:
        stem = name.removesuffix("_naive")
        others = ("fast", "im2col", "strided") if name.endswith("_naive") else ("alt",)
        forms = [name, *(f"{stem}_{form}" for form in others)]
        text += "".join(f"\n{form} = {name}" for form in forms[1:])
        layer = DIRECTIONS.split(name)[0]
        groups[layer] = (*groups.get(layer, ()), *forms)
    groups |= {name: (name,) for name in re.findall(r"^class (\w+)", text, re.MULTILINE)}
    return Layers(text, groups)


class WithLayers:
    """An implementation some of whose layers are exchanged for right ones in every call."""

    def __init__(self, implementation: Implementation, layers: Layers, names: list[str]) -> None:
        self._implementation = implementation
        self._told = {"layers": {"text": layers.text, "names": names}}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._implementation, name)

    def forward(
        self, attributes: Attributes, inputs: Arrays, *arguments: Any, **named: Any
    ) -> tuple[dict[str, Result], int]:
        told = {**attributes, **self._told}
        return self._implementation.forward(told, inputs, *arguments, **named)


def blame(exploration: Exploration, finding: Finding, examples: str) -> list[dict[str, Any]]:
    """The layers without which the failing cases fail, and how the model does with right ones.

    Empty where the failure is the model's own.
    """
    layers = right_layers(examples)
    trials = [trial for trial, _ in finding.failing[:CASES]]
    if any(getattr(failure, "fatal", False) for _, failure in finding.failing):
        return []
    if not _pass(exploration, finding, trials, layers, list(layers.groups)):
        return []
    guilty = list(layers.groups)
    for layer in reversed([*layers.groups]):  # what is made of others comes after them
        others = [name for name in guilty if name != layer]
        if _pass(exploration, finding, trials, layers, others):
            guilty = others
    if not guilty:
        return []
    names = " and ".join(guilty)
    stood_in = f"a right {names} in its" if len(guilty) == 1 else f"right {names} in their"
    count = len(trials)
    whole = "the model" if is_composed(exploration.operator) else "the sandwich"
    sentence = f"the fault is in {names}, not in {whole}: with right ones these cases pass"
    told = [{"kind": "where", "sentence": sentence, "matches": count, "of": count}]
    return [*told, *_further(exploration, layers, guilty, f"with {stood_in} place {whole}")]


def _pass(
    of: Exploration, finding: Finding, trials: list[Trial], layers: Layers, names: list[str]
) -> bool:
    implementation: Any = WithLayers(of.implementation, layers, layers.named(names))
    for trial in trials:
        again = Trial(of.operator, implementation, of.promise, trial.case)
        try:
            if finding.property.failure(again) is not None:
                return False
        except NotJudged:
            return False
    return True


def _further(
    of: Exploration, layers: Layers, guilty: list[str], model: str
) -> list[dict[str, Any]]:
    """Fresh examples with right layers in place of the guilty ones."""
    implementation: Any = WithLayers(of.implementation, layers, layers.named(guilty))
    judged = [find_property(name) for name in ("shape", "forward", "gradient", "steps")]
    again = explore(
        of.operator,
        implementation,
        of.promise,
        examples=FURTHER,
        seed=of.seed + ANOTHER_SEED,
        properties=judged,
    )
    if not again.failing:
        sentence = f"{model} passes"
        return [{"kind": "where", "sentence": sentence, "matches": FURTHER, "of": FURTHER}]
    first = again.failing[0]
    assert first.smallest is not None
    sentence = f"{model} still fails: {first.smallest[1]}"
    count = len(first.failing)
    return [{"kind": "where", "sentence": sentence.splitlines()[0], "matches": count, "of": count}]
