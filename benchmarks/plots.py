"""Plots of a benchmark, PNG and SVG: speed-up bars, the growth of cost, a roofline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Row = Mapping[str, Any]

STYLE = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "0.9",
    "font.size": 9,
    "legend.frameon": False,
    "svg.hashsalt": "layerproof",  # the same plot is the same file
}
SLOWER, FASTER, TORCH = "#d1495b", "#2e86ab", "0.35"
MARKS = "osD^vP*X<>"


def draw(report: Row, folder: Path) -> list[Path]:
    """Write every plot that the report has numbers for. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [row for row in report["rows"] if not {"failed", "below"} & set(row)]
    written = []
    with plt.rc_context(STYLE):
        figures = {"speed-up": speed_up(rows), "roofline": roofline(rows, report["machine"])}
        if report["growth"]:
            figures["growth"] = growth(report["growth"])
        for name, figure in figures.items():
            for suffix in (".png", ".svg"):
                path = folder / f"{name}{suffix}"
                metadata = {"Date": None} if suffix == ".svg" else None
                figure.savefig(path, dpi=160, bbox_inches="tight", metadata=metadata)
                written.append(path)
            plt.close(figure)
    return written


def _ours(row: Row) -> Row:
    """What a row is about: a candidate's function, or the vectorized path."""
    return row["implementations"][row.get("function", "vectorized")]


def speed_up(rows: Sequence[Row]) -> Figure:
    """How many times faster than PyTorch, a bar for each problem; whiskers are quartiles."""
    figure, axes = plt.subplots(figsize=(8, 1.2 + 0.2 * len(rows)))
    for place, row in enumerate(rows):
        entry = _ours(row)
        ratio = entry["times_torch"]
        low, middle, high = (1 / max(ratio[key], 1e-9) for key in ("high", "median", "low"))
        color = FASTER if middle >= 1 else SLOWER
        axes.barh(place, middle - 1, left=1, color=color, height=0.7)
        axes.plot([low, high], [place, place], color="black", linewidth=0.8)
        axes.annotate(
            f"{middle:.2g}",
            (max(middle, high, 1), place),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
        )
    axes.set_yticks(range(len(rows)), [_label(row) for row in rows], fontsize=7)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.axvline(1, color=TORCH, linewidth=1)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("times faster than PyTorch on one thread (left of 1: slower)")
    axes.set_title("Speed-up over PyTorch", loc="left", weight="bold")
    return figure


def _label(row: Row) -> str:
    mode = "" if row["mode"] == "forward" else " + backward"
    dtype = "" if row["dtype"] == "float32" else f", {row['dtype']}"
    name = f" ({row['function']})" if "function" in row else ""
    return f"{row['operator']}{name}: {row['workload']}{dtype}{mode}"


def roofline(rows: Sequence[Row], machine: Row) -> Figure:
    """Operations a second against operations a byte, under the two limits of the machine."""
    figure, axes = plt.subplots(figsize=(8, 5))
    counted = [row for row in rows if row["flops"]]
    for dtype, color in (("float32", "black"), ("float64", "0.55")):
        if dtype in machine["flops"]:
            _roof(axes, machine["flops"][dtype], machine["bytes"], dtype, color)
    operators = list(dict.fromkeys(row["operator"] for row in counted))
    for row in counted:
        place = operators.index(row["operator"])
        color, mark = f"C{place % 10}", MARKS[place // 10 % len(MARKS)]
        intensity = row["flops"] / row["bytes"]
        for entry, filled in ((_ours(row), True), (row["implementations"]["torch"], False)):
            if entry["seconds"]["median"]:
                achieved = row["flops"] / entry["seconds"]["median"] / 1e9
                face = color if filled else "none"
                axes.scatter(
                    intensity, achieved, 28, face, marker=mark, edgecolors=color, linewidths=1
                )
    for place, operator in enumerate(operators):
        mark = MARKS[place // 10 % len(MARKS)]
        axes.scatter([], [], 28, f"C{place % 10}", marker=mark, label=operator)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("operations in matrix products for each byte moved")
    axes.set_ylabel("GFLOP/s")
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    axes.set_title("Roofline: ours filled, PyTorch hollow", loc="left", weight="bold")
    return figure


def _roof(axes: Axes, flops: float, bytes: float, dtype: str, color: str) -> None:
    ridge, ends = flops / bytes, (0.1, 3000)
    axes.plot(
        [ends[0], ridge, ends[1]],
        [ends[0] * bytes / 1e9, flops / 1e9, flops / 1e9],
        color=color,
        linewidth=1.2,
    )
    axes.annotate(
        f"matrix products in {dtype}",
        (ends[1], flops / 1e9),
        (0, 3),
        textcoords="offset points",
        ha="right",
        fontsize=7,
        color=color,
    )


def growth(sweeps: Sequence[Row]) -> Figure:
    """Time against size on logarithmic axes, each with the line of the theory's exponent."""
    columns = min(4, len(sweeps))
    lines = -(-len(sweeps) // columns)
    figure, grid = plt.subplots(
        lines, columns, figsize=(2.6 * columns, 2.5 * lines), squeeze=False, layout="constrained"
    )
    for axes in grid.flat[len(sweeps) :]:
        axes.set_visible(False)
    for axes, sweep in zip(grid.flat, sweeps, strict=False):
        sizes, times = sweep["sizes"], [1e3 * s for s in sweep["seconds"]]
        last, exponent = times[-1], sweep["theory"]
        theory = [last * (size / sizes[-1]) ** exponent for size in sizes]
        axes.plot(sizes, theory, "--", color=TORCH, linewidth=1, label=f"theory: {exponent:g}")
        axes.plot(sizes, times, "o-", color=FASTER, label=f"measured: {sweep['exponent']:.2f}")
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        axes.set_xlabel(sweep["what"])
        axes.set_ylabel("ms")
        axes.set_title(sweep["operator"], loc="left", weight="bold")
        axes.legend(fontsize=7)
    return figure
