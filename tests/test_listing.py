"""`layerproof operators`: the table, and what each strategy draws."""

from __future__ import annotations

import pytest

from candidates.cli import main
from properties.checks import PROPERTIES, find_property
from properties.operator import find_operator, operator_names


def test_the_table_has_a_row_for_every_operator(capsys):
    assert main(["operators"]) == 0
    head, _, *rows = capsys.readouterr().out.splitlines()
    columns = ["operator", "oracle", "gradients", "properties", "laws", "mistakes", "conventions"]
    assert head.split() == columns
    assert [row.split()[0] for row in rows] == operator_names()
    relu = next(row.split() for row in rows if row.startswith("relu "))
    assert relu[5] == str(len(find_operator("relu").mistakes))
    assert {"cs231n", "cs7643", "mytorch", "plain"} <= {name.strip(",") for name in relu[6:]}


def test_properties_apply_where_there_is_something_to_judge():
    relu, conv2d = find_operator("relu"), find_operator("conv2d")
    kinks, steps = find_property("kinks"), find_property("steps")
    assert kinks.applies(relu)
    assert not kinks.applies(conv2d)
    assert not steps.applies(conv2d)
    assert steps.applies(find_operator("batch_norm"))
    assert all(
        judged.applies(find_operator("batch_norm")) for judged in PROPERTIES if judged != kinks
    )


def test_the_coverage_counts_values_and_corners(capsys):
    assert main(["operators", "relu", "--coverage", "--examples", "60"]) == 0
    head, _, *rows = capsys.readouterr().out.strip().splitlines()
    assert head.split()[:2] == ["relu:", "60"]
    (regimes,) = (row for row in rows if row.startswith("regime"))
    counts = [int(word[:-1]) for word in regimes.replace(",", "").split() if word.endswith("x")]
    assert sum(counts) == 60
    corners = [row for row in rows if row.startswith("corner: ")]
    assert len(corners) == len(find_operator("relu").corners)


def test_an_unknown_operator_is_refused(capsys):
    with pytest.raises(SystemExit) as stopped:
        raise SystemExit(main(["operators", "conv9d"]))
    assert stopped.value.code == 2
    assert "operator must be one of" in capsys.readouterr().err
