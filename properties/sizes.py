"""Cases at sizes of use: an operator's workloads, as far as a promise covers them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from properties.case import Attributes, Case
from properties.operator import Operator
from properties.promise import Promise

SIZE_SEED = 2**16
"""Marks a case of use: strategies draw seeds below it."""

LENGTHS = {"lead_dims": "lead", "feature_dims": "features", "spatial_dims": "size", "ndim": "shape"}
"""What strategies draw as a number of dimensions is the length of an attribute."""

NAMES = {"kernel": "kernel_size"}
"""What strategies draw under one name, and operators may call another."""

OFF = {"padded": "padding_idx"}
"""Switches that strategies draw, and the attribute that is None where they are off."""

LARGEST_BATCH = 8  # a batch is the same work again and again, and loops in Python are slow


def size_cases(operator: Operator, promise: Promise) -> Iterator[Case]:
    """The workloads inside a promise. Sizes may be larger than those that are drawn for speed."""
    for workload in operator.workloads:
        attributes = _within(workload.attributes, promise.domain)
        square = attributes is not None and all(
            len(set(pair)) == 1
            for name in promise.square
            if (pair := attributes.get(name, attributes.get(NAMES.get(name, name))))
        )
        if attributes is not None and square:
            yield Case(operator.name, attributes, "normal", seed=SIZE_SEED)


def _within(attributes: Attributes, domain: Mapping[str, tuple[Any, ...]]) -> dict[str, Any] | None:
    """The attributes with the promise's own choices of words and switches, or None outside it."""
    within = dict(attributes)
    if "batch" in within:
        within["batch"] = min(within["batch"], LARGEST_BATCH)
    for drawn, allowed in domain.items():
        name = drawn if drawn in within else NAMES.get(drawn, drawn)
        if OFF.get(name) in within and True not in allowed:
            within[OFF[name]] = None
        if name not in within and name in LENGTHS and LENGTHS[name] in within:
            if len(within[LENGTHS[name]]) not in allowed:
                return None
            continue
        if name not in within or _admitted(within[name], allowed):
            continue
        if not all(isinstance(value, (str, bool)) for value in allowed):
            return None
        within[name] = allowed[0]
    return within


def _admitted(value: Any, allowed: tuple[Any, ...]) -> bool:
    if isinstance(value, tuple):
        return all(_admitted(v, allowed) for v in value) or value in allowed
    counts = all(type(v) is int for v in (value, *allowed)) and len(allowed) > 1
    return value in allowed or (counts and value > max(allowed))
