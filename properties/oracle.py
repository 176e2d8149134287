"""Expected values: the operator's torch call in float64, its gradients and its condition."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from properties.case import Attributes, Case
from properties.operator import Arrays, Operator
from properties.trembling import PERTURBATION

PROBES = 3


@dataclass(frozen=True)
class Expected:
    """Outputs and gradients of one step, and how strongly each element reacts to rounding.

    A condition is the largest change under random relative perturbations of all inputs, divided
    by the perturbation. The first takes random signs, which move a single number for certain; the
    others are normal, because signs cancel in differences of equal numbers. It is found when it is
    asked for, since most results are right without any allowance for it.
    """

    outputs: Arrays
    cotangents: Arrays
    gradients: Arrays
    state: Arrays  # what the next step is given, also where it is not promised
    probe: Callable[[], tuple[Arrays, Arrays]] = field(repr=False)

    @property
    def output_condition(self) -> Arrays:
        return self._conditions[0]

    @property
    def gradient_condition(self) -> Arrays:
        return self._conditions[1]

    @cached_property
    def _conditions(self) -> tuple[Arrays, Arrays]:
        return self.probe()

    @property
    def unit(self) -> float:
        """The largest cotangent: what gradients are multiples of."""
        return max((float(np.abs(a).max(initial=0.0)) for a in self.cotangents.values()), default=1)

    @property
    def finite(self) -> bool:
        arrays = [*self.outputs.values(), *self.gradients.values()]
        return all(np.isfinite(a).all() for a in arrays if a.dtype.kind == "f")


def evaluate(
    operator: Operator,
    attributes: Attributes,
    inputs: Arrays,
    cotangents: Arrays | Callable[[Arrays], Arrays] | None,
    dtype: str = "float64",
) -> tuple[Arrays, Arrays]:
    """Outputs and gradients by autograd; without cotangents the gradients are empty.

    `cotangents` may be a function of the outputs, whose shapes are known only then.
    """
    import torch

    torch_dtype = getattr(torch, dtype)
    tensors = {}
    for name, array in inputs.items():
        tensor = torch.from_numpy(np.array(array, order="C"))  # a copy: oracles may return inputs
        tensors[name] = tensor.to(torch_dtype) if tensor.is_floating_point() else tensor
    wanted = [name for name in operator.differentiable if name in tensors]
    differentiate = cotangents is not None and bool(wanted)
    for name in wanted if differentiate else ():
        tensors[name].requires_grad_()
    # Layers that draw initial weights must not move the generator that implementations see.
    with (
        torch.random.fork_rng(devices=[]),
        torch.set_grad_enabled(differentiate),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        outputs = operator.oracle(tensors, attributes)
    results = {name: _array(outputs[name]).copy() for name in operator.outputs if name in outputs}
    if not differentiate:
        return results, {}
    assert cotangents is not None
    if callable(cotangents):
        cotangents = cotangents(results)
    live = [name for name in cotangents if outputs[name].requires_grad]
    gradients = torch.autograd.grad(
        [outputs[name] for name in live],
        [tensors[name] for name in wanted],
        [torch.from_numpy(np.array(cotangents[name], order="C")).to(torch_dtype) for name in live],
        allow_unused=True,
    )
    named = zip(wanted, gradients, strict=True)
    return results, {
        name: np.zeros(inputs[name].shape) if g is None else _array(g) for name, g in named
    }


def _array(tensor: Any) -> np.ndarray:
    """NumPy has no bfloat16, whose numbers float32 has."""
    tensor = tensor.detach()
    array: np.ndarray = (tensor.float() if "bfloat16" in str(tensor.dtype) else tensor).numpy()
    return array


def expect(
    operator: Operator,
    case: Case,
    step: int,
    inputs: Arrays,
    backward: bool,
    promised: Collection[str] | None = None,
) -> Expected:
    """The float64 result of one step; gradients only if `backward`.

    Outputs that are not `promised` are left out, and their cotangents are zero.
    """
    attributes, cotangents = case.at(step), {}
    promised = operator.outputs if promised is None else promised

    def draw_cotangents(outputs: Arrays) -> Arrays:
        for name, array in operator.cotangents(case, step, outputs).items():
            cotangents[name] = array if name in promised else np.zeros_like(array)
        return cotangents

    outputs, gradients = evaluate(
        operator, attributes, inputs, draw_cotangents if backward else None
    )
    return Expected(
        {name: array for name, array in outputs.items() if name in promised},
        cotangents,
        gradients,
        {name: outputs[name] for name in operator.state if name in outputs},
        lambda: _conditions(operator, attributes, inputs, outputs, cotangents, gradients),
    )


def _conditions(
    operator: Operator,
    attributes: Attributes,
    inputs: Arrays,
    outputs: Arrays,
    cotangents: Arrays,
    gradients: Arrays,
) -> tuple[Arrays, Arrays]:
    """Of every output and gradient: its largest change in units of the perturbation."""
    rng = np.random.Generator(np.random.PCG64(0))
    output_condition = {name: np.zeros(a.shape) for name, a in outputs.items()}
    gradient_condition = {name: np.zeros(a.shape) for name, a in gradients.items()}
    for probe in range(PROBES):
        moved = _perturbed(cotangents, rng, probe) if gradients else None
        near = evaluate(
            _trembling(operator, probe), attributes, _perturbed(inputs, rng, probe), moved
        )
        _widen(output_condition, outputs, near[0])
        _widen(gradient_condition, gradients, near[1])
    return output_condition, gradient_condition


def _trembling(operator: Operator, seed: int) -> Operator:
    """The operator whose oracle moves every number on its way, where it has one that does."""
    trembling = operator.trembling
    if trembling is None:
        return operator
    return replace(operator, oracle=lambda tensors, at: trembling(tensors, at, seed))


def _perturbed(arrays: Mapping[str, np.ndarray], rng: np.random.Generator, probe: int) -> Arrays:
    """Every floating number moved by about 2**-30 of itself, in a direction of its own."""

    def moved(array: np.ndarray) -> np.ndarray:
        signs = rng.choice((-1.0, 1.0), array.shape)
        direction = signs if probe == 0 else rng.standard_normal(array.shape)
        return array * (1 + PERTURBATION * direction)

    return {name: moved(a) if a.dtype.kind == "f" else a for name, a in arrays.items()}


def _widen(condition: Arrays, base: Arrays, moved: Arrays) -> None:
    with np.errstate(invalid="ignore"):
        for name, array in base.items():
            if array.dtype.kind == "f":
                change = np.abs(moved[name] - array) / PERTURBATION
                np.maximum(condition[name], change, out=condition[name])
