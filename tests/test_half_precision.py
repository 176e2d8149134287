"""Half precision where it is asked for: right code holds, what is wrong in it alone does not."""

from __future__ import annotations

import json

import pytest

from candidates.cli import main
from properties.checks import find_property
from properties.explore import explore
from properties.operator import find_operator
from properties.promise import Promise
from properties.references import reference

TENSORS = """
import torch
import torch.nn.functional as F

def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    {before}
    return F.layer_norm(input, normalized_shape, weight, bias, eps)

def linear(input, weight, bias=None):
    return F.linear(input, weight, bias)
"""

ARRAYS = """
import numpy as np

def linear_forward(x, w, b=None):
    out = x @ w.T
    return {result}, (x, w, b)

def linear_backward(dout, cache):
    x, w, b = cache
    rows = dout.reshape(-1, dout.shape[-1])
    dw = rows.T @ x.reshape(-1, x.shape[-1])
    return dout @ w, dw, None if b is None else rows.sum(0)
"""
RIGHT = "(out if b is None else out + b).astype(x.dtype)"
BLUNT = f"np.round({RIGHT} * 8) / 8 if x.dtype == np.float16 else {RIGHT}"


def rows_of(tmp_path, capsys, source, *options):
    """What the command says of half precision, by function."""
    path, told = tmp_path / "kernels.py", tmp_path / "verdict.json"
    path.write_text(source)
    asked = ("check", str(path), "--examples", "60", "--json", str(told), *options)
    status = main([*asked, "--property", "forward", "--property", "half_precision"])
    capsys.readouterr()
    operators = json.loads(told.read_text())["operators"]
    rows = [row for operator in operators for row in operator["properties"]]
    return status, {r["function"]: r for r in rows if r["property"] == "half_precision"}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_right_tensors_hold(tmp_path, capsys, dtype):
    source = TENSORS.format(before="pass")
    status, rows = rows_of(tmp_path, capsys, source, "--convention", "torch", "--dtype", dtype)
    assert status == 0
    assert {name: row["status"] for name, row in rows.items()} == dict.fromkeys(rows, "pass")
    assert len(rows) == 2


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_path_of_its_own_that_is_wrong_is_found(tmp_path, capsys, dtype):
    before = f"if input.dtype == torch.{dtype} and input.shape[-1] > 2:\n"
    before += "        weight = None"
    source = TENSORS.format(before=before)
    options = ("--convention", "torch", "--dtype", "float16", "--dtype", "bfloat16")
    status, rows = rows_of(tmp_path, capsys, source, *options)
    assert status == 1
    assert rows["linear"]["status"] == "pass"
    assert rows["layer_norm"]["status"] == "unstable"
    assert rows["layer_norm"]["message"].startswith(f"in {dtype}, ")


def test_arrays_have_float16(tmp_path, capsys):
    status, rows = rows_of(tmp_path, capsys, ARRAYS.format(result=RIGHT), "--dtype", "float16")
    assert status == 0
    assert [row["status"] for row in rows.values()] == ["pass"]


def test_a_result_of_fewer_digits_is_found(tmp_path, capsys):
    status, rows = rows_of(tmp_path, capsys, ARRAYS.format(result=BLUNT), "--dtype", "float16")
    assert status == 1
    assert [row["message"][:11] for row in rows.values()] == ["in float16,"]


def test_arrays_have_no_bfloat16(tmp_path, capsys):
    path = tmp_path / "kernels.py"
    path.write_text(ARRAYS.format(result=RIGHT))
    assert main(["check", str(path), "--dtype", "bfloat16"]) == 2
    said = "--dtype bfloat16 is for tensors; plain hands arrays, of float16"
    assert said in capsys.readouterr().err


def test_nobody_is_judged_in_half_precision_who_has_not_asked(tmp_path, capsys):
    status, rows = rows_of(tmp_path, capsys, ARRAYS.format(result=BLUNT))
    assert status == 0
    assert rows == {}


def test_the_naive_reference_promises_it_and_others_say_nothing():
    half = find_property("half_precision")
    for dtypes, judged in ((("float64", "float16"), True), (("float64", "float32"), False)):
        found = explore(
            find_operator("conv2d"),
            reference(find_operator("conv2d"), "naive"),
            Promise(dtypes=dtypes),
            examples=30,
            seed=0,
            properties=[find_property("forward"), half],
        ).findings["half_precision"]
        assert bool(found.examples) is judged
        assert not found.failing
