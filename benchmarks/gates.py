"""How fast the vectorized path has to be: floors, told in the report and never asserted in a test.

A gate holds for the named workloads of an operator, at the median of interleaved ratios on one
thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FORWARD, BOTH = "forward", "forward+backward"
DENSE = ("course", "3x3 of 64 channels at 32", "3x3 of 64 channels at 56", "7x7 stem at 224")
DEFORMABLE = ("modulated", "16 channels at 28", "64 channels at 56")
MAPS = ("CIFAR-10 convnet", "ResNet stage 2", "ResNet stem")


@dataclass(frozen=True)
class Gate:
    """At most so many times PyTorch's time, or at least so many times faster than naive."""

    operator: str
    mode: str
    limit: float
    workloads: Sequence[str] = ()  # all where none is named
    dtype: str = "float32"
    against: str = "torch"

    def concerns(self, row: Mapping[str, Any]) -> bool:
        named = not self.workloads or row["workload"] in self.workloads
        same = [row[key] for key in ("operator", "mode", "dtype")]
        return named and same == [self.operator, self.mode, self.dtype]

    def value(self, row: Mapping[str, Any]) -> float | None:
        """What is compared with the limit, None where it was not measured."""
        entry = row["implementations"].get("vectorized")
        if entry is None:
            return None
        if self.against == "naive":
            return entry["times_faster_than_naive"]
        return entry["times_torch"]["median"]

    def met(self, value: float) -> bool:
        return value >= self.limit if self.against == "naive" else value <= self.limit

    def shown(self, value: float) -> str:
        return f"{value:,.0f}" if self.against == "naive" else f"{value:.2f}"

    @property
    def wanted(self) -> str:
        if self.against == "naive":
            return f"at least {self.limit:g} times faster than naive"
        return f"at most {self.limit:g} times torch"


def _pair(
    operator: str,
    forward: float | None,
    both: float | None,
    *workloads: str,
    dtype: str = "float32",
    against: str = "torch",
) -> Iterator[Gate]:
    for mode, limit in ((FORWARD, forward), (BOTH, both)):
        if limit is not None:
            yield Gate(operator, mode, limit, workloads, dtype, against)


GATES: tuple[Gate, ...] = (
    *_pair("conv2d", 1.8, 1.6, *DENSE),
    *_pair("conv2d", 1.2, 1.2, "course", dtype="float64"),
    *_pair("conv2d", 1.0, 1.2, *DENSE[1:], dtype="float64"),
    *_pair("conv2d", 2.6, 3.5, "depthwise 3x3"),
    *_pair("conv2d", 0.1, 0.7, "31x31 depthwise"),
    *_pair("deform_conv2d", 0.45, 0.35, *DEFORMABLE),
    *_pair("max_pool2d", 0.5, 1.5),
    *_pair("batch_norm", 1.0, 1.8, *MAPS),
    *_pair("layer_norm", 4.2, 4.5),
    *_pair("group_norm", 4.2, 4.5, "ResNet block"),
    *_pair("cross_entropy", None, 0.7),
    *_pair("rnn", 1.0, 1.1),
    *_pair("lstm", 1.8, 1.5),
    *_pair("conv2d", 900, 400, "course", against="naive"),
    *_pair("max_pool2d", 600, 300, "course", against="naive"),
    *_pair("deform_conv2d", 300, 200, "modulated", against="naive"),
)


def judged(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Gate, Mapping[str, Any], float]]:
    """Every gate with each row that it concerns, and the value it is about."""
    rows = list(rows)
    for gate in GATES:
        for row in rows:
            if gate.concerns(row) and (value := gate.value(row)) is not None:
                yield gate, row, value
