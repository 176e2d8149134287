"""What a candidate's process may use, and the options of the command that say so."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, fields
from typing import Any

LEVELS = ("process", "sandbox")


@dataclass(frozen=True)
class Limits:
    """Bounds on one candidate's process; every number is of at least one.

    containment: "process", or "sandbox" where the system offers one.
    seconds_per_operator: of all calls of one function pair together, by the clock and of processor.
    memory_mb: resident memory of the process and all it starts, in MiB.
    file_mb: size of a file it writes, in MiB. descriptors: how many it may hold open.
    beside: it may read the modules that its imports name in the folder where it lies.
    forbid: modules that judged functions may not call, with all below them; None for what computes
        layers, save torch where the convention needs it.
    forbid_ops: operations of torch that it may not use, by any name.
    device: where a candidate on tensors computes, as torch names it.
    """

    containment: str = "process"
    seconds_per_call: float = 10.0
    seconds_to_load: float = 60.0
    seconds_per_operator: float = 600.0
    memory_mb: int = 4096
    file_mb: int = 64
    descriptors: int = 256
    beside: bool = True
    forbid: tuple[str, ...] | None = None
    forbid_ops: tuple[str, ...] = ()
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.containment not in LEVELS:
            raise ValueError(
                f"containment must be one of {', '.join(LEVELS)}, got {self.containment!r}"
            )
        for name in NUMBERS:
            if not 0 < (value := getattr(self, name)) < math.inf:
                raise ValueError(f"{name} must be positive and finite, got {value!r}")


NUMBERS = {
    "seconds_per_call": (float, "SECONDS", "of one call"),
    "seconds_to_load": (float, "SECONDS", "of loading the candidate"),
    "seconds_per_operator": (float, "SECONDS", "of all calls of one operator"),
    "memory_mb": (int, "MB", "of resident memory"),
    "file_mb": (int, "MB", "of a file that it writes"),
    "descriptors": (int, "N", "files that it holds open"),
}


def add_options(parser: argparse.ArgumentParser, containment: str = "process") -> None:
    """The options of `Limits`; `containment` is the level where none is asked for."""
    group = parser.add_argument_group("limits of the candidate's process")
    group.add_argument("--containment", choices=LEVELS, default=containment)
    group.add_argument(
        "--forbid",
        type=_modules,
        metavar="NAMES",
        help="modules that functions may not call, with commas, or none (default: torch and "
        "whatever else computes layers, except where the convention needs torch)",
    )
    group.add_argument(
        "--forbid-ops",
        type=lambda text: tuple(name.strip() for name in text.split(",") if name.strip()),
        default=(),
        metavar="NAMES",
        help="operations of torch that it may not use (conv2d,softmax)",
    )
    group.add_argument(
        "--device", default="cpu", metavar="NAME", help="where tensors live: cpu, cuda, cuda:1"
    )
    for name, (kind, unit, meaning) in NUMBERS.items():
        group.add_argument(
            f"--{name.replace('_', '-')}",
            type=_positive_int if kind is int else _positive_float,
            default=getattr(Limits, name),
            metavar=unit,
            help=f"{meaning} (default: %(default)g)",
        )


def from_options(options: argparse.Namespace, **changed: Any) -> Limits:
    """The limits that the command line asks for."""
    asked = {f.name: getattr(options, f.name) for f in fields(Limits) if hasattr(options, f.name)}
    return Limits(**{**asked, **changed})


def _modules(text: str) -> tuple[str, ...]:
    """The names of modules, with commas between them; `none` is no name."""
    names = () if text == "none" else tuple(name.strip() for name in text.split(","))
    if not all(part.isidentifier() for name in names for part in name.split(".")):
        raise argparse.ArgumentTypeError(f"must be names of modules or none, got {text!r}")
    return names


def _positive_int(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text!r}")
    return int(text)


def _positive_float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a positive number, got {text!r}")
    return value
