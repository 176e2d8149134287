"""`layerproof train`: the loss of a reference model beside PyTorch's, step by step."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from benchmarks.training.datasets import read
from candidates.checking import environment
from candidates.errors import UsageError
from candidates.grading.progress import progress
from candidates.reports.writing import write_whole
from properties.operator import Arrays, Operator
from properties.references import reference
from properties.trajectory import MOMENTUM, Step, started, trainable, trajectory
from reference.data.cifar import MEAN, STD
from reference.data.images import Labelled, normalised
from reference.data.synthetic import synthetic_cifar

TOLD = 10  # lines of a run
TESTED = 100  # images at once


def train(options: argparse.Namespace) -> int:
    """Train, tell, and keep what is finished when it is stopped. Exit status 1: they part."""
    torch.set_num_threads(1)
    models = trainable()
    if options.model not in models:
        raise UsageError(f"model must be one of {', '.join(models)}, got {options.model!r}")
    _check(options)
    data = synthetic_cifar(1000, 200) if options.data is None else read(options.data)
    if len(data.names) != 10:
        raise UsageError(f"--data must have 10 classes, got {len(data.names)}")
    operator, workload = models[options.model]
    attributes = {
        **workload.attributes,
        "batch": options.batch,
        "learning_rate": options.learning_rate,
        "optimizer": options.optimizer,
        "momentum": MOMENTUM,
        "reg": options.reg,
    }
    inputs = started(operator, attributes, options.seed)
    print(_told(options, len(data.train)), flush=True)
    steps: list[Step] = []
    state: Arrays = {}
    try:
        functions = reference(operator, options.path).functions
        batches = _batches(data.train, options)
        run = trajectory(operator, attributes, inputs, batches, functions, options.seed)
        with progress(options.steps, "trained") as advance:
            for step, state in run:  # noqa: B007  (the last is tested)
                steps.append(step)
                advance()
                if step.number % max(1, options.steps // TOLD) == 0 or step.number == 1:
                    print(_line(step), flush=True)
    finally:
        _keep(options, steps)
    accuracy = _tested(operator, attributes, {**inputs, **state}, options.path, data.test)
    return _concluded(steps, accuracy, len(data.test))


def _check(options: argparse.Namespace) -> None:
    """Raises UsageError for what cannot be written."""
    for path in (options.json, options.plot):
        if path is not None and not path.resolve().parent.is_dir():
            raise UsageError(f"there is no folder {str(path.parent)!r} to write to")
    if options.plot is not None:
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            raise UsageError("--plot needs matplotlib: pip install 'layerproof[plots]'") from None


def _told(options: argparse.Namespace, count: int) -> str:
    source = "synthetic images" if options.data is None else f"images of {options.data}"
    return (
        f"{options.model} ({options.path}) on {count:,} {source}, {options.steps} steps of "
        f"{options.batch} by {options.optimizer} at a learning rate of {options.learning_rate:g}, "
        "float64:"
    )


def _batches(
    part: Labelled, options: argparse.Namespace
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Batches in an order drawn anew for each epoch, the last of an epoch may be smaller."""
    rng = np.random.Generator(np.random.PCG64(options.seed))
    count = 0
    while True:
        order = rng.permutation(len(part))
        for start in range(0, len(part), options.batch):
            if count == options.steps:
                return
            count += 1
            rows = order[start : start + options.batch]
            yield normalised(part.images[rows], MEAN, STD), part.labels[rows]


def _line(step: Step) -> str:
    return (
        f"  step {step.number:4}: loss {step.loss:.6f}, PyTorch's {step.torch_loss:.6f}, accuracy "
        f"{step.accuracy:4.0%}; apart by {step.difference:.1e} ({step.worst}, {step.error:.2g} of "
        "the bound)"
    )


def _tested(
    operator: Operator, attributes: dict[str, Any], arrays: Arrays, path: str, part: Labelled
) -> float:
    """The accuracy in evaluation on images that were not seen."""
    functions = reference(operator, path).functions
    net = functions.network(attributes, arrays)  # type: ignore[attr-defined]
    right = 0
    for start in range(0, len(part), TESTED):
        x = normalised(part.images[start : start + TESTED], MEAN, STD)
        right += int(np.sum(net.predict(x) == part.labels[start : start + TESTED]))
    return right / len(part)


def _concluded(steps: Sequence[Step], accuracy: float, count: int) -> int:
    """Say how it ended. The exit status is 1 where a step is further apart than rounding."""
    first, last = steps[0], steps[-1]
    print(
        f"loss {first.loss:.4f} to {last.loss:.4f} in {len(steps)} steps; "
        f"{accuracy:.1%} of {count:,} test images right"
    )
    parted = next((step for step in steps if not step.error <= 1), None)
    if parted is None:
        worst = max(steps, key=lambda step: step.error)
        print(f"the same trajectory as PyTorch's: at most {worst.error:.2g} of the bound apart")
        return 0
    print(
        f"NOT the trajectory of PyTorch: at step {parted.number} {parted.worst} is "
        f"{parted.difference:.3g} apart, {parted.error:.3g} times the bound"
    )
    return 1


def _keep(options: argparse.Namespace, steps: Sequence[Step]) -> None:
    """Write what is finished, where that is asked for."""
    if not steps:
        return
    if options.json is not None:
        found = environment(0, 0)
        whole = {
            "schema": 1,
            "model": options.model,
            "environment": {k: found[k] for k in ("python", "numpy", "torch", "platform")},
            "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "steps": [dataclasses.asdict(step) for step in steps],
        }
        write_whole(options.json, [json.dumps(whole, indent=1), "\n"])
    if options.plot is not None:
        from benchmarks.training.curves import draw

        for path in draw(options.model, steps, options.plot):
            print(f"wrote {path}")
