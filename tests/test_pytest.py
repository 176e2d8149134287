"""`pytest --candidate PATH`: ids, verdicts, several functions of one operator, bad input."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run_pytest(*arguments):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--hypothesis-seed", "0"]
    return subprocess.run(
        [*command, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300
    )


def test_right_functions_pass_each_with_its_own_functions():
    example = "candidates/examples/right.py"
    run = run_pytest("--candidate", example, "-k", "batch_norm and (forward or gradient)", "-v")
    assert run.returncode == 0, run.stdout
    assert "test_forward[batch_norm-right.py] PASSED" in run.stdout
    assert "test_gradient[batch_norm-right.py] PASSED" in run.stdout
    assert "2 passed" in run.stdout


def test_a_failure_says_how_to_replay_it():
    example = "candidates/examples/three_mistakes.py"
    run = run_pytest("--candidate", example, "-k", "conv2d and (shape or forward)")
    assert run.returncode == 1
    assert "dx has shape (1, 1, 0, 0), expected (1, 1, 1, 1)" in run.stdout
    assert f"replay: layerproof check {example} --convention cs231n" in run.stdout
    assert "test_shape[conv2d-three_mistakes.py]" in run.stdout
    assert "deform_conv2d" in run.stdout  # skipped, with the reason
    assert "three_mistakes.py has no function for deform_conv2d" in run.stdout


def test_a_candidate_that_does_not_exist_is_a_usage_error():
    run = run_pytest("--candidate", "nope.py")
    assert run.returncode == 4
    assert "the candidate 'nope.py' does not exist" in run.stderr
    assert "Traceback" not in run.stderr
