"""`layerproof bench`: time the references or a candidate; report as text, JSON and plots."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks import candidates, report
from benchmarks.growth import SWEEPS, grown
from benchmarks.machine import Machine, measured
from benchmarks.measure import Row, measure, runners
from benchmarks.problems import modes, problems
from benchmarks.staged import compared
from candidates.checking import environment
from candidates.client import Found, Worker
from candidates.errors import UsageError
from candidates.grading.progress import progress
from candidates.judging import Request
from candidates.reports.writing import write_whole
from properties.operator import Operator, find_operator


def bench_references(options: argparse.Namespace, operators: Sequence[str]) -> int:
    """Time the references of all operators, or of those asked for. The exit status."""
    chosen = [find_operator(name) for name in options.operator or operators]
    known = [workload.name for operator in chosen for workload in operator.workloads]
    for name in options.workload:
        if name not in known:
            raise UsageError(f"--workload must be one of {', '.join(known)}, got {name!r}")
    return _run(options, lambda machine: _of_references(options, chosen, machine))


def bench_candidate(
    options: argparse.Namespace,
    path: Path,
    operators: Sequence[str],
    found: Sequence[Found],
    worker: Worker,
) -> int:
    """Time the functions of a candidate that pass. The exit status is 1 where one has no time."""
    options.growth = False
    request = Request(
        str(path), options.path, worker.convention or "", options.examples, seed=0, hints="none"
    )
    print(f"checking with {request.examples} examples what is to be timed", flush=True)
    good, refused = candidates.verified(request, operators, found, options.jobs, worker.limits)
    for name, reason in refused.items():
        print(f"  not timed: {name}: {reason}")
    if not good:
        return 1

    def rows(machine: Machine) -> Iterator[Row]:
        with progress(len(good), "timed") as advance:
            for function in good:
                for dtype in _dtypes(options):
                    yield from candidates.measured(
                        function, worker, operators, machine, options, dtype
                    )
                advance()

    return max(_run(options, rows), 1 if refused else 0)


def _run(options: argparse.Namespace, rows: Callable[[Machine], Iterator[Row]]) -> int:
    """Collect the rows and report; what is finished is kept when it is stopped."""
    torch.set_num_threads(1)
    _check(options)
    machine = measured(_dtypes(options))
    whole: dict[str, Any] = {
        "schema": 1,
        "environment": _environment(options.device),
        "machine": {"flops": machine.flops, "bytes": machine.bytes},
        "rows": [],
        "growth": [],
        "staged": None,
    }
    print(report.machine_line(whole["machine"]), flush=True)
    try:
        if options.path is None and "batch_norm" in (options.operator or ["batch_norm"]):
            whole["staged"] = compared(options.seconds)
        for row in rows(machine):
            whole["rows"].append(row)
        whole["growth"] = _growth(options)
    finally:
        if options.json and whole["rows"]:
            write_whole(Path(options.json), [json.dumps(whole, indent=1), "\n"])
        print(report.text(whole), flush=True)
    if not whole["rows"]:
        raise UsageError("there is no workload to time")
    if options.plot:
        _plot(whole, Path(options.plot))
    return 1 if any("failed" in row for row in whole["rows"]) else 0


def _of_references(
    options: argparse.Namespace, chosen: Sequence[Operator], machine: Machine
) -> Iterator[Row]:
    """A row for every problem, with progress on a terminal."""
    wanted = [w for o in chosen for w in o.workloads if w.name in options.workload]
    total = sum(len(modes(o)) for o in chosen for w in o.workloads if not wanted or w in wanted)
    dtypes = _dtypes(options)
    with progress(total * len(dtypes), "timed") as advance:
        for given in problems(chosen, dtypes, options.workload):
            first = given.workload is given.operator.workloads[0] and given.dtype == dtypes[0]
            against = runners(given, options.device)
            yield measure(given, machine, options.seconds, against, options.naive and first)
            advance()


def _growth(options: argparse.Namespace) -> list[Row]:
    asked = options.operator or [sweep.operator for sweep in SWEEPS]
    sweeps = [s for s in SWEEPS if s.operator in asked and options.growth]
    found = []
    with progress(len(sweeps), "sizes swept") as advance:
        for sweep in sweeps:
            found.append(grown(sweep, options.seconds))
            advance()
    return found


def _dtypes(options: argparse.Namespace) -> Sequence[str]:
    return list(dict.fromkeys(options.dtype)) or ["float32"]


def _check(options: argparse.Namespace) -> None:
    """Raises UsageError for what cannot be had here."""
    if options.device not in ("cpu", "cuda"):
        raise UsageError(f"--device must be cpu or cuda, got {options.device!r}")
    if options.device == "cuda" and not torch.cuda.is_available():
        raise UsageError("--device cuda: PyTorch finds no CUDA device here")
    if options.plot:
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            raise UsageError("--plot needs matplotlib: pip install 'layerproof[plots]'") from None
    for name in (options.json, options.plot):
        if name and not Path(name).resolve().parent.is_dir():
            raise UsageError(f"there is no folder {str(Path(name).parent)!r} to write to")


def _environment(device: str) -> dict[str, Any]:
    found = environment(0, 0)
    keys = ("python", "numpy", "torch", "platform")
    named = {key: found[key] for key in keys}
    return named | ({"device": torch.cuda.get_device_name()} if device == "cuda" else {})


def _plot(whole: Mapping[str, Any], folder: Path) -> None:
    from benchmarks.plots import draw

    for path in draw(whole, folder):
        print(f"wrote {path}")
