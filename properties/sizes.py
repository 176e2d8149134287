"""Cases at sizes of use: an operator's workloads, as far as a promise covers them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from properties.case import Case
from properties.operator import Operator, Workload
from properties.promise import Promise

SIZE_SEED = 2**16
"""Marks a case of use: strategies draw seeds below it."""

LARGEST_BATCH = 8  # a batch is the same work again and again, and loops in Python are slow
LARGEST_ARRAY = 2**18  # elements


LENGTHS = {"lead_dims": "lead", "feature_dims": "features", "spatial_dims": "size", "ndim": "shape"}
"""What strategies draw as a number of dimensions is the length of an attribute."""


def size_cases(operator: Operator, promise: Promise) -> Iterator[Case]:
    """The workloads inside a promise. Sizes may be larger than those that are drawn for speed."""
    for workload in workloads_within(operator, promise):
        if workload.judged:
            attributes = dict(workload.attributes)
            if "batch" in attributes:
                attributes["batch"] = min(attributes["batch"], LARGEST_BATCH)
            if "shape" in attributes:
                attributes["shape"] = _fewer(attributes["shape"])
            yield Case(operator.name, attributes, "normal", seed=SIZE_SEED)


def _fewer(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with fewer samples where it has very many elements: they are all alike."""
    most = max(1, LARGEST_ARRAY // math.prod(shape[1:]))
    return (min(shape[0], most), *shape[1:])


def workloads_within(operator: Operator, promise: Promise) -> Iterator[Workload]:
    """The workloads inside a promise, with the promise's own choices of words."""
    for workload in operator.workloads:
        attributes = _within(workload, promise.domain)
        if attributes is not None and all(
            len(set(pair)) == 1 for name in promise.square if (pair := attributes.get(name))
        ):
            yield replace(workload, attributes=attributes)


def _within(workload: Workload, domain: Mapping[str, tuple[Any, ...]]) -> dict[str, Any] | None:
    """The attributes with the promise's own choices of words, or None outside it.

    A workload of which something promised is not known is outside.
    """
    within = dict(workload.attributes)
    for name, allowed in domain.items():
        if name in within:
            if _admitted(within[name], allowed):
                continue
            if not all(isinstance(value, str) for value in allowed):
                return None
            within[name] = allowed[0]
        elif not _told(workload, name, allowed):
            return None
    return within


def _told(workload: Workload, name: str, allowed: tuple[Any, ...]) -> bool:
    """Whether what is drawn under another name than an attribute's is known, and allowed."""
    if name in ("batch", "regime"):
        return True
    length = workload.attributes.get(LENGTHS.get(name, ""))
    value = workload.drawn.get(name, None if length is None else len(length))
    return (name in workload.drawn or length is not None) and value in allowed


def _admitted(value: Any, allowed: tuple[Any, ...]) -> bool:
    if isinstance(value, tuple):
        return all(_admitted(v, allowed) for v in value) or value in allowed
    counts = all(type(v) is int for v in (value, *allowed)) and len(allowed) > 1
    return value in allowed or (counts and value > max(allowed))
