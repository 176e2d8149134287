"""A model's training run on real images, step by step beside PyTorch's.

Both start from the same parameters and see the same batches; after that each goes its own way. How
far apart rounding may bring them is measured: a third run, PyTorch's again, whose parameters at the
start, images and steps are moved by 2**-30 of themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from properties.case import Attributes, Case
from properties.host import Functions
from properties.models import model_names
from properties.operator import Arrays, Operator, Workload, find_operator
from properties.oracle import evaluate
from properties.tolerance import EPS, rounding_bound
from properties.trembling import PERTURBATION
from properties.trial import TERMS

WORKLOAD = "CIFAR-10"
MOMENTUM = 0.9


@dataclass(frozen=True)
class Step:
    """One step: the loss of its batch before it, by both, and how far apart they are after it.

    accuracy: of the batch, in evaluation before the step. error: the largest difference of a
    parameter, a running statistic or the loss in units of its bound; more than 1 is a fault.
    worst: which of them that is. difference: of that one, as a number.
    """

    number: int
    loss: float
    torch_loss: float
    accuracy: float
    error: float
    worst: str
    difference: float


def trainable() -> dict[str, tuple[Operator, Workload]]:
    """The models that are defined on CIFAR-10's images, with the sizes they are trained in.

    A model is called by its operator's name, or as its workload is: `vgg_like`.
    """
    found = {}
    for operator in map(find_operator, model_names()):
        for workload in operator.workloads:
            kind, _, rest = workload.name.rpartition(f" on {WORKLOAD}")
            if workload.name == WORKLOAD:
                found[operator.name] = operator, workload
            elif kind and not rest:
                found[kind.lower().replace("-", "_")] = operator, workload
    return found


def started(operator: Operator, attributes: Attributes, seed: int) -> Arrays:
    """Inputs whose parameters a training begins with; x, y and masks are a place for others.

    Weights are normal with a spread of sqrt(2 / fan-in) (He et al., 2015), a tenth of it in the
    last layer, so that no class is preferred; biases are 0, scales 1.
    """
    at = {**attributes, "batch": 1, "step": 0}
    inputs = operator.arrays(Case(operator.name, at, "normal", seed=seed))
    rng = np.random.Generator(np.random.PCG64(seed))
    weights = [name for name in inputs if name.startswith("W")]
    for name in weights:
        shape = inputs[name].shape
        spread = np.sqrt(2 / np.prod(shape[1:])) * (0.1 if name == weights[-1] else 1)
        inputs[name] = spread * rng.standard_normal(shape)
    for name, array in inputs.items():
        if name.startswith(("b", "running_mean")):
            inputs[name] = np.zeros_like(array)
        elif name.startswith(("gamma", "running_var")):
            inputs[name] = np.ones_like(array)
    return inputs


def trajectory(
    operator: Operator,
    attributes: Attributes,
    inputs: Arrays,
    batches: Iterable[tuple[np.ndarray, np.ndarray]],
    functions: Functions,
    seed: int = 0,
) -> Iterator[tuple[Step, Arrays]]:
    """Each step of a training by both, and the parameters and statistics that ours is left with.

    attributes: those of the model and of its optimizer (learning_rate, optimizer, momentum).
    batches: of images (N, 3, 32, 32) float64 and class ids (N,); there is a step for each.
    functions: ours, `reference(operator, path).functions` or another file's.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    runs = [_state(operator, inputs) for _ in range(2)]
    runs.append({name: _moved(rng, array) for name, array in runs[0].items()})
    allowed: Arrays = {}
    for number, (x, y) in enumerate(batches, 1):
        attributes = {**attributes, "step": number - 1}
        given = {"x": x, "y": y, **_masks(inputs, attributes, len(x), rng)}
        outputs, _ = functions.forward(attributes, {**given, **runs[0]})
        theirs, shadow = (
            evaluate(operator, attributes, {**given, **run}, None)[0]
            for run in (runs[1], {**runs[2], "x": _moved(rng, x)})
        )
        _widen(allowed, theirs, shadow)
        for name in [n for n in operator.differentiable if n in runs[1]]:
            before = runs[1][name]
            # A step is rounded as its terms are, which may cancel.
            terms = TERMS * np.abs(theirs[name] - before).max(initial=0.0)
            allowed[name] = allowed[name] + terms
            shadow[name] = shadow[name] + _signed(rng, before) * terms
        runs = [_state(operator, found) for found in (outputs, theirs, shadow)]
        yield _compared(number, y, outputs, theirs, allowed), runs[0]


def _state(operator: Operator, arrays: Mapping[str, np.ndarray]) -> Arrays:
    return {name: arrays[name] for name in operator.state if name in arrays}


def _moved(rng: np.random.Generator, array: np.ndarray) -> np.ndarray:
    """Every number moved by the perturbation of itself, up or down."""
    return array + array * _signed(rng, array)


def _signed(rng: np.random.Generator, like: np.ndarray) -> np.ndarray:
    """The perturbation with random signs."""
    return PERTURBATION * rng.choice((-1.0, 1.0), like.shape)


def _masks(inputs: Arrays, attributes: Attributes, count: int, rng: np.random.Generator) -> Arrays:
    """New masks of dropout for a batch of `count`."""
    shapes = {n: (count, *a.shape[1:]) for n, a in inputs.items() if n.startswith("mask")}
    return {name: rng.random(shape) >= attributes["p"] for name, shape in shapes.items()}


def _widen(allowed: Arrays, theirs: Arrays, shadow: Arrays) -> None:
    """Add what a perturbation has become by this step: rounding at every step is one more."""
    for name, array in theirs.items():
        moved = np.abs(shadow[name] - array) / PERTURBATION
        allowed[name] = moved + allowed.get(name, 0.0)


def _compared(number: int, y: np.ndarray, ours: Arrays, theirs: Arrays, allowed: Arrays) -> Step:
    found: dict[str, tuple[float, float]] = {}
    for name, expected in theirs.items():
        apart = np.abs(ours[name] - expected)
        bound = rounding_bound(expected, allowed[name], EPS["float64"])
        ratio = np.where(np.isfinite(apart), apart / bound, np.inf)
        place = np.unravel_index(np.argmax(ratio), ratio.shape)
        found[name] = float(ratio[place]), float(apart[place])
    worst = max(found, key=lambda name: found[name][0])
    accuracy = float(np.mean(np.argmax(ours["scores"], axis=1) == y))
    losses = float(ours["loss"]), float(theirs["loss"])
    return Step(number, *losses, accuracy, found[worst][0], worst, found[worst][1])
