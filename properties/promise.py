"""What a convention promises of a function. Inside the promise a failure counts, outside not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from properties.layouts import LAYOUTS


@dataclass(frozen=True)
class Promise:
    """The domain in which a function must be right, and what it may do on the way.

    domain: attribute values promised, by name (see `Domain`); it also states where the
        convention defines the operator differently, as `running_var_update=("biased",)`.
    square: pairs that the convention gives as one number.
    beyond: promised attributes whose other values the spelling can express as well: they are
        tried too, and what fails there is a `limit`.
    keeps_dtype: float32 in, float32 out.
    dtypes: the precisions promised. Where float64 is not among them, a result that is float32
        whatever went in is compared as closely as float32 allows.
    layouts: how its arrays may lie in memory (see `layouts.py`).
    mixed: results of any dtype may be as imprecise as float32, since the course's own arrays are.
    may_change: arrays handed in, and global state, that the function may write to.
    kinks: "torch" where PyTorch's choice is promised, else "weak".
    outputs: which outputs the forward function gives; None means all.
    gradients: which gradients the backward function gives; None means all.
    backward_when: attribute values for which backward is promised, by name; empty means always.
    cache_once: a cache is good for one backward.
    stochastic: results depend on the seeded generator.
    same_bits: the same call gives the same results to the last bit.
    most_examples: how many cases say all that there is to say, where each costs seconds.
    differs: where the convention defines the operator differently from PyTorch, for the verdict.
    """

    domain: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    square: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    keeps_dtype: bool = True
    dtypes: tuple[str, ...] = ("float64", "float32")
    mixed: bool = False
    layouts: tuple[str, ...] = LAYOUTS
    may_change: tuple[str, ...] = ()
    kinks: str = "torch"
    outputs: tuple[str, ...] | None = None
    gradients: tuple[str, ...] | None = None
    backward_when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    cache_once: bool = False
    stochastic: bool = False
    same_bits: bool = False
    most_examples: int | None = None
    differs: str = ""

    def backward_at(self, attributes: Mapping[str, Any]) -> bool:
        """Whether backward is promised under these attributes."""
        return all(attributes.get(k) in values for k, values in self.backward_when.items())

    def layout(self, seed: int) -> str:
        """The layout that a case of a seed is tried in."""
        return self.layouts[seed % len(self.layouts)]

    def enough(self, examples: int) -> int:
        """How many of so many examples are drawn."""
        return examples if self.most_examples is None else min(examples, self.most_examples)

    def widened(self) -> Promise:
        """The same with everything promised that the spelling can express (`--strict`)."""
        inside = {k: v for k, v in self.domain.items() if k not in self.beyond}
        return replace(self, domain=inside, beyond=())
