"""Corners that several operators share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from properties.case import Case
from properties.operator import Corners


def each(name: str, values: Iterable[Any]) -> Corners:
    """A corner for each of the values of an attribute."""

    def drawn(value: Any) -> Callable[[Case], bool]:
        return lambda case: case.attributes[name] == value

    return {f"{name} {value}": drawn(value) for value in values}
