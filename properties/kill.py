"""Which checks catch a mistake, and after how many examples: `python -m properties.kill`."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from properties.explore import explore  # noqa: E402
from properties.mistakes import Mistake  # noqa: E402
from properties.operator import Operator, find_operator, operator_names  # noqa: E402
from properties.promise import Promise  # noqa: E402


@dataclass(frozen=True)
class Kill:
    """For each property that a mistake fails: the number of examples until it was caught."""

    mistake: Mistake
    caught_by: dict[str, int]

    @property
    def dead(self) -> bool:
        return bool(self.caught_by)


def kill(
    operator: Operator, mistake: Mistake, *, examples: int, seed: int, until_first: bool = False
) -> Kill:
    """Run every property on a mistake. The shrinking is left out: only the death counts."""
    exploration = explore(
        operator,
        mistake.implementation(operator),
        Promise(),
        examples=examples,
        seed=seed,
        until_first=until_first,
    )
    return Kill(mistake, {f.property.name: f.first_at for f in exploration.failing})


def main() -> int:
    """Print the kill matrix; the exit status is 1 if a mistake lives in any seed."""
    parser = argparse.ArgumentParser(description="Print which properties catch which mistake.")
    parser.add_argument("operators", nargs="*", default=operator_names(), metavar="OPERATOR")
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--until-first", action="store_true", help="stop at the first catch")
    options = parser.parse_args()
    alive = 0
    for name in options.operators:
        operator = find_operator(name)
        for mistake in operator.mistakes:
            kills = [
                kill(
                    operator,
                    mistake,
                    examples=options.examples,
                    seed=seed,
                    until_first=options.until_first,
                )
                for seed in range(options.seeds)
            ]
            alive += not all(k.dead for k in kills)
            print(_line(name, kills), flush=True)
    print(f"{alive} mistakes live" if alive else "every mistake dies in every seed")
    return 1 if alive else 0


def _line(name: str, kills: list[Kill]) -> str:
    dead = sum(k.dead for k in kills)
    slowest = max((min(k.caught_by.values()) for k in kills if k.dead), default=0)
    checks = ", ".join(dict.fromkeys(name for k in kills for name in k.caught_by))
    verdict = f"dies in {dead} of {len(kills)} seeds, at latest at example {slowest}"
    return f"{name}: {kills[0].mistake.name}: {verdict}, by {checks or 'nothing'}"


if __name__ == "__main__":
    sys.exit(main())
