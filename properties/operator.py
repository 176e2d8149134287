"""An operator: what is to be computed, and all that the generic checks need to know about it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

import properties.operators
from properties.case import Attributes, Case
from properties.domain import Domain
from properties.values import REGIMES, Values

if TYPE_CHECKING:
    from properties.mistakes import Mistake

Arrays = dict[str, np.ndarray]
Pairs = Iterator[tuple[str, np.ndarray, np.ndarray]]
Corners = Mapping[str, Callable[[Case], bool]]


@dataclass(frozen=True)
class Law:
    """A property that needs no oracle.

    `pairs(run, case, inputs)` yields (what, got, expected) arrays that must be equal; `run` calls
    the implementation: `run(inputs, **attributes)` gives its outputs, and
    `run.gradients(inputs, cotangents, **attributes)` its gradients. Only cases for which
    `applies` is true are tried.
    """

    name: str
    explanation: str
    pairs: Callable[[Any, Case, Arrays], Pairs]
    applies: Callable[[Case], bool] = lambda case: True
    needs_backward: bool = False


@dataclass(frozen=True)
class Workload:
    """A size worth timing: attributes of a case, in the regime `normal`.

    drawn: values of what the strategy draws under other names than those of attributes.
    judged: whether candidates are judged at this size as well; loops in Python take long.
    """

    name: str
    attributes: Attributes
    drawn: Attributes = field(default_factory=dict)
    judged: bool = True


def one_step(draw: DrawFn, domain: Domain) -> tuple[Attributes, ...]:
    return ({},)


@dataclass(frozen=True)
class Operator:
    """One operator. All functions take the attributes in force at the step they are called for.

    attributes: draws the attributes of a case inside a domain (constructed, never filtered).
    inputs: the named float64 or integer arrays of one step.
    oracle: named torch tensors and attributes to named torch tensors, differentiable by autograd.
    outputs: names of what the oracle returns, in the order the plain functions return them; which
        there are may depend on the attributes.
    differentiable: inputs whose gradients are compared, in the order plain backward returns them.
    state: outputs that are fed back as the inputs of the same names at the next step.
    learned: state that follows from gradients (parameters after a step of training); it is judged
        from the second step on, through what it leads to.
    trembling: the oracle with a seed, which moves every number on its way by a random 2**-30 of
        itself; where terms cancel on the way, the inputs alone do not show what rounding costs.
    margin: how near the oracle came to deciding otherwise, from attributes and outputs: the least
        difference of numbers that it compared, in parts of their size.
    constants: outputs whose gradients nobody asks for.
    cancelling: inputs whose gradients are sums that cancel to zero (a bias before a batch norm), so
        that nothing is left of them but the rounding of their terms.
    steps: draws the attribute changes of each consecutive call.
    evidence: outputs that only the implementation knows (the mask it drew, the order in which it
        visited the samples); they are handed to the oracle, and the laws judge them. Where there
        are no other outputs, the oracle only checks their form, and the laws are everything.
    kinked: gradients that are a choice in the regime `kinks`.
    corners: what the strategy must be able to draw, by name: predicates of a case.
    weak_kinks: a law for those gradients where a convention does not promise PyTorch's choice;
        `(attributes, inputs, outputs, cotangents, gradients) -> what is wrong, or None`.
    """

    name: str
    source: str
    attributes: Callable[[DrawFn, Domain], dict[str, Any]]
    inputs: Callable[[Attributes, Values], Arrays]
    oracle: Callable[[Mapping[str, Any], Attributes], Mapping[str, Any]]
    outputs: tuple[str, ...] = ("out",)
    differentiable: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    learned: tuple[str, ...] = ()
    trembling: Callable[[Mapping[str, Any], Attributes, int], dict[str, Any]] | None = None
    margin: Callable[[Attributes, Arrays], float] | None = None
    constants: tuple[str, ...] = ()
    cancelling: Callable[[Attributes], Collection[str]] = lambda at: ()
    steps: Callable[[DrawFn, Domain], tuple[Attributes, ...]] = one_step
    regimes: tuple[str, ...] = REGIMES
    kinked: tuple[str, ...] = ()
    weak_kinks: Callable[..., str | None] | None = None
    laws: tuple[Law, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    workloads: tuple[Workload, ...] = ()
    corners: Corners = field(default_factory=dict)

    @property
    def results(self) -> tuple[str, ...]:
        """Everything that the plain functions return before the cache."""
        return (*self.outputs, *self.evidence)

    def cases(self, domain: Domain) -> SearchStrategy[Case]:
        """Every geometry and regime inside a domain, simplest first."""
        return _cases(self, domain)

    def arrays(self, case: Case, step: int = 0) -> Arrays:
        """The inputs of a case at a step (state comes from the step before, if there is one)."""
        values = Values(case.regime, case.seed, step)
        return {n: _float32_numbers(a) for n, a in self.inputs(case.at(step), values).items()}

    def cotangents(self, case: Case, step: int, outputs: Mapping[str, np.ndarray]) -> Arrays:
        """Random cotangents for every output that is not state, integers in the integer regime."""
        exact = case.regime in ("integers", "kinks")
        values = Values("integers" if exact else "normal", case.seed, step)
        return {
            name: _float32_numbers(values.nonzero(f"d{name}", array.shape))
            for name, array in outputs.items()
            if name not in (*self.state, *self.constants) and array.dtype.kind == "f"
        }


def _float32_numbers(array: np.ndarray) -> np.ndarray:
    array = np.asarray(array)  # arithmetic on arrays without dimensions gives scalars
    return array.astype(np.float32).astype(np.float64) if array.dtype.kind == "f" else array


@st.composite
def _cases(draw: DrawFn, operator: Operator, domain: Domain) -> Case:
    regime = draw(domain.choice("regime", operator.regimes))
    steps = operator.steps(draw, domain)
    attributes = operator.attributes(draw, domain.restricted(regime=(regime,)))
    seed = draw(st.integers(0, 2**16 - 1))
    return Case(operator.name, attributes, regime, steps, seed)


def operator_names() -> list[str]:
    """Names of all operators, found by file name."""
    found = pkgutil.iter_modules(properties.operators.__path__)
    return sorted(module.name for module in found if not module.name.startswith("_"))


@cache
def find_operator(name: str) -> Operator:
    """The operator of a name. Raises ValueError listing the names there are."""
    if name not in operator_names():
        raise ValueError(f"operator must be one of {', '.join(operator_names())}, got {name!r}")
    module = importlib.import_module(f"properties.operators.{name}")
    operator = module.operator
    if operator.name != name:
        raise ValueError(f"the operator of {name}.py must be named {name!r}, got {operator.name!r}")
    return operator
