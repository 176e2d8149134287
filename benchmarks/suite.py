"""How fast the suite itself judges: `python -m benchmarks.suite [OPERATOR ...]`.

The ceiling is Hypothesis, which draws the same cases for an empty body. Above it come the arrays of
each case, the oracle, the calls of the vectorized path with nothing compared, the check of its
outputs and gradients, and every property; each round runs all of them, and shares are taken within
it. At last, how long `layerproof check` takes from the shell to the end of its smallest verdict.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from benchmarks.timing import Timings, interleaved  # noqa: E402
from candidates.reports.terminal import grid  # noqa: E402
from properties.case import Case  # noqa: E402
from properties.checks import PROPERTIES  # noqa: E402
from properties.explore import Exploration, domain_of, draw_cases, explore, shares  # noqa: E402
from properties.operator import Operator, find_operator  # noqa: E402
from properties.promise import Promise  # noqa: E402
from properties.references import reference  # noqa: E402
from properties.trial import Trial  # noqa: E402

OPERATORS = ("conv2d", "deform_conv2d")
CEILING, ARRAYS, ORACLE = "draws alone", "and its arrays", "and the oracle"
CALLS, CHECKED, ALL = "and the path's calls", "outputs and gradients", "all properties"
FORWARD_AND_GRADIENT = ("shape", "forward", "gradient")
EXAMPLES, SEED, SECONDS = 100, 1, 20.0
EXAMPLE = Path(__file__).resolve().parents[1] / "candidates" / "examples" / "right.py"


def runs(operator: Operator, examples: int = EXAMPLES) -> dict[str, Callable[[], object]]:
    """The loops over the same cases."""
    vectorized, promise = reference(operator, "vectorized"), Promise()
    split = shares(operator, domain_of(promise), examples)
    drawn = Exploration(operator, vectorized, promise, examples, SEED, {})

    def draw(body: Callable[[Case], None]) -> None:
        for regime, share in split.items():
            strategy, seed = drawn.cases(regime)
            draw_cases(strategy, share, seed, body)

    def arrays(case: Case) -> None:
        Trial(operator, vectorized, promise, case).inputs(0)

    def oracle(case: Case) -> None:
        Trial(operator, vectorized, promise, case).expected()

    def calls(case: Case) -> None:
        trial = Trial(operator, vectorized, promise, case)
        cotangents = trial.expected().cotangents
        vectorized.begin(case.seed)
        _, token = vectorized.forward(case.at(0), trial.inputs(0))
        if trial.wanted_gradients:
            vectorized.backward(token, cotangents)

    def judge(names: Sequence[str]) -> None:
        chosen = [p for p in PROPERTIES if not names or p.name in names]
        explore(operator, vectorized, promise, examples=examples, seed=SEED, properties=chosen)

    return {
        CEILING: lambda: draw(lambda case: None),
        ARRAYS: lambda: draw(arrays),
        ORACLE: lambda: draw(oracle),
        CALLS: lambda: draw(calls),
        CHECKED: lambda: judge(FORWARD_AND_GRADIENT),
        ALL: lambda: judge(()),
    }


def lines(timings: Timings, operator: str, examples: int = EXAMPLES) -> list[list[str]]:
    """A line for each loop: examples a second, and the share of the ceiling."""
    made = []
    for name in timings.seconds:
        rate = examples / timings.time(name).median
        share = timings.ratio(CEILING, name).median
        made.append([operator, name, f"{rate:,.0f}", f"{100 * share:.0f}%"])
    return made


def start() -> float:
    """Seconds of the smallest `layerproof check`, the median."""
    command = [sys.executable, "-m", "candidates", "check", str(EXAMPLE), "--operator", "relu"]

    def run() -> None:
        subprocess.run([*command, "--examples", "1"], check=True, capture_output=True)

    taken = interleaved({"check": run}, 0.0)
    return taken.time("check").median


def main(operators: Sequence[str]) -> None:
    import torch

    torch.set_num_threads(1)
    table = [["operator", "a body that", "examples a second", "of the ceiling"]]
    for name in operators or OPERATORS:
        table += lines(interleaved(runs(find_operator(name)), SECONDS), name)
    print(grid(table))
    print(f"the smallest verdict of layerproof check takes {start():.1f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
