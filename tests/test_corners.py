"""The two references agree where the properties do not look, whatever the size of their blocks."""

from __future__ import annotations

import importlib

import pytest

from tests.corners import CORNERS, TUNED, disagreement


@pytest.mark.parametrize("size", [None, 1, 200], ids=["as it is", "one a block", "a few a block"])
@pytest.mark.parametrize(
    ("name", "arguments", "options"), CORNERS, ids=[f"{c[0]}-{i}" for i, c in enumerate(CORNERS)]
)
def test_the_paths_agree(name, arguments, options, size, monkeypatch):
    if size is not None:
        for module, constant in TUNED:
            tuned = importlib.import_module(f"reference.vectorized.{module}")
            monkeypatch.setattr(tuned, constant, size)
    assert disagreement(name, arguments, options) is None
