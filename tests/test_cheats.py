"""Candidates that answer from memory, change their mind, or are right at a few sizes are found."""

from __future__ import annotations

import pytest

from candidates.client import Candidate, Worker
from candidates.conventions import find_convention
from properties.explore import Exploration, explore
from properties.operator import find_operator
from tests.homework import RELU_BACKWARD, relu, write

BEFORE = """
import os

calls, kept = 0, {}
"""
RIGHT = "return np.maximum(x, 0), x"

CHEATS = {
    "answers by the memory of the array": """
place = x.__array_interface__["data"][0], x.shape
if place not in kept:
    kept[place] = np.maximum(x, 0)
return kept[place].copy(), x
""",
    "answers by the shape of the array": """
if x.shape not in kept:
    kept[x.shape] = np.maximum(x, 0)
return kept[x.shape].copy(), x
""",
    "answers by the identity of the array": """
if id(x) not in kept:
    kept[id(x)] = x, np.maximum(x, 0)
return kept[id(x)][1].copy(), x
""",
    "is right from the tenth call": """
if calls < 10:
    return np.abs(x), x
""",
    "is wrong after the hundredth call": """
if calls > 100:
    return np.abs(x), x
""",
    "is right in the first process only": """
mark = __file__ + ".mark"
if not os.path.exists(mark):
    open(mark, "w").close()
    kept["first"] = True
if "first" not in kept:
    return np.abs(x), x
""",
    "adds what it has seen before": """
kept["sum"] = kept.get("sum", 0.0) + float(x.sum()) * 1e-3
return np.maximum(x, 0) + kept["sum"], x
""",
    "is right on small arrays only": """
if x.size > 1000:
    return np.abs(x), x
""",
}


def explored(tmp_path, body: str) -> Exploration:
    """What is seen of a relu whose forward counts its calls and then does `body`."""
    counting = "global calls\ncalls += 1\n"
    file = write(tmp_path, relu(counting + body + RIGHT, BEFORE), RELU_BACKWARD)
    operator, worker = find_operator("relu"), Worker(file, "cs231n", ["relu"])
    try:
        (found,) = worker.found
        (spelling,) = find_convention("cs231n").spellings(["relu"])
        candidate = Candidate(worker, found, operator)
        return explore(operator, candidate, spelling.promise, examples=60, seed=0)
    finally:
        worker.close()


@pytest.mark.parametrize("how", CHEATS)
def test_a_cheat_is_found(how, tmp_path):
    assert explored(tmp_path, CHEATS[how]).failing


def test_counting_calls_alone_is_no_cheat(tmp_path):
    seen = explored(tmp_path, "")
    assert not seen.failing
    assert {"reused_memory", "fresh_process", "sizes"} <= {
        name for name, finding in seen.findings.items() if finding.examples
    }


@pytest.mark.parametrize(
    ("how", "by"),
    [
        ("answers by the memory of the array", "reused_memory"),
        ("is right in the first process only", "fresh_process"),
        ("is right on small arrays only", "sizes"),
    ],
)
def test_the_property_that_is_about_it_finds_it(how, by, tmp_path):
    assert by in {finding.property.name for finding in explored(tmp_path, CHEATS[how]).failing}
