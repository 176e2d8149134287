"""Known defects of PyTorch and ONNX: each still fails where it is said to, and no other does."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from properties.case import Case
from properties.checks import find_property
from properties.defects import DEFECTS, Defect, excuse
from properties.onnx_nodes import onnx_implementations
from properties.operator import find_operator
from properties.promise import Promise
from properties.torch_functions import DEVICES, device_problem, on_device
from properties.trial import Trial

MODELS = {"onnx"}  # what onnxruntime runs is written with it
FINDINGS = Path(__file__).parents[1] / "docs" / "findings"

every_defect = pytest.mark.parametrize(
    "defect", DEFECTS, ids=[defect.script.removesuffix(".py") for defect in DEFECTS]
)


def failure_of(defect, place):
    case = Case.from_json(defect.case)
    operator = find_operator(case.operator)
    if place in DEVICES:
        on, promise = on_device(operator, place), Promise()
    else:
        found = {on.name: (on, promise) for on, promise in onnx_implementations(operator)}
        on, promise = found[place]
    trial = Trial(operator, on, promise, case)
    return str(find_property(defect.properties[0]).failure(trial))


def problem(place):
    """Why nothing can be judged in a place, or None."""
    if place in DEVICES:
        return device_problem(place)
    packages = ("onnx", place.removesuffix("-reference"))
    absent = [name for name in packages if importlib.util.find_spec(name) is None]
    return f"{absent[0]} is not installed" if absent else None


@pytest.mark.parametrize(
    ("defect", "place"),
    [(d, p) for d in DEFECTS for p in (DEVICES if d.places[0] in DEVICES else d.places)],
    ids=lambda value: value if isinstance(value, str) else value.script.removesuffix(".py"),
)
def test_a_known_defect_still_fails_as_it_is_said_to(defect, place):
    if why := problem(place):
        pytest.skip(why)
    failure = failure_of(defect, place)
    if defect.here(place):
        assert re.search(defect.pattern, failure), (
            f"{defect.script} does not fail so any more: {failure}; give the version in `until`"
        )
    else:
        assert not re.search(defect.pattern, failure), "the versions of this defect are wrong"


RELU = Defect(
    ("relu",),
    ("precision",),
    r"^in float32, out\b.* differs",
    "a planted expectation: nothing is wrong with relu",
    '{"operator":"relu","attributes":{"shape":[2,3]},"regime":"normal","steps":[{}],"seed":0}',
    script="planted",
)


def test_an_expectation_that_passes_is_an_error():
    with pytest.raises(AssertionError, match="planted does not fail so any more: None"):
        test_a_known_defect_still_fails_as_it_is_said_to(RELU, "cpu")
    test_a_known_defect_still_fails_as_it_is_said_to(replace(RELU, until="0.1"), "cpu")


def test_an_expectation_that_fails_otherwise_or_elsewhere_is_an_error(monkeypatch):
    right = torch.nn.functional.relu
    monkeypatch.setattr(
        torch.nn.functional, "relu", lambda x: right(x) * (1.01 if x.dtype == torch.float32 else 1)
    )
    test_a_known_defect_still_fails_as_it_is_said_to(RELU, "cpu")
    with pytest.raises(AssertionError, match="does not fail so any more: in float32, out"):
        test_a_known_defect_still_fails_as_it_is_said_to(replace(RELU, pattern="^raised"), "cpu")
    with pytest.raises(AssertionError, match="the versions of this defect are wrong"):
        test_a_known_defect_still_fails_as_it_is_said_to(replace(RELU, until="0.1"), "cpu")


@every_defect
def test_it_has_a_reason_and_a_pattern_that_is_not_of_everything(defect):
    assert len(defect.reason.split()) > 3
    assert not re.search(defect.pattern, "None")
    assert not re.search(defect.pattern, "out has shape (2, 3), expected (3, 2)") or (
        "shape" in defect.properties
    )


@every_defect
def test_only_its_own_sentence_is_excused(defect):
    place = defect.places[0]
    if not defect.here(place):
        pytest.skip("not a defect of this version")
    sentence, excused = failure_of(defect, place), excuse(place)
    assert excused(defect.operators[0], defect.properties[0], sentence)
    assert not excused(defect.operators[0], defect.properties[0], "out is no array")
    assert not excused("linear", defect.properties[0], sentence)
    assert not excused(defect.operators[0], "dtype", sentence)


@every_defect
def test_its_script_is_short_and_fails_by_the_library_alone(defect):
    script = FINDINGS / defect.script
    imports = [node for node in ast.parse(script.read_text()).body if hasattr(node, "names")]
    imported = {name.name.partition(".")[0] for node in imports for name in node.names}
    assert imported - {"numpy", *MODELS} == {defect.library} - MODELS
    assert len([line for line in script.read_text().splitlines() if line.strip()]) <= 20
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    if why := problem(defect.places[0]):
        pytest.skip(why)
    raised = defect.pattern.replace("raised ", "") if "raised" in defect.pattern else "Assertion"
    fails = run.returncode == 1 and re.search(raised, run.stderr, re.MULTILINE) is not None
    assert fails == any(map(defect.here, defect.places)), run.stderr


def test_every_finding_is_a_known_defect():
    scripts = {file.name for file in FINDINGS.glob("*.py")}
    assert scripts == {defect.script for defect in DEFECTS}


def test_versions_compare_as_numbers():
    late = Defect(("x",), ("forward",), "", "", "{}", "", since="999.0")
    early = Defect(("x",), ("forward",), "", "", "{}", "", until="2.0")
    now = Defect(("x",), ("forward",), "", "", "{}", "", since="2.6", until="999.10")
    assert [defect.here("cpu") for defect in (late, early, now)] == [False, False, True]
    assert not Defect(("x",), ("forward",), "", "", "{}", "", places=("cuda",)).here("cpu")
