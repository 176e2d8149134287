"""The generic checks, written once and run for every operator and implementation."""

from properties.checks import effects, laws, values
from properties.checks.half import HALF_PRECISION
from properties.checks.property import Property

PROPERTIES: tuple[Property, ...] = (*values.PROPERTIES, *effects.PROPERTIES, *laws.PROPERTIES)
"""What every implementation is judged by."""

EVERY: tuple[Property, ...] = (*PROPERTIES, HALF_PRECISION)
"""These, and what is judged where it is asked for."""


def find_property(name: str) -> Property:
    """The property of a name. Raises ValueError listing the names there are."""
    for found in EVERY:
        if found.name == name:
            return found
    names = ", ".join(p.name for p in EVERY)
    raise ValueError(f"property must be one of {names}, got {name!r}")
