"""The options of `layerproof grade`, and what they ask for."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from candidates import limits
from candidates.errors import UsageError

REPORTS = ("csv", "json", "junit")
HINTS = ("none", "gentle", "full")


def add_parser(commands: Any, positive: Callable[[str], int], run: Callable[..., int]) -> None:
    """Add the command to a parser's commands; `positive` reads a number of at least 1."""
    parser = commands.add_parser("grade", help="judge every submission in a folder")
    parser.add_argument("folder", metavar="FOLDER", help="of .py, .ipynb and .zip files, folders")
    parser.add_argument("--report", choices=REPORTS, help="printed instead of the table")
    parser.add_argument("--report-file", metavar="FILE", help="write the report there")
    parser.add_argument("--weights", metavar="FILE", help="JSON or TOML: what counts how much")
    parser.add_argument("--require", action="append", default=[], metavar="OPERATOR")
    parser.add_argument(
        "--operator", action="append", default=[], metavar="NAME", help="judge no other"
    )
    parser.add_argument(
        "--beside", action="append", default=[], metavar="PATH", help="what submissions import"
    )
    parser.add_argument("--convention", metavar="NAME", help="its name, or a file that defines one")
    parser.add_argument("--examples", type=positive, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the cases drawn")
    parser.add_argument(
        "--hints", choices=HINTS, default="none", help="what failures say (default: %(default)s)"
    )
    parser.add_argument(
        "--jobs", type=positive, default=os.cpu_count() or 1, metavar="N", help="at a time"
    )
    parser.add_argument(
        "--out", metavar="DIR", help="result files (default: beside FOLDER, FOLDER-results)"
    )
    parser.add_argument("--again", action="store_true", help="judge what is judged already, too")
    limits.add_options(parser, containment="sandbox")
    parser.set_defaults(run=run)


def run_grade(options: argparse.Namespace, operators: Sequence[str]) -> int:
    """Check the options, then grade; `operators` are those there are. The exit status."""
    from candidates.cli import check_operators, checked_convention
    from candidates.grading.scoring import Scale, read_weights

    check_operators([*options.operator, *options.require], operators)
    convention = checked_convention(options.convention)
    if options.report_file and not options.report:
        raise UsageError(f"--report-file needs --report, one of {', '.join(REPORTS)}")
    weights = read_weights(Path(options.weights), operators) if options.weights else {}
    from candidates.grading.assignment import Assignment
    from candidates.grading.running import grade
    from candidates.grading.submissions import helper_at

    assignment = Assignment(
        operators=tuple(options.operator or operators),
        convention=convention,
        examples=options.examples,
        seed=options.seed,
        hints=options.hints,
        limits=limits.from_options(options, beside=True),  # of its copy, which lies alone
        helpers=tuple(helper_at(Path(path)) for path in options.beside),
    )
    return grade(options, assignment, Scale(weights, tuple(options.require)))
