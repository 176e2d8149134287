"""The options of `layerproof bench`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import Any

from candidates import limits

DTYPES = ("float32", "float64")


def add_parser(
    commands: Any, positive: Callable[[str], int], run: Callable[[argparse.Namespace], int]
) -> None:
    """Add the command to a parser's commands; `positive` reads a number of at least 1."""
    parser = commands.add_parser(
        "bench", help="time naive, vectorized and torch side by side, or a candidate"
    )
    parser.add_argument("path", nargs="?", metavar="PATH", help="a candidate, as for check")
    several = {"action": "append", "default": [], "metavar": "NAME"}
    parser.add_argument("--operator", **several, help="time no other")
    parser.add_argument("--workload", **several, help="time no other, as the table calls them")
    parser.add_argument("--function", **several, help="of the candidate: time no other")
    parser.add_argument("--convention", metavar="NAME", help="its name, or a file that defines one")
    parser.add_argument("--dtype", action="append", default=[], choices=DTYPES)
    parser.add_argument(
        "--seconds", type=_seconds, default=1.0, help="for a problem (default: %(default)g)"
    )
    parser.add_argument(
        "--naive",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="time the naive path too, once on each operator's first workload (some minutes)",
    )
    parser.add_argument(
        "--growth", action=argparse.BooleanOptionalAction, default=True, help="sweep over sizes"
    )
    parser.add_argument("--json", metavar="FILE", help="write all numbers there as well")
    parser.add_argument("--plot", metavar="DIR", help="write plots there, PNG and SVG")
    parser.add_argument(
        "--examples", type=positive, default=50, metavar="N", help="that a candidate passes first"
    )
    parser.add_argument("--jobs", type=positive, default=os.cpu_count() or 1, metavar="N")
    limits.add_options(parser)
    parser.set_defaults(run=run, require=[])


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 3600:
        raise argparse.ArgumentTypeError(f"must be a number of seconds up to 3600, got {text!r}")
    return value
