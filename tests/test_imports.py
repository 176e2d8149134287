"""A room imports only the rooms above it, and the worker loads neither torch nor the oracle."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "reference/naive": {"numpy", "reference"},
    "reference/vectorized": {"numpy", "reference"},
    "reference/models": {"numpy", "reference"},
    "reference/training": {"numpy", "reference"},
    "properties": {
        "numpy",
        "torch",
        "torchvision",
        "hypothesis",
        "pytest",
        "reference",
        "onnx",
        "onnxruntime",
    },
    "candidates": {
        "numpy",
        "torch",
        "torchvision",
        "hypothesis",
        "rich",
        "tomli",
        "nbformat",
        "onnx",
        "onnxruntime",
        "reference",
        "properties",
    },
    "candidates/worker": {
        *("numpy", "properties", "candidates"),
        *("torch", "torchvision"),  # lazily, as the next three
        "nbformat",
        "onnx",
        "onnxruntime",
    },
    "candidates/conventions": {"numpy", "properties", "candidates", "torch"},  # torch lazily
}
TYPE_CHECKING_ONLY = {("properties/test_properties.py", "candidates")}
LAZILY = {("candidates/cli.py", "benchmarks")}


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").partition(".")[0])
    return names - set(sys.stdlib_module_names)


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_rooms_above_it(room):
    files = [f for f in (ROOT / room).rglob("*.py") if "examples" not in f.parts]
    assert files
    own = room.partition("/")[0]
    for file in files:
        place = str(file.relative_to(ROOT))
        excused = {name for at, name in TYPE_CHECKING_ONLY | LAZILY if at == place}
        assert imports(file) <= ALLOWED[room] | {own} | excused, place


def loaded_after(statement: str) -> set[str]:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); {statement}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


def test_the_worker_loads_numpy_alone():
    loaded = loaded_after(
        "import candidates.worker.serve; import candidates.conventions as c; c.import_all()"
    )
    heavy = {"torch", "torchvision", "hypothesis", "pytest", "rich", "onnx", "onnxruntime"}
    ours = {"reference", "properties.operator", "properties.oracle", "properties.tolerance"}
    assert not loaded & (heavy | ours)


def test_the_command_answers_before_torch_is_loaded():
    loaded = loaded_after("import candidates.cli")
    assert not loaded & {"torch", "torchvision", "hypothesis"}


@pytest.mark.parametrize("name", ["properties.oracle", "reference.naive", "candidates.checking"])
def test_a_candidate_has_the_suite_out_of_reach(name, tmp_path):
    from candidates.client import Worker

    file = tmp_path / "layers.py"
    file.write_text(f"import {name}\nfrom {name} import find_operator\n")
    worker = Worker(file, None, ["relu"])
    worker.close()
    assert set(worker.stubbed) & {name, name.partition(".")[0]}
