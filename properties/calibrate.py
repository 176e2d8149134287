"""`python -m properties.calibrate docs/precision.json`: how far right code is from the bound.

The factor C of the bound has to leave room for right code and none for wrong. Right code (the
references and PyTorch) is measured in every precision over cases of every operator: the largest
error in units of the bound without C. Then mistakes of precision are planted: at which example each
of them dies. What is measured is written as JSON, and as a document beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from properties.case import Case  # noqa: E402
from properties.domain import Domain  # noqa: E402
from properties.explore import draw_cases  # noqa: E402
from properties.kill import kill  # noqa: E402
from properties.low_precision import (  # noqa: E402
    DECIDING,
    IN_FLOAT32,
    REGIMES,
    SUBJECTS,
    NotImplementedHere,
    largest_ratio,
)
from properties.mistakes import Mistake  # noqa: E402
from properties.operator import Operator, find_operator, operator_names  # noqa: E402
from properties.references import has_references  # noqa: E402
from properties.tolerance import C  # noqa: E402
from properties.values import WILD  # noqa: E402
from properties.versions import installed  # noqa: E402

DRAWS, EXAMPLES, SEED = 30, 200, 0
KINDS: Mapping[str, str] = {
    "float16 on the way": r"float16|half precision",
    "one-pass variance": r"one-pass",
    "overflow": r"overflow",
    "eps missing or in another place": r"^eps (missing|outside|inside)",
}


def measured(operator: Operator, draws: int) -> dict[str, Any]:
    """By precision and subject the largest ratio and the number of cases; what is not implemented.

    draws: cases of each regime.
    """
    ratios: dict[str, list[float]] = defaultdict(list)
    absent: dict[str, str] = {}

    def body(case: Case) -> None:
        tame = case.regime in REGIMES and operator.name not in IN_FLOAT32
        dtypes = SUBJECTS if tame else ("float32",)
        for dtype in dtypes:
            for subject in SUBJECTS[dtype]:
                try:
                    ratio = largest_ratio(operator, case, dtype, subject)
                except NotImplementedHere as why:
                    absent[f"{dtype} {subject}"] = str(why)
                    continue
                if ratio is not None:
                    ratios[f"{dtype} {subject}"].append(ratio)

    for regime in [r for r in operator.regimes if r in REGIMES or r in WILD]:
        draw_cases(operator.cases(Domain({"regime": (regime,)})), draws, SEED, body)
    largest = {key: [round(max(found), 3), len(found)] for key, found in ratios.items()}
    if operator.name in IN_FLOAT32:
        absent |= {c: IN_FLOAT32[operator.name] for c in _columns() if not c.startswith("float32")}
    return {"largest": largest} | ({"absent": absent} if absent else {})


def measurable(operator: Operator) -> bool:
    return has_references(operator) and not operator.evidence and operator.name not in DECIDING


def kind_of(mistake: Mistake) -> str | None:
    """Which kind of mistake of precision it is, if any."""
    return next((kind for kind, named in KINDS.items() if re.search(named, mistake.name)), None)


def killed(operator: Operator, mistake: Mistake) -> list[Any]:
    """At which example it dies and by which property; [None, ""] where it lives."""
    caught = kill(operator, mistake, examples=EXAMPLES, seed=SEED, until_first=True).caught_by
    by = min(caught, key=lambda name: caught[name], default="")
    return [caught.get(by), by]


def measure(operators: Sequence[Operator], draws: int) -> Iterator[dict[str, Any]]:
    """What is measured so far, as data, after each operator."""
    right: dict[str, Any] = {}
    power: dict[str, Any] = {}
    for operator in filter(measurable, operators):
        found = measured(operator, draws)
        if found["largest"]:
            right[operator.name] = found
        for mistake in operator.mistakes:
            if kind_of(mistake):
                power[f"{operator.name}: {mistake.name}"] = killed(operator, mistake)
        yield {"C": C, "draws": draws, "versions": installed(), "right": right, "power": power}


def document(whole: Mapping[str, Any]) -> str:
    """Markdown: the largest ratios by precision and operator, and the power of the bound."""
    versions = ", ".join(f"{name} {version}" for name, version in whole["versions"].items())
    lines = [
        "# Precision",
        "",
        "Written by `python -m properties.calibrate docs/precision.json`. An error may be",
        f"C = {whole['C']:g} times what rounding and the condition of the problem explain. This is",
        "the largest error of right code in that unit: of the references and of PyTorch on the",
        "CPU, of inputs that the precision has; of large values and offsets in float32 alone.",
        "",
        f"Measured with {versions}.",
        "",
        *_summary(whole),
        "",
        "## Operators",
        "",
        *_right(whole["right"]),
        "",
        *_absent(whole["right"]),
        "",
        "## Mistakes of precision",
        "",
        f"Each is looked for with at most {EXAMPLES} examples by all properties; examples of large",
        "values and offsets come last, so that what needs them dies late.",
        "",
        *_kinds(whole["power"]),
        "",
        *_power(whole["power"]),
    ]
    return "\n".join(lines) + "\n"


def _columns() -> list[str]:
    return [f"{dtype} {subject}" for dtype, subjects in SUBJECTS.items() for subject in subjects]


def _summary(whole: Mapping[str, Any]) -> list[str]:
    lines = _head("precision and code", "operators", "cases", "largest", "of")
    for column in _columns():
        found = {
            n: r["largest"][column] for n, r in whole["right"].items() if column in r["largest"]
        }
        if found:
            worst = max(found, key=lambda name: found[name][0])
            cases = sum(count for _, count in found.values())
            lines.append(_row(column, len(found), f"{cases:,}", f"{found[worst][0]:.2f}", worst))
    return lines


def _right(right: Mapping[str, Any]) -> list[str]:
    lines = _head("operator", *_columns())
    for name, found in right.items():
        cells = []
        for column in _columns():
            ratio = found["largest"].get(column)
            absent = column in found.get("absent", {})
            cells.append(f"{ratio[0]:.2f}" if ratio else "absent" if absent else "-")
        lines.append(_row(name, *cells))
    return lines


def _absent(right: Mapping[str, Any]) -> list[str]:
    """Why something is absent: PyTorch's words, or ours."""
    return [
        f"- {name}, {column}: {why}"
        for name, found in right.items()
        for column, why in found.get("absent", {}).items()
    ]


def _kinds(power: Mapping[str, Any]) -> list[str]:
    by_kind = defaultdict(list)
    for named, (at, _) in power.items():
        mistake = named.partition(": ")[2]
        by_kind[next(k for k, r in KINDS.items() if re.search(r, mistake))].append(at)
    lines = _head("kind", "mistakes", "die", "at the latest at example")
    for kind, found in by_kind.items():
        dead = [at for at in found if at is not None]
        lines.append(_row(kind, len(found), len(dead), max(dead, default="-")))
    return lines


def _power(power: Mapping[str, Any]) -> list[str]:
    lines = _head("mistake", "dies at example", "by")
    return lines + [_row(n, "lives" if at is None else at, by) for n, (at, by) in power.items()]


def _head(*names: str) -> list[str]:
    return [_row(*names), _row(*["---"] * len(names))]


def _row(*cells: Any) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write both files. The exit status is 1 where right code leaves the bound."""
    parser = argparse.ArgumentParser(prog="python -m properties.calibrate", description=__doc__)
    parser.add_argument("file", type=Path, help="for the data; the document gets the suffix .md")
    parser.add_argument("operators", nargs="*", metavar="OPERATOR")
    parser.add_argument("--draws", type=int, default=DRAWS, metavar="N", help="of each regime")
    options = parser.parse_args(arguments)
    try:
        operators = [find_operator(name) for name in options.operators or operator_names()]
    except ValueError as error:
        parser.error(str(error))
    if options.draws <= 0:
        parser.error("--draws must be positive")
    import torch

    torch.set_num_threads(1)

    whole: dict[str, Any] = {"right": {}}
    for whole in measure(operators, options.draws):
        options.file.write_text(json.dumps(whole, indent=1) + "\n")
        options.file.with_suffix(".md").write_text(document(whole))
        if sys.stderr.isatty():
            print(f"{len(whole['right'])} operators measured", file=sys.stderr, flush=True)
    found = [r for o in whole["right"].values() for r, _ in o["largest"].values()]
    print(f"{len(found)} measured, the largest {max(found, default=0):.2f} of {C:g}")
    return int(any(ratio > C for ratio in found))


if __name__ == "__main__":
    sys.exit(main())
