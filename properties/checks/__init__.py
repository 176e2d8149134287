"""The generic checks, written once and run for every operator and implementation."""

from collections.abc import Collection

from properties.checks import effects, laws, values
from properties.checks.half import HALF_PRECISION
from properties.checks.property import Property
from properties.checks.tf32 import IN_TF32
from properties.low_precision import HALVES
from properties.tf32 import TF32

PROPERTIES: tuple[Property, ...] = (*values.PROPERTIES, *effects.PROPERTIES, *laws.PROPERTIES)
"""What every implementation is judged by."""

EVERY: tuple[Property, ...] = (*PROPERTIES, HALF_PRECISION, IN_TF32)
"""These, and what is judged where it is asked for."""


def judged_in(dtypes: Collection[str]) -> tuple[Property, ...]:
    """What every implementation is judged by, and what is for precisions that are asked for."""
    half = [HALF_PRECISION] if not HALVES.keys().isdisjoint(dtypes) else []
    return (*PROPERTIES, *half, *([IN_TF32] if TF32 in dtypes else []))


def find_property(name: str) -> Property:
    """The property of a name. Raises ValueError listing the names there are."""
    for found in EVERY:
        if found.name == name:
            return found
    names = ", ".join(p.name for p in EVERY)
    raise ValueError(f"property must be one of {names}, got {name!r}")
