"""The machinery of `make mutants`, as far as it needs no mutation tool."""

from __future__ import annotations

import multiprocessing

import pytest

from tests.mutants import ROOT, Mutant, _exports, _meaning, explanations, killer, users


def test_every_explanation_is_of_a_line_that_is_there():
    for file, before, after in explanations():
        lines = [line.strip() for line in (ROOT / file).read_text().splitlines()]
        assert before in lines, (file, before)
        assert before != after


def test_helpers_are_judged_by_those_that_import_them():
    assert users(ROOT / "reference/naive/relu.py") == [("relu", "naive")]
    sampling = users(ROOT / "reference/_sampling_arguments.py")
    assert ("deform_conv2d", "naive") in sampling
    assert ("relu", "naive") not in sampling
    everything = users(ROOT / "reference/_arguments.py")
    assert {path for _, path in everything} == {"naive", "vectorized"}
    assert users(ROOT / "reference/models/two_layer_net.py") == [("two_layer_net", "vectorized")]
    loops = users(ROOT / "reference/training/evaluate.py")
    assert loops == [("evaluate", "vectorized")]
    assert ("train_epoch", "vectorized") in users(ROOT / "reference/models/_network.py")


@pytest.mark.parametrize(
    ("source", "same"),
    [
        ("def f(x: int = 1) -> str:\n    'says'\n    return zip(x, strict=True)", True),
        ("def f(x=1):\n    'else'\n    return zip(x, strict=False)", True),
        ("def f(x=2):\n    ''\n    return zip(x, strict=False)", False),
    ],
)
def test_annotations_and_docstrings_mean_nothing(source, same):
    original = "def f(x: float = 1):\n    'original'\n    return zip(x, strict=True)"
    assert (_meaning(source) == _meaning(original)) == same


def test_what_the_packages_export_is_as_the_files_say():
    context = multiprocessing.get_context("spawn")  # modules are imported anew
    with context.Pool(1) as pool:
        assert pool.apply(_exports)


def test_a_mutant_is_killed_in_a_process_of_its_own():
    path = "reference/naive/relu.py"
    source = (ROOT / path).read_text()
    results = []
    for changed in (
        source,
        source.replace("<= 0", "< 0"),
        source.replace("np.where", "np.nowhere"),
    ):
        mutant = Mutant(path, 1, "", "", changed)
        context = multiprocessing.get_context("spawn")
        with context.Pool(1) as pool:
            results.append(pool.apply(killer, (mutant, [("relu", "naive")])))
    assert results == [None, "kinks of relu", "forward of relu"]
