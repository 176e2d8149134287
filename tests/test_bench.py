"""`layerproof bench`: what is timed was confirmed, and the report says what was measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import gates, report, suite
from benchmarks.costs import flops
from benchmarks.growth import SWEEPS, fitted
from benchmarks.least import LEAST, NAME
from benchmarks.machine import Machine
from benchmarks.measure import peak_bytes, runners
from benchmarks.problems import Runner, check, problem, problem_like, reference_runner
from benchmarks.timing import Spread, Timings, interleaved
from benchmarks.torch_runners import confirmed, torch_runner
from candidates.cli import main
from properties.operator import find_operator

QUICK = ("--seconds", "0.01", "--no-growth", "--no-naive")
EXAMPLES = "candidates/examples"


def first(name, mode="forward+backward", dtype="float32"):
    operator = find_operator(name)
    return problem(operator, operator.workloads[0], dtype, mode)


def test_ratios_are_taken_within_a_round():
    timings = Timings({"a": [1.0, 10.0, 2.0], "b": [2.0, 20.0, 4.0]})
    assert timings.ratio("a", "b") == Spread(0.5, 0.5, 0.5)
    assert timings.time("a").median == 2.0


def test_every_run_has_as_many_turns_as_any_other():
    timings = interleaved({"a": lambda: None, "b": lambda: None}, seconds=0.0)
    assert len(timings.seconds["a"]) == len(timings.seconds["b"]) >= 5


@pytest.mark.parametrize("name", ["conv2d", "lstm", "dropout", "embedding"])
def test_what_is_timed_is_confirmed(name):
    given = first(name)
    runner = confirmed(given, reference_runner(given, "vectorized"))

    def wrong():
        results = runner.results()
        return results | {"out": results.get("out", 0) + 1.0, "h": results.get("h", 0) + 1.0}

    with pytest.raises(ValueError, match="differs from PyTorch"):
        confirmed(given, Runner("wrong", runner.run, wrong))


def test_a_result_of_another_shape_is_no_result():
    given = first("linear", "forward")
    with pytest.raises(ValueError, match="another shape"):
        check(given, {"out": np.zeros((1, 1))}, {"out": np.zeros((1, 2))})


def test_channels_last_computes_the_same():
    given = first("max_pool2d")
    confirmed(given, torch_runner(given, channels_last=True))


def test_a_layout_that_pytorch_refuses_is_left_out(monkeypatch):
    def refused(problem, device="cpu", channels_last=False):
        if channels_last:
            raise RuntimeError("grad_input must be contiguous")
        return torch_runner(problem, device)

    monkeypatch.setattr("benchmarks.measure.torch_runner", refused)
    assert [r.name for r in runners(first("max_pool2d"))] == ["torch", "vectorized"]


def test_fresh_inputs_are_other_inputs():
    given = first("linear")
    fresh = problem_like(given, 1)
    assert not np.array_equal(given.inputs["x"], fresh.inputs["x"])
    assert given.inputs["x"].shape == fresh.inputs["x"].shape


@pytest.mark.parametrize("mode", ["forward", "forward+backward"])
@pytest.mark.parametrize("workload", find_operator("conv2d").workloads, ids=lambda w: w.name)
def test_a_convolution_allocates_little_beside_its_results(workload, mode):
    given = problem(find_operator("conv2d"), workload, "float32", mode)
    allowed = 1.5 * given.bytes + 4 * 2**20
    assert peak_bytes(reference_runner(given, "vectorized").run) <= allowed


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conv2d", 2 * 100 * 25 * 16 * 16 * 27),
        ("linear", 2 * 100 * 3072 * 100),
        ("deform_conv2d", 2 * 2 * 16 * 28 * 28 * 16 * 9),
        ("lstm", 2 * 32 * 16 * 4 * 256 * (128 + 256)),
        ("relu", 0),
    ],
)
def test_operations_are_counted(name, expected):
    assert flops(first(name, "forward")) == expected
    assert flops(first(name)) == 3 * expected


def test_the_nearer_limit_is_named():
    machine = Machine({"float32": 100.0}, 10.0)
    assert machine.bound("float32", 1000, 10) == "GEMM"
    assert machine.bound("float32", 10, 1000) == "copy"
    assert machine.seconds("float32", 1000, 10) == 10.0


def test_an_exponent_is_fitted():
    sizes = [2, 4, 8, 16]
    assert fitted(sizes, [3.0 * s**1.5 for s in sizes]) == pytest.approx(1.5)


def test_every_gate_and_sweep_is_about_a_workload_that_there_is():
    for gate in gates.GATES:
        names = [w.name for w in find_operator(gate.operator).workloads]
        assert set(gate.workloads) <= set(names), gate
    for sweep in SWEEPS:
        operator = find_operator(sweep.operator)
        (base,) = [w for w in operator.workloads if w.name == sweep.workload]
        assert set(sweep.changed(8)) <= set(base.attributes)


def test_a_gate_that_is_missed_is_told():
    row = {
        "operator": "rnn",
        "workload": "captioning",
        "dtype": "float32",
        "mode": "forward",
        "implementations": {"vectorized": {"times_torch": {"median": 1.5}}},
    }
    assert "1.50      NO" in report.gates([row])
    row["implementations"]["vectorized"]["times_torch"]["median"] = 0.5
    assert "1 of 1 gates are met" in report.gates([row])


def test_the_least_of_numpy_stands_beside_its_gate():
    for (name, workload, mode), made in LEAST.items():
        operator = find_operator(name)
        (base,) = [w for w in operator.workloads if w.name == workload]
        row = {"operator": name, "workload": workload, "mode": mode, "dtype": "float32"}
        assert any(gate.concerns(row) for gate in gates.GATES)
        small = {k: min(v, 4) if isinstance(v, int) else v for k, v in base.attributes.items()}
        tiny = problem(operator, replace(base, attributes=small), mode=mode)
        made(tiny)()
    times = {"vectorized": {"times_torch": {"median": 1.5}}, NAME: {"times_torch": {"median": 1.2}}}
    row = {"operator": "rnn", "workload": "captioning", "dtype": "float32", "mode": "forward"}
    assert "NO   1.20" in report.gates([row | {"implementations": times}])


def test_the_suite_is_timed_on_the_same_cases():
    loops = suite.runs(find_operator("relu"), examples=8)
    shown = suite.lines(interleaved(loops, 0.0), "relu", examples=8)
    assert [line[1] for line in shown] == [
        suite.CEILING,
        suite.ARRAYS,
        suite.ORACLE,
        suite.CALLS,
        suite.CHECKED,
        suite.ALL,
    ]
    shares = [int(line[3].removesuffix("%")) for line in shown]
    assert shares[0] == 100


def test_references_are_timed(tmp_path, capsys):
    out, plots = tmp_path / "bench.json", tmp_path / "plots"
    options = ["--operator", "linear", "--json", str(out), "--plot", str(plots)]
    assert main(["bench", *options, "--seconds", "0.01", "--no-growth"]) == 0
    shown, whole = capsys.readouterr().out, json.loads(out.read_text())
    assert "two-layer net" in shown
    assert {row["mode"] for row in whole["rows"]} == {"forward", "forward+backward"}
    for row in whole["rows"]:
        assert row["naive_seconds"] > 0
        assert row["implementations"]["torch"]["times_torch"]["median"] == 1.0
        assert row["implementations"]["vectorized"]["seconds"]["median"] > 0
    assert {p.name for p in plots.iterdir()} >= {"speed-up.png", "speed-up.svg", "roofline.svg"}


def test_growth_is_swept_and_drawn(tmp_path, capsys):
    options = ["--operator", "lstm", "--no-naive", "--seconds", "0.01", "--plot", str(tmp_path)]
    assert main(["bench", *options]) == 0
    assert "theory" in capsys.readouterr().out
    assert (tmp_path / "growth.png").stat().st_size > 1000


def test_a_candidate_is_timed_in_its_worker(tmp_path, capsys):
    out = tmp_path / "bench.json"
    options = ["--operator", "batch_norm", "--examples", "5", "--json", str(out), "--jobs", "1"]
    assert main(["bench", f"{EXAMPLES}/right.py", *options, "--seconds", "0.01"]) == 0
    rows = json.loads(out.read_text())["rows"]
    assert {"batchnorm_forward", "batchnorm_backward_alt"} <= {row["function"] for row in rows}
    for row in rows:
        assert row["carried"] > 0
        assert "below" in row or row["function"] in row["implementations"]


def test_what_does_not_pass_is_not_timed(capsys):
    options = ["--operator", "max_pool2d", "--examples", "30", *QUICK]
    assert main(["bench", f"{EXAMPLES}/three_mistakes.py", *options]) == 1
    assert "not timed: max_pool_forward_naive: wrong" in capsys.readouterr().out


CHEAT = """
import numpy
def relu_forward(x):
    out = numpy.maximum(x, 0)
    return (out if x.size < 10000 else out * 0), x
def relu_backward(dout, cache):
    return dout * (cache > 0)
"""


def test_what_was_timed_is_compared_afterwards(tmp_path, capsys):
    path = tmp_path / "layers.py"
    path.write_text(CHEAT)
    options = ["--convention", "cs231n", "--examples", "5", *QUICK]
    # The property at sizes of use would find it as well.
    from properties import sizes

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sizes, "size_cases", lambda *_: [])
        patch.setattr("properties.explore.size_cases", lambda *_: [])
        assert main(["bench", str(path), *options]) == 1
    assert "differs from PyTorch's" in capsys.readouterr().out


def test_pytest_times_a_candidate():
    command = [sys.executable, "-m", "pytest", "-q", "--benchmark-only", "-k", "relu-right.py"]
    command += ["benchmarks/test_candidate.py", "--candidate", f"{EXAMPLES}/right.py"]
    alone = {n: v for n, v in os.environ.items() if not n.startswith("PYTEST_XDIST")}
    run = subprocess.run(command, capture_output=True, text=True, env=alone)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "relu: activations of a convnet, forward+backward" in run.stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--operator", "conv3d"], "operator must be one of"),
        (["--operator", "relu", "--workload", "none"], "--workload must be one of"),
        (["--device", "tpu"], "--device must be cpu or cuda"),
        (["--operator", "relu", "--json", "/nowhere/at/all.json"], "there is no folder"),
        (["/nowhere/layers.py"], "does not exist"),
    ],
)
def test_usage(options, sentence, capsys):
    assert main(["bench", *options]) == 2
    assert sentence in capsys.readouterr().err
