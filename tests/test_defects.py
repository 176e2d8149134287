"""Known defects of PyTorch: each still fails where it is said to, and nothing else is excused."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from candidates.subjects import torch_subject
from properties.case import Case
from properties.checks import find_property
from properties.defects import DEFECTS, Defect, excuse
from properties.operator import find_operator
from properties.promise import Promise
from properties.torch_functions import device_problem
from properties.trial import Trial

FINDINGS = Path(__file__).parents[1] / "docs" / "findings"

every_defect = pytest.mark.parametrize(
    "defect", DEFECTS, ids=[defect.script.removesuffix(".py") for defect in DEFECTS]
)


def failure_of(defect, device):
    case = Case.from_json(defect.case)
    judged = torch_subject(case.operator, device).implementations[0]
    trial = Trial(find_operator(case.operator), judged.implementation, Promise(), case)
    return str(find_property(defect.properties[0]).failure(trial))


@every_defect
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_known_defect_still_fails_as_it_is_said_to(defect, device):
    problem = device_problem(device)
    if problem is not None:
        pytest.skip(problem)
    failure = failure_of(defect, device)
    if defect.here(device):
        assert re.search(defect.pattern, failure), (
            f"{defect.script} does not fail so any more: {failure}; give the version in `until`"
        )
    else:
        assert not re.search(defect.pattern, failure), "the versions of this defect are wrong"


@every_defect
def test_only_its_own_sentence_is_excused(defect):
    if not defect.here("cpu"):
        pytest.skip("not a defect of this version")
    sentence, excused = failure_of(defect, "cpu"), excuse("cpu")
    assert excused(defect.operators[0], defect.properties[0], sentence)
    assert not excused(
        defect.operators[0], defect.properties[0], "out[0] differs: expected 1, got 2"
    )
    assert not excused("linear", defect.properties[0], sentence)
    assert not excused(defect.operators[0], "forward", sentence)


@every_defect
def test_its_script_is_short_and_fails_by_the_library_alone(defect):
    script = FINDINGS / defect.script
    imports = [node for node in ast.parse(script.read_text()).body if hasattr(node, "names")]
    assert [name.name for node in imports for name in node.names] == [defect.library]
    assert len([line for line in script.read_text().splitlines() if line.strip()]) <= 20
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    raised = defect.pattern.removeprefix("raised ") if "raised" in defect.pattern else "Assertion"
    fails = run.returncode == 1 and re.search(raised, run.stderr) is not None
    assert fails == defect.here("cpu"), run.stderr


def test_every_finding_is_a_known_defect():
    scripts = {file.name for file in FINDINGS.glob("*.py")}
    assert scripts == {defect.script for defect in DEFECTS}


def test_versions_compare_as_numbers():
    late = Defect(("x",), ("forward",), "", "", "{}", "", since="999.0")
    early = Defect(("x",), ("forward",), "", "", "{}", "", until="2.0")
    now = Defect(("x",), ("forward",), "", "", "{}", "", since="2.6", until="999.10")
    assert [defect.here("cpu") for defect in (late, early, now)] == [False, False, True]
    assert not Defect(("x",), ("forward",), "", "", "{}", "", devices=("cuda",)).here("cpu")
