"""Curves of a training run, PNG and SVG: loss, accuracy, and how far both runs are apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from benchmarks.plots import FASTER, SLOWER, STYLE, TORCH
from properties.trajectory import Step


def draw(model: str, steps: Sequence[Step], folder: Path) -> list[Path]:
    """Write the curves of a run. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with plt.rc_context(STYLE):
        figure = _curves(model, steps)
        for suffix in (".png", ".svg"):
            path = folder / f"{model}{suffix}"
            metadata = {"Date": None} if suffix == ".svg" else None
            figure.savefig(path, dpi=160, bbox_inches="tight", metadata=metadata)
            written.append(path)
        plt.close(figure)
    return written


def _curves(model: str, steps: Sequence[Step]) -> Figure:
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
    numbers = [step.number for step in steps]
    left.plot(numbers, [step.torch_loss for step in steps], color=TORCH, linewidth=3, alpha=0.4)
    left.plot(numbers, [step.loss for step in steps], color=FASTER, linewidth=1)
    left.legend(["PyTorch", "the reference"], fontsize=8)
    left.set_title(f"{model}: loss of each batch", loc="left", weight="bold")
    accuracy = np.array([100 * step.accuracy for step in steps])
    middle.plot(numbers, accuracy, ".", color="0.75", markersize=4)
    middle.plot(numbers, _smoothed(accuracy), color=FASTER)
    middle.set_ylim(0, 102)
    middle.set_title("Accuracy of each batch (%)", loc="left", weight="bold")
    right.semilogy(numbers, [max(step.error, 1e-4) for step in steps], color=FASTER)
    right.axhline(1, color=SLOWER, linewidth=1)
    right.annotate(
        "what rounding explains", (numbers[0], 1), (0, 3), textcoords="offset points", fontsize=7
    )
    right.set_title("Apart from PyTorch, in bounds", loc="left", weight="bold")
    for axes in (left, middle, right):
        axes.set_xlabel("step")
    return figure


def _smoothed(values: np.ndarray) -> np.ndarray:
    """The mean of the last ten, or of as many as there are."""
    sums = np.cumsum(values)
    sums[10:] -= sums[:-10].copy()
    return sums / np.minimum(np.arange(1, len(values) + 1), 10)
