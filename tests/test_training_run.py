"""`layerproof data` and `layerproof train`: files in CIFAR's format, and a run beside PyTorch's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from benchmarks.training.options import OPTIMIZERS
from candidates.cli import main
from properties.operator import find_operator
from properties.references import reference
from properties.trajectory import started, trainable, trajectory
from reference.data.cifar import MEAN, STD
from reference.data.images import normalised
from reference.data.synthetic import synthetic_cifar


def test_a_run_on_files_is_pytorchs_and_its_loss_goes_down(tmp_path, capsys):
    assert main(["data", "make", str(tmp_path), "--train", "200", "--test", "50"]) == 0
    assert "data_batch_5" in capsys.readouterr().out
    assert main(["data", "check", str(tmp_path)]) == 0
    assert "train: 200 images (3, 32, 32), 20 to 20 of each" in capsys.readouterr().out
    report, plots = tmp_path / "run.json", tmp_path / "plots"
    arguments = ["train", "two_layer_net", "--data", str(tmp_path), "--steps", "40"]
    arguments += ["--learning-rate", "0.05", "--json", str(report), "--plot", str(plots)]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "the same trajectory as PyTorch's: at most 0." in out
    steps = json.loads(report.read_text())["steps"]
    assert [step["number"] for step in steps] == list(range(1, 41))
    first, last = (np.mean([s["loss"] for s in part]) for part in (steps[:5], steps[-5:]))
    assert last < 0.7 * first
    assert all(0 <= step["error"] < 1 for step in steps)
    assert (plots / "two_layer_net.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("model", trainable())
def test_every_model_starts_on_pytorchs_trajectory(model):
    operator, _ = trainable()[model]
    *_, last = run(model, 2, reference(operator, "vectorized").functions)
    assert last.error < 1


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("path", ["vectorized", "naive"])
def test_every_optimizer_does_on_both_paths(path, optimizer):
    functions = reference(find_operator("two_layer_net"), path).functions
    *_, last = run("two_layer_net", 4, functions, optimizer)
    assert last.error < 1


def run(model, steps, functions, optimizer="descent"):
    operator, workload = trainable()[model]
    data = synthetic_cifar(6, 4).train
    x = normalised(data.images, MEAN, STD)
    batches = [(x[i % 3 :: 3], data.labels[i % 3 :: 3]) for i in range(steps)]
    rate = {"learning_rate": 0.05, "optimizer": optimizer, "momentum": 0.9, "reg": 0.1}
    attributes = {**workload.attributes, **rate}
    inputs = started(operator, attributes, seed=0)
    return [step for step, _ in trajectory(operator, attributes, inputs, batches, functions)]


def test_a_mistake_leaves_the_trajectory():
    operator = find_operator("two_layer_net")
    for mistake in operator.mistakes:
        if "penalty" in mistake.name or "mean" in mistake.name:
            last = run("two_layer_net", 3, mistake.implementation(operator).functions)[-1]
            assert last.error > 1e3, mistake.name


def test_a_run_that_leaves_it_is_told(monkeypatch, capsys):
    from benchmarks.training import running

    operator = find_operator("two_layer_net")
    mistake = next(m for m in operator.mistakes if "penalty" in m.name)
    wrong = mistake.implementation(operator)
    monkeypatch.setattr(running, "reference", lambda operator, path: wrong)
    assert main(["train", "two_layer_net", "--steps", "2", "--reg", "0.5"]) == 1
    assert "NOT the trajectory of PyTorch: at step 1 " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "resnet"], "model must be one of "),
        (["train", "--data", "nowhere"], "nowhere is no folder"),
        (["train", "--plot", "nowhere/plots"], "there is no folder 'nowhere' to write to"),
        (["data", "check", "tests"], "tests holds no CIFAR batches"),
    ],
)
def test_bad_usage_is_one_sentence(arguments, sentence, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert len(error.splitlines()) == 1


def test_a_set_that_is_there_is_left_alone(tmp_path, capsys):
    assert main(["data", "make", str(tmp_path), "--train", "10", "--test", "10"]) == 0
    assert main(["data", "make", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["data", "check", str(tmp_path)]) == 0
    big = ["data", "make", str(tmp_path), "--classes", "100", "--format", "binary"]
    assert main([*big, "--train", "10", "--test", "10"]) == 0
    assert main(["train", "--data", str(tmp_path / "cifar-100-binary")]) == 2
    assert "--data must have 10 classes, got 100" in capsys.readouterr().err


def test_ctrl_c_keeps_the_steps_that_are_finished(tmp_path, ctrl_c):
    report = tmp_path / "run.json"
    arguments = ["train", "two_layer_net", "--steps", "100000", "--json", str(report)]
    process = subprocess.Popen(
        [sys.executable, "-m", "candidates", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    for line in process.stdout:
        if "step    1" in line:
            break
    process.send_signal(signal.SIGINT)
    since = time.monotonic()
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "layerproof: stopped" in error
    assert time.monotonic() - since < 30
    assert json.loads(report.read_text())["steps"][0]["number"] == 1
