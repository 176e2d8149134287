"""Which operator and property holds on which versions: what runs of pytest write, and the report.

`pytest properties --versions FILE` adds its verdicts to FILE; `python -m properties.versions DIR
REPORT` makes one Markdown report of all such files in a folder.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from properties.defects import DEFECTS, Defect

LIBRARIES = ("torch", "torchvision", "numpy", "hypothesis")
TEST = re.compile(r"::test_(\w+)\[(.+)-(naive|vectorized|torch-cpu|torch-cuda)\]$")


def installed() -> dict[str, str]:
    """The versions of Python and of the libraries that verdicts depend on."""
    return {"python": platform.python_version()} | {
        name: importlib.metadata.version(name) for name in LIBRARIES
    }


@dataclass(eq=False)
class Recorder:
    """A pytest plugin that keeps the verdict of every property, by operator and subject."""

    path: Path
    examples: int
    verdicts: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: Any) -> None:
        named = TEST.search(report.nodeid)
        if named is None or (report.when != "call" and report.outcome == "passed"):
            return
        judged, operator, subject = named.groups()
        self.verdicts.setdefault(operator, {}).setdefault(subject, {})[judged] = report.outcome

    def pytest_sessionfinish(self) -> None:
        """Add the verdicts to those of other subjects; what other versions left goes."""
        record: dict[str, Any] = {"versions": installed(), "examples": self.examples}
        found = {operator: _counted(subjects) for operator, subjects in self.verdicts.items()}
        if self.path.exists():
            before = json.loads(self.path.read_text())
            if {name: before[name] for name in record} == record:
                for operator, subjects in before["verdicts"].items():
                    found[operator] = subjects | found.get(operator, {})
        record["verdicts"] = {operator: found[operator] for operator in sorted(found)}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(record, indent=1) + "\n")


def _counted(subjects: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Of each subject how many properties hold, and the names of those that do not."""
    return {
        subject: {
            "passed": sum(verdict == "passed" for verdict in verdicts.values()),
            "failed": sorted(name for name in verdicts if verdicts[name] == "failed"),
        }
        for subject, verdicts in sorted(subjects.items())
    }


def report(records: Sequence[dict[str, Any]]) -> str:
    """Markdown: the versions side by side, every operator's verdicts, and the known defects."""
    records = sorted(records, key=lambda record: [_key(v) for v in _versions(record)])
    heads = [f"torch {r['versions']['torch']}, Python {_minor(r)}" for r in records]
    lines = [
        "# Versions",
        "",
        "Written by `python -m properties.versions docs/versions docs/versions.md` from what",
        "`tox -e smoke-...` leaves in `docs/versions`. A number is how many properties hold;",
        "they are named where one does not.",
        "",
        *_table(["", *heads], [_about(name, records) for name in (*LIBRARIES, "examples")]),
        "",
    ]
    for subject, title in SUBJECTS.items():
        rows = [
            [operator, *(_cell(r["verdicts"].get(operator, {}).get(subject)) for r in records)]
            for operator in sorted({name for r in records for name in r["verdicts"]})
        ]
        rows = [row for row in rows if any(row[1:])]
        if rows:
            lines += [f"## {title}", "", *_table(["operator", *heads], rows), ""]
    return "\n".join([*lines, "## Known defects", "", *_defects()]) + "\n"


SUBJECTS = {
    "naive": "The naive references against PyTorch and torchvision",
    "vectorized": "The vectorized references against PyTorch and torchvision",
    "torch-cpu": "PyTorch in both precisions on the CPU, against its float64",
    "torch-cuda": "PyTorch in both precisions on CUDA, against float64 on the CPU",
}


def _versions(record: dict[str, Any]) -> list[str]:
    return [record["versions"][name] for name in ("torch", "python")]


def _key(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _minor(record: dict[str, Any]) -> str:
    return ".".join(record["versions"]["python"].split(".")[:2])


def _about(name: str, records: Sequence[dict[str, Any]]) -> list[str]:
    return [name, *(str({**r["versions"], "examples": r["examples"]}[name]) for r in records)]


def _cell(counted: dict[str, Any] | None) -> str:
    if counted is None or not (counted["passed"] or counted["failed"]):
        return ""
    return f"**{', '.join(counted['failed'])}**" if counted["failed"] else str(counted["passed"])


def _defects() -> list[str]:
    """Each with where it is: a failure that it explains is not counted above."""
    if not DEFECTS:
        return ["None is known."]
    return [
        f"- `{d.operators[0]}`, {' and '.join(d.properties)} ({_where(d)}): {d.reason}."
        for d in DEFECTS
    ]


def _where(defect: Defect) -> str:
    since = f"from {defect.since}" if defect.since else "every version"
    until = f" before {defect.until}" if defect.until else ""
    return f"{defect.library}: {since}{until}, on {' and '.join(defect.places)}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m properties.versions", description=__doc__)
    parser.add_argument("records", type=Path, metavar="DIR")
    parser.add_argument("report", type=Path, metavar="REPORT")
    options = parser.parse_args(arguments)
    files = sorted(options.records.glob("*.json"))
    if not files:
        parser.error(f"{options.records} must hold the .json files that pytest --versions writes")
    options.report.write_text(report([json.loads(file.read_text()) for file in files]))
    print(f"wrote {options.report}: {len(files)} versions")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
