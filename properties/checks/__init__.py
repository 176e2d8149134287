"""The generic checks, written once and run for every operator and implementation."""

from properties.checks import effects, laws, values
from properties.checks.half import HALF_PRECISION
from properties.checks.property import Property

PROPERTIES: tuple[Property, ...] = (*values.PROPERTIES, *effects.PROPERTIES, *laws.PROPERTIES)
"""What every implementation is judged by. Half precision is judged where it is asked for."""


def find_property(name: str) -> Property:
    """The property of a name. Raises ValueError listing the names there are."""
    every = (*PROPERTIES, HALF_PRECISION)
    for found in every:
        if found.name == name:
            return found
    names = ", ".join(p.name for p in every)
    raise ValueError(f"property must be one of {names}, got {name!r}")
