"""`layerproof check` as its users meet it: verdicts, statuses, exit status, bad input, replay."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests import forked
from tests.homework import EXAMPLES, RELU_BACKWARD, relu, write

ROOT = Path(__file__).parents[1]


def layerproof(*arguments, cwd=ROOT):
    return subprocess.run(
        [sys.executable, "-m", "candidates", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def check(path, *arguments, examples=40, hints="none"):
    """The verdict as data, and the finished command.

    The causes, which take half of its time, are looked for where a test asks for hints.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "verdict.json"
        options = ("--examples", examples, "--json", file, "--hints", hints, *arguments)
        run = forked.layerproof("check", path, *options, cwd=ROOT)
        assert file.exists(), run.stdout + run.stderr
        return json.loads(file.read_text()), run


def statuses(verdict):
    return {entry["operator"]: entry["status"] for entry in verdict["operators"]}


def rows(verdict, operator):
    (entry,) = (e for e in verdict["operators"] if e["operator"] == operator)
    return {row["property"]: row for row in entry["properties"]}


@pytest.mark.parametrize("name", ["right.py", "right_rnn.py", "right_optim.py"])
def test_the_right_examples_pass(name):
    verdict, run = check(EXAMPLES / name, examples=100)
    assert set(statuses(verdict).values()) == {"pass"}, run.stdout
    assert run.returncode == 0
    assert "Traceback" not in run.stdout + run.stderr


def test_the_three_mistakes_are_found_and_named():
    verdict, run = check(EXAMPLES / "three_mistakes.py", hints="full", examples=200)
    assert run.returncode == 1
    failing = {name for name, status in statuses(verdict).items() if status == "wrong"}
    assert failing == {"conv2d", "max_pool2d", "batch_norm"}
    named = {
        diagnosis["mistake"]
        for entry in verdict["operators"]
        for row in entry["properties"]
        for diagnosis in row["diagnosis"]
        if diagnosis["kind"] == "mistake"
    }
    assert "padding 0 slices the gradient away" in named
    assert len(named) >= 3, named
    for name in named:
        assert f"*{name}*" in run.stdout


@pytest.mark.parametrize(
    ("level", "told", "kept"),
    [
        ("none", [], ["look at", "fails only", "equals *", "smallest case"]),
        ("gentle", ["look at: windows overlap", "fails only where windows overlap"], ["equals *"]),
        ("full", ["equals *windows overlap", "keeps the last one's dout only"], ["look at"]),
    ],
)
def test_hints_tell_as_much_as_is_asked_for(level, told, kept):
    path = EXAMPLES / "three_mistakes.py"
    verdict, run = check(path, "--operator", "max_pool2d", hints=level, examples=200)
    row = rows(verdict, "max_pool2d")["gradient"]
    assert verdict["environment"]["hints"] == level
    assert (row["diagnosis"] == []) == (level == "none")
    assert row["message"] in run.stdout
    assert "replay: " in run.stdout
    for words in told:
        assert words in run.stdout
    for words in kept:
        assert words not in run.stdout
        assert words not in json.dumps(row["diagnosis"])


COUNTS = r"\d+ of \d+ such cases fail, none of \d+"  # fewer on a machine that is busy


def test_the_readme_shows_what_is_printed():
    path = EXAMPLES / "three_mistakes.py"
    _, run = check(path, "--operator", "max_pool2d", hints="gentle", examples=200)
    readme = (ROOT / "README.md").read_text()
    block = readme[readme.index("    WRONG: max_pool2d gradient, max_pool_backward_naive\n") :]
    lines = block.split("replay:")[0].rstrip().splitlines()
    assert len(lines) > 10
    shown = "\n".join(line.removeprefix("    ") for line in lines)
    assert re.sub(COUNTS, "", shown) in re.sub(COUNTS, "", run.stdout)


def test_a_failure_is_replayed_by_its_command():
    verdict, _ = check(EXAMPLES / "three_mistakes.py", "--operator", "conv2d")
    row = rows(verdict, "conv2d")["shape"]
    words = shlex.split(row["reproduce"])
    assert words[0] == "layerproof"
    again = layerproof(*words[1:])
    assert again.returncode == 1
    assert row["message"] in again.stdout


def test_the_json_has_the_schema_promised():
    verdict, _ = check(EXAMPLES / "three_mistakes.py", "--operator", "max_pool2d")
    assert list(verdict) == [
        "schema",
        "candidate",
        "convention",
        "environment",
        "containment",
        "stubbed",
        "failed",
        "operators",
    ]
    assert verdict["schema"] == 1
    assert verdict["convention"] == "cs231n"
    (entry,) = verdict["operators"]
    assert list(entry) == ["operator", "functions", "status", "properties"]
    row = rows(verdict, "max_pool2d")["gradient"]
    assert set(row) == {
        "property",
        "function",
        "place",
        "status",
        "reason",
        "examples",
        "seconds",
        "counterexample",
        "message",
        "diagnosis",
        "reproduce",
    }
    assert row["function"] == "max_pool_backward_naive"
    shown = row["counterexample"]
    assert {"case", "inputs", "output", "index", "expected", "got", "bound"} <= set(shown)
    assert {"differing", "size"} <= set(shown)
    assert shown["output"] == "dx"


@pytest.mark.parametrize(
    ("body", "before", "judged", "status", "words"),
    [
        ("return None", "", "forward", "missing", "returned None"),
        ("raise NotImplementedError", "", "forward", "missing", "NotImplementedError"),
        ("return None, x", "", "shape", "missing", "out is None"),
        ("return np.maximum(x, 0).tolist(), x", "", "shape", "wrong", "out is list"),
        (
            "return np.ma.array(np.maximum(x, 0)), x",
            "",
            "shape",
            "wrong",
            "MaskedArray, a subclass of numpy.ndarray",
        ),
        ("return np.maximum(x, 0)[None], x", "", "shape", "wrong", "out has shape"),
        ("return np.maximum(x, 0).sum(0, keepdims=True), x", "", "shape", "wrong", "has shape"),
        ("return np.maximum(x, 0)", "", "shape", "wrong", "where (out, cache) is expected"),
        ("return np.maximum(x, np.nan), x", "", "forward", "wrong", "is not finite"),
        ("return 1 / 0", "", "forward", "crash", "ZeroDivisionError"),
        ("raise SystemExit(0)", "", "forward", "crash", "SystemExit"),
        ("import os\nos._exit(0)", "", "forward", "crash", "ended its process"),
        ("while True: pass", "", "forward", "timeout", "took longer than"),
        ("x[x < 0] = 0\nreturn x, x", "", "side_effects", "side-effect", "x"),
        (
            "np.seterr(all='ignore')\nreturn x * (x > 0), x",
            "",
            "side_effects",
            "side-effect",
            "err",
        ),
        ("np.random.seed(0)\nreturn x * (x > 0), x", "", "side_effects", "side-effect", "random"),
        (
            "out = SCRATCH[: x.size].reshape(x.shape)\nout[...] = x * (x > 0)\nreturn out, x",
            "SCRATCH = np.zeros(10_000)",
            "aliasing",
            "side-effect",
            "overwritten by a later call",
        ),
        (
            "return x * (x > 0) + (time.perf_counter_ns() % 2), x",
            "import time",
            "determinism",
            "nondeterministic",
            "differs when the same call",
        ),
        ("return x * (x > 0) + np.random.rand(), x", "", "side_effects", "side-effect", "random"),
        ("return x.astype(np.float16) * (x > 0), x", "", "forward", "wrong", "differs"),
        (
            "return np.maximum(x, 0).view(Liar), x",
            "class Liar(np.ndarray):\n    def __eq__(self, other): return True",
            "shape",
            "wrong",
            "Liar, a subclass",
        ),
    ],
)
def test_what_goes_wrong_is_named_and_the_rest_is_judged(
    tmp_path, body, before, judged, status, words
):
    linear = (EXAMPLES / "right.py").read_text().split("def relu_forward")[0]
    path = write(tmp_path, linear, relu(body, before), RELU_BACKWARD)
    verdict, run = check(path, "--seconds-per-call", "0.5")
    row = rows(verdict, "relu")[judged]
    assert (row["status"], words in row["message"]) == (status, True), row
    assert statuses(verdict)["linear"] == "pass"
    assert run.returncode == (0 if status == "missing" else 1)
    assert "Traceback" not in run.stderr


def test_a_view_of_the_input_is_no_fault_by_itself(tmp_path):
    path = write(tmp_path, relu("return np.maximum(x, 0, out=x.copy())[:], x"), RELU_BACKWARD)
    verdict, _ = check(path)
    assert statuses(verdict) == {"relu": "pass"}


def test_the_candidates_own_frames_are_shown_and_no_others(tmp_path):
    body = "return helper(x), x"
    before = "def helper(x):\n    return x.reshape(-1, 7919)"
    _, run = check(write(tmp_path, relu(body, before), RELU_BACKWARD))
    assert 'File "layers.py", line' in run.stdout
    assert "return x.reshape(-1, 7919)" in run.stdout
    assert "serve.py" not in run.stdout


def test_missing_counts_only_where_it_is_required(tmp_path):
    path = write(tmp_path, relu("return np.maximum(x, 0), x"), RELU_BACKWARD)
    assert check(path)[1].returncode == 0
    verdict, run = check(path, "--require", "conv2d")
    assert run.returncode == 1
    assert statuses(verdict)["conv2d"] == "missing"


def test_an_absent_backward_is_missing(tmp_path):
    verdict, run = check(write(tmp_path, relu("return np.maximum(x, 0), x")))
    assert rows(verdict, "relu")["gradient"]["status"] == "missing"
    assert rows(verdict, "relu")["forward"]["status"] == "pass"
    assert statuses(verdict)["relu"] == "missing"
    assert run.returncode == 0


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("def f(:\n", "cannot be loaded: it raised SyntaxError"),
        ("raise RuntimeError('not today')\n", "it raised RuntimeError: not today"),
        ("import sys\nsys.exit(0)\n", "raised SystemExit"),
        ("import os\nos._exit(0)\n", "cannot be loaded: it ended its process"),
        ("x = 3\n", "has no function that is known"),
        ("", "has no function that is known"),
    ],
)
def test_files_that_cannot_be_judged(tmp_path, source, sentence):
    path = tmp_path / "layers.py"
    path.write_text(source)
    run = layerproof("check", path)
    assert run.returncode == 2
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr
    assert "candidates" not in run.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["no/such/file.py"], "does not exist"),
        (["Makefile"], "must be a .py file, a notebook, a package, a folder, a zip file"),
        (["tests/golden"], "holds no Python file and no notebook"),
        (["candidates/examples/right.py", "--forbid", "a b"], "--forbid: must be names of modules"),
        (["candidates/examples/right.py", "--convention", "mine"], "convention must be one of"),
        (["candidates/examples/right.py", "--operator", "conv4d"], "operator must be one of"),
        (["candidates/examples/right.py", "--operator", "deform_conv2d"], "has no function for"),
        (["candidates/examples/right.py", "--function", "f"], "function must be one of"),
        (["candidates/examples/right.py", "--property", "p"], "property must be one of"),
        (["candidates/examples/right.py", "--examples", "0"], "must be a whole number"),
        (["candidates/examples/right.py", "--case", "{"], "a case must be JSON"),
    ],
)
def test_bad_usage_is_one_sentence(arguments, sentence):
    run = layerproof("check", *arguments)
    assert run.returncode == 2
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr


def test_a_case_with_made_up_attributes_is_refused():
    case = '{"operator":"relu","attributes":{},"regime":"normal","steps":[{}],"seed":0}'
    run = layerproof("check", "candidates/examples/right.py", "--case", case)
    assert run.returncode == 2
    assert "--case is no case of relu" in run.stderr


def test_our_own_references_can_be_checked_like_any_file():
    verdict, _ = check(ROOT / "reference" / "naive" / "linear.py", "--operator", "linear")
    assert verdict["convention"] == "plain"
    assert statuses(verdict) == {"linear": "pass"}


def test_a_forced_convention_whose_names_are_absent(tmp_path):
    run = layerproof(
        "check", write(tmp_path, "def affine_forward(x, w, b): ..."), "--convention", "plain"
    )
    assert run.returncode == 2
    assert "has no function of the convention plain" in run.stderr
