"""The report of a benchmark as text: a table of rows, the gates, the growth of cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.gates import judged
from benchmarks.least import NAME
from candidates.reports.terminal import grid

Row = Mapping[str, Any]

HEAD = (
    *("operator", "workload", "dtype", "mode", "implementation", "time"),
    *("times torch", "faster than naive", "rate", "of the limit"),
)


def machine_line(machine: Mapping[str, Any]) -> str:
    """The limits of this machine in words."""
    products = ", ".join(f"{rate / 1e9:.1f} GFLOP/s in {d}" for d, rate in machine["flops"].items())
    return f"one thread; matrix products {products}; copies {machine['bytes'] / 1e9:.1f} GB/s"


def text(whole: Row) -> str:
    """Everything that was measured: rows, gates, growth."""
    rows = whole["rows"]
    parts = [table(rows) if rows else "", gates([r for r in rows if "function" not in r])]
    parts.append(staged(whole["staged"]) if whole["staged"] else "")
    parts.append(growth(whole["growth"]) if whole["growth"] else "")
    return "\n\n".join(["", *(part for part in parts if part)])


def table(rows: Sequence[Row]) -> str:
    """A line for every implementation of every problem."""
    return grid([HEAD, *(line for row in rows for line in entries(row))])


def entries(row: Row) -> list[list[str]]:
    """The lines of one problem, ready for the table."""
    head = [row[key] for key in ("operator", "workload", "dtype", "mode")]
    if "failed" in row:
        return [[*head, row["function"], "-", "-", "-", row["failed"], "-"]]
    made = []
    if row["naive_seconds"] is not None:
        made.append([*head, "naive", seconds(row["naive_seconds"]), "-", "-", "-", "-"])
    for name, entry in row["implementations"].items():
        made.append([*head, name, seconds(entry["seconds"]["median"]), *_compared(row, entry)])
    if "below" in row:
        carried = f"carrying its arrays takes {seconds(row['carried'])}"
        made.append([*head, row["function"], f"< {seconds(row['below'])}", *"---", carried])
    return [made[0], *([""] * len(head) + line[len(head) :] for line in made[1:])]


def _compared(row: Row, entry: Row) -> list[str]:
    ratio, faster, share = entry["times_torch"], entry["times_faster_than_naive"], entry["of_limit"]
    return [
        f"{ratio['median']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f})",
        "-" if faster is None else f"{faster:,.0f}",
        rate(row, entry["seconds"]["median"]),
        "-" if share is None else f"{100 * share:.0f}% of {row['bound']}",
    ]


def rate(row: Row, taken: float) -> str:
    """What was achieved, in the unit of the limit that is the nearer one."""
    if not taken:
        return "-"
    if row["bound"] == "GEMM":
        return f"{row['flops'] / taken / 1e9:.1f} GFLOP/s"
    return f"{row['bytes'] / taken / 1e9:.1f} GB/s"


def seconds(taken: float) -> str:
    """A time in the unit in which it has one to three digits before the point."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if taken >= size:
            return f"{taken / size:.3g} {unit}"
    return f"{taken / 1e-9:.0f} ns"


def gates(rows: Sequence[Row]) -> str:
    """Every gate that these rows say something about, and whether it is met."""
    judgements = list(judged(rows))
    if not judgements:
        return ""
    lines = [["gate", "workload", "wanted", "measured", "met", NAME]]
    for gate, row, value in judgements:
        what = f"{gate.operator} {gate.mode}, {gate.dtype}"
        answer = "yes" if gate.met(value) else "NO"
        least = row["implementations"].get(NAME)
        reach = gate.shown(least["times_torch"]["median"]) if least else "-"
        lines.append([what, row["workload"], gate.wanted, gate.shown(value), answer, reach])
    met = sum(gate.met(value) for gate, _, value in judgements)
    return f"{grid(lines)}\n{met} of {len(judgements)} gates are met"


def staged(compared: Row) -> str:
    """The formula of batch norm's backward against the stages that courses teach first."""
    faster, wanted = compared["faster"]["median"], compared["wanted"]
    answer = "met" if faster >= wanted else "NOT met"
    return (
        f"batch_norm backward by formula is {faster:.2f} times faster than in stages "
        f"({compared['workload']}); the gate of {wanted:g} is {answer}"
    )


def growth(sweeps: Sequence[Row]) -> str:
    """How cost grows: the exponent fitted to each sweep, and the one of theory."""
    lines = [["operator", "what grows", "sizes", "times", "exponent", "theory"]]
    for sweep in sweeps:
        lines.append(
            [
                sweep["operator"],
                sweep["what"],
                ", ".join(map(str, sweep["sizes"])),
                ", ".join(map(seconds, sweep["seconds"])),
                f"{sweep['exponent']:.2f}",
                f"{sweep['theory']:g}",
            ]
        )
    return grid(lines)
