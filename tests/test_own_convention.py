"""A convention of one's own: the README's example, and what may be wrong with such a file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from candidates.conventions import plain
from properties.models import loop_names, model_names
from tests.homework import write
from tests.test_command import check, layerproof, rows, statuses

README = (Path(__file__).parents[1] / "README.md").read_text()
(EXAMPLE,) = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
CONV = """
def conv(x, w, b, stride):
    taps = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    taps = taps[:, :, ::stride, ::stride]
    return np.einsum("nchwij,fcij->nfhw", taps, w) + b[:, None, None], (x, w, stride)


def conv_grad(dout, cache):
    x, w, stride = cache
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for i, j in np.ndindex(*w.shape[2:]):
        rows = slice(i, i + stride * (dout.shape[2] - 1) + 1, stride)
        columns = slice(j, j + stride * (dout.shape[3] - 1) + 1, stride)
        dx[:, :, rows, columns] += np.einsum("nfhw,fc->nchw", dout, w[:, :, i, j])
        dw[:, :, i, j] = np.einsum("nfhw,nchw->fc", dout, x[:, :, rows, columns])
    return dx, dw, dout.sum(axis=(0, 2, 3))
"""


def convention(tmp_path, *edits):
    source = EXAMPLE
    for old, new in edits:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    path = tmp_path / "my_course.py"
    path.write_text(source)
    return path


def test_the_example_is_as_short_as_it_is_said_to_be():
    assert len([line for line in EXAMPLE.splitlines() if line]) <= 15


def test_the_examples_convention_judges(tmp_path):
    mine = convention(tmp_path)
    verdict, run = check(write(tmp_path, CONV), "--convention", mine)
    assert statuses(verdict) == {"conv2d": "pass"}, run.stdout
    assert "follows my-course:\n  conv2d: conv, conv_grad" in run.stdout
    wrong = CONV.replace("dx[:, :, rows, columns] +=", "dx[:, :, rows, columns] =")
    verdict, run = check(write(tmp_path, wrong), "--convention", mine)
    assert rows(verdict, "conv2d")["gradient"]["status"] == "wrong", run.stdout
    assert "my_course.py" in rows(verdict, "conv2d")["gradient"]["reproduce"]


def test_the_examples_convention_is_shown(tmp_path):
    run = layerproof("conventions", convention(tmp_path))
    assert run.returncode == 0, run.stderr
    assert "my-course: our course's convolution" in run.stdout
    assert "`out, cache = conv(x, w, b, stride)`" in run.stdout


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (None, "does not exist"),
        ("raise KeyError('x')", "raised KeyError: 'x'"),
        ("def f(:", "raised SyntaxError"),
        ("convention = 3", "must define `convention`, a candidates.spelling.Convention"),
        ("", "must define `convention`"),
    ],
)
def test_a_file_that_is_no_convention(tmp_path, source, sentence):
    path = tmp_path / "my_course.py"
    if source is not None:
        path.write_text(source)
    for command in (["check", write(tmp_path, CONV), "--convention"], ["conventions"]):
        run = layerproof(*command, path)
        assert run.returncode == 2
        assert sentence in run.stderr
        assert "my_course.py" in run.stderr
        assert "Traceback" not in run.stderr


def test_a_convention_whose_functions_are_absent(tmp_path):
    path = write(tmp_path, "def pool(x): ...")
    run = layerproof("check", path, "--convention", convention(tmp_path))
    assert run.returncode == 2
    assert "has no function of the convention" in run.stderr


def test_a_mistake_of_the_convention_is_not_the_candidates(tmp_path):
    mine = convention(tmp_path, ('at["stride"][0]', 'at["strides"][0]'))
    verdict, run = check(write(tmp_path, CONV), "--convention", mine)
    message = rows(verdict, "conv2d")["forward"]["message"]
    assert message == "the convention my_course.py, line 11, raised KeyError: 'strides'", run.stdout


def test_a_convention_that_fails_at_recognition_is_named(tmp_path):
    mine = convention(tmp_path, ("pair(Conv), promise)", "pair(Conv), promise, when=len)"))
    run = layerproof("check", write(tmp_path, CONV), "--convention", mine)
    assert run.returncode == 2
    mine = convention(
        tmp_path, ("pair(Conv), promise)", "pair(Conv), promise, when=lambda f: 1 / 0)")
    )
    run = layerproof("check", write(tmp_path, CONV), "--convention", mine)
    assert run.returncode == 2
    assert "layerproof: the convention my_course.py, line 16, raised ZeroDivision" in run.stderr


def test_what_the_plain_convention_leaves_out_is_composed():
    assert set(model_names()) | set(loop_names()) == plain.COMPOSED
