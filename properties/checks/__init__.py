"""The generic checks, written once and run for every operator and implementation."""

from properties.checks import effects, laws, values
from properties.checks.property import Property

PROPERTIES: tuple[Property, ...] = (*values.PROPERTIES, *effects.PROPERTIES, *laws.PROPERTIES)


def find_property(name: str) -> Property:
    """The property of a name. Raises ValueError listing the names there are."""
    for found in PROPERTIES:
        if found.name == name:
            return found
    names = ", ".join(p.name for p in PROPERTIES)
    raise ValueError(f"property must be one of {names}, got {name!r}")
