"""What there is: the table of operators, and what their strategies draw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from candidates.conventions import import_all
from candidates.reports.terminal import grid
from properties.case import Case
from properties.checks import PROPERTIES
from properties.domain import Domain
from properties.explore import draw_cases
from properties.operator import find_operator, operator_names

MOST = 12  # values of an attribute that are shown


def operators(names: Sequence[str]) -> str:
    """A row an operator: its oracle, and how many of everything it has."""
    lines = [["operator", "oracle", "gradients", "properties", "laws", "mistakes", "conventions"]]
    spelled = {
        convention.name: {s.operator for s in convention.spellings(operator_names())}
        for convention in import_all()
    }
    for name in names:
        operator = find_operator(name)
        lines.append(
            [
                name,
                operator.source,
                ", ".join(operator.differentiable) or "-",
                str(sum(judged.applies(operator) for judged in PROPERTIES)),
                str(len(operator.laws)),
                str(len(operator.mistakes)),
                ", ".join(c for c, known in spelled.items() if name in known),
            ]
        )
    return grid(lines)


def coverage(name: str, examples: int, seed: int) -> str:
    """How often each value of each attribute, each regime and each corner is drawn."""
    operator = find_operator(name)
    cases: list[Case] = []
    draw_cases(operator.cases(Domain()), examples, seed, cases.append)
    lines = [[f"{name}: {len(cases)} cases", "drawn"], ["regime", _counts(c.regime for c in cases)]]
    attributes = dict.fromkeys(key for case in cases for key in case.at(0))
    for key in attributes:
        drawn = (repr(case.at(0)[key]) for case in cases if key in case.at(0))
        lines.append([key, _counts(drawn)])
    if any(len(case.steps) > 1 for case in cases):
        lines.append(["steps", _counts(str(len(case.steps)) for case in cases)])
    for corner, holds in operator.corners.items():
        lines.append([f"corner: {corner}", f"{sum(map(holds, cases))} times"])
    return grid(lines)


def _counts(values: Iterable[str]) -> str:
    counted = Counter(values)
    shown = ", ".join(f"{value} {n}x" for value, n in counted.most_common(MOST))
    more = len(counted) - MOST
    return shown + (f" and {more} more" if more > 0 else "")
