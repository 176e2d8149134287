"""`make hunt`: look for disagreement between PyTorch, torchvision, ONNX and both references.

Each round takes a new seed and every operator: the naive reference (whose gradients the complex
step judges as well), the vectorized one, and PyTorch itself in both precisions on every device
there is, all in every memory layout, against PyTorch in float64; and, where they are installed,
ONNX's reference evaluator and onnxruntime. What disagrees is shrunk and added to a file at once, a
line of JSON each, with its case and the versions.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from properties.defects import excuse  # noqa: E402
from properties.explore import Exploration, explore, shrink  # noqa: E402
from properties.implementation import Implementation  # noqa: E402
from properties.onnx_nodes import onnx_implementations  # noqa: E402
from properties.operator import Operator, find_operator, operator_names  # noqa: E402
from properties.promise import Promise  # noqa: E402
from properties.references import enough_examples, reference  # noqa: E402
from properties.torch_functions import DEVICES, device_problem, on_device  # noqa: E402
from properties.versions import installed  # noqa: E402

FOUND, STOPPED = 1, 130


@dataclass
class Hunt:
    """What was done so far, and where disagreements are written."""

    file: Path
    examples: int = 0
    found: list[dict[str, Any]] = field(default_factory=list)

    def run(
        self, operator: Operator, on: Implementation, promise: Promise, examples: int, seed: int
    ) -> None:
        """Explore one implementation; write what disagrees and is no known defect."""
        examples = enough_examples(operator, examples)
        exploration = explore(operator, on, promise, examples=examples, seed=seed)
        self.examples += max(f.examples for f in exploration.findings.values())
        for disagreement in _disagreements(exploration):
            self.found.append(disagreement)
            with self.file.open("a") as lines:
                lines.write(json.dumps(disagreement) + "\n")


def _disagreements(exploration: Exploration) -> Iterator[dict[str, Any]]:
    """Each property that fails, by its smallest case or the first that no known defect explains."""
    operator, on = exploration.operator.name, exploration.implementation.name
    excused = excuse(on.removeprefix("torch-"))
    for finding in exploration.failing:
        judged = finding.property.name
        shrink(exploration, finding)
        failing = [(trial.case, failure) for trial, failure in finding.failing]
        smallest = [finding.smallest] if finding.smallest else []
        for case, failure in (*smallest, *failing):
            if not excused(operator, judged, str(failure)):
                yield {
                    "operator": operator,
                    "implementation": on,
                    "property": judged,
                    "failure": str(failure),
                    "case": case.to_json(),
                    "seed": exploration.seed,
                    "versions": installed(),
                }
                break


Judged = tuple[Implementation, Promise]


def implementations(operator: Operator) -> Iterator[Judged]:
    """Both references, PyTorch on each device unless its oracle only checks evidence, and ONNX."""
    for path in ("naive", "vectorized"):
        yield reference(operator, path), Promise()
    for device in () if operator.evidence else DEVICES:
        if device_problem(device) is None:
            yield on_device(operator, device), Promise()
    yield from onnx_implementations(operator)


def hunt(
    operators: Sequence[Operator],
    file: Path,
    *,
    examples: int,
    seconds: float,
    seed: int,
    of: Callable[[Operator], Iterator[Judged]] = implementations,
    told: Callable[[str], None] = lambda line: None,
) -> Hunt:
    """Rounds over all operators, a seed each, until the time is over; what was found.

    told: is handed a line after each round.
    """
    done, until = Hunt(file), time.monotonic() + seconds
    for round_seed in itertools.count(seed):
        for operator in operators:
            for on, promise in of(operator):
                if time.monotonic() > until:
                    return done
                done.run(operator, on, promise, examples, round_seed)
        told(f"seed {round_seed}: {done.examples} examples, {len(done.found)} disagreements")
    return done


def main(arguments: Sequence[str] | None = None) -> int:
    """Print each round and the sum; the exit status is 1 where something disagrees."""
    parser = argparse.ArgumentParser(prog="python -m properties.hunt", description=__doc__)
    parser.add_argument("operators", nargs="*", metavar="OPERATOR")
    parser.add_argument("--minutes", type=float, default=120.0, metavar="M")
    parser.add_argument("--examples", type=int, default=100, metavar="N", help="a round")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first round")
    parser.add_argument("--file", type=Path, default=Path("hunt.jsonl"))
    options = parser.parse_args(arguments)
    try:
        operators = [find_operator(name) for name in options.operators or operator_names()]
    except ValueError as error:
        parser.error(str(error))
    if options.minutes <= 0 or options.examples <= 0:
        parser.error("--minutes and --examples must be positive")
    return _hunted(options, operators)


def _hunted(options: argparse.Namespace, operators: Sequence[Operator]) -> int:
    import torch

    torch.set_num_threads(1)
    options.file.touch()
    before = len(options.file.read_text().splitlines())
    try:
        hunt(
            operators,
            options.file,
            examples=options.examples,
            seconds=60 * options.minutes,
            seed=options.seed,
            of=implementations,
            told=lambda line: print(line, flush=True),
        )
    except KeyboardInterrupt:
        print(f"stopped; what was found is in {options.file}", file=sys.stderr)
        return STOPPED
    lines = options.file.read_text().splitlines()[before:]
    for line in lines:
        found = json.loads(line)
        print(f"{found['operator']}, {found['implementation']}, {found['property']}:")
        print(f"  {found['failure'].splitlines()[0]}\n  {found['case']}")
    print(f"{len(lines)} disagreements, in {options.file}")
    return FOUND if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
