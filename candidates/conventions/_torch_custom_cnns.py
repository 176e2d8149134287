"""Networks of convolutions of any class, compared number by number on the case's own weights.

Which they are `_torch_readings` tells; all others are judged by laws alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from candidates.conventions._tensors import load_torch, run, to_array
from candidates.conventions._torch_architectures import generators_kept
from candidates.conventions._torch_classifiers import ANY_NAME
from candidates.conventions._torch_models import Logits, Network
from candidates.conventions._torch_readings import read
from candidates.spelling import ANY, Signature, Spelling
from properties.plain import WrongResult
from properties.promise import Promise


class CustomCnn(Network):
    """`NAME(...)`: convolutions under affine layers, in the widths of its author.

    {conv - [batch norm] - relu - [max pool]} x L - {affine - relu - [dropout]} x M - affine.
    Weights go to the parameters in the order in which a forward calls their layers; dropout, a
    module or `torch.nn.functional.dropout`, drops what the case does.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        super().__init__(forward, backward, signature)
        found = read(forward)
        if found is None:
            raise NotImplementedError("it is no custom CNN")
        self._reading, self._how, _ = found
        self._running: dict[str, Any] = {}

    def logits(self, at: Mapping[str, Any], tensors: Mapping[str, Any]) -> Logits:
        torch, reading = load_torch(), self._reading
        with generators_kept():
            module = self._how.made(0)
        module.to(tensors["x"])
        self._running = {name: tensors[name].clone() for name in reading.buffers}
        swapped = {theirs: tensors[ours] for ours, theirs in reading.parameters.items()}
        swapped |= {theirs: self._running[ours] for ours, theirs in reading.buffers.items()}
        masks = [tensors[name] for name in tensors if name.startswith("mask")]

        def call(x: Any, training: bool) -> Any:
            module.train(training)
            with _dropping(masks if training else []):
                return run(torch.func.functional_call, module, swapped, (x,))

        return call

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        outputs, graph = super().forward(at, inputs)
        moved = {name: to_array(name, tensor) for name, tensor in self._running.items()}
        return outputs | moved, graph


@contextmanager
def _dropping(masks: Sequence[Any]) -> Iterator[None]:
    """Dropout in training drops what these masks do, one after the other.

    Raises WrongResult for one too many, or of another shape.
    """
    functional, left = load_torch().nn.functional, list(masks)
    kept = functional.dropout

    def dropout(x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
        if not training or p == 0 or not masks:
            return x
        if not left or left[0].shape != x.shape:
            raise WrongResult(
                f"it drops of numbers of shape {tuple(x.shape)}, where none are to be"
            )
        return x * left.pop(0) / (1 - p)

    functional.dropout = dropout
    try:
        yield
    finally:
        functional.dropout = kept


def told(found: Any, backward: Any) -> dict[str, Any]:
    """The network's shape: the cases are all of it."""
    known = read(found)
    if known is None:
        return {}
    reading, how, p = known
    channels, *size = how.features
    head = "average" if "a" in reading.letters else "flatten"
    return {
        "domain": {
            "channels": [channels],
            "size": [tuple(size)],
            "filters": [tuple(reading.filters)],
            "filter_size": list(reading.filter_sizes),
            "pools": [reading.pools],
            "head": [head],
            "hidden": [tuple(reading.hidden[:-1])],
            "classes": [how.classes],
            "normalized": [reading.normalized],
            "p": [p],
        },
        "differs": "on weights of ours",
    }


def _is_custom(is_network: Callable[[Any], bool], found: Any) -> bool:
    return is_network(found) and read(found) is not None


PROMISE = Promise(
    domain={
        "batch": (1, 2, 3),
        "steps": (1, 2),
        "reg": (0.0,),
        "running_var_update": ("unbiased",),
        "regime": ("normal",),
    },
    layouts=(),
    most_examples=2,
)


def spellings() -> Iterator[Spelling]:
    for when, named in ANY_NAME:
        yield Spelling(
            "custom_cnn",
            ANY,
            None,
            CustomCnn,
            PROMISE,
            named=named,
            when=functools.partial(_is_custom, when),
            tells=told,
            needs_torch=True,
        )
