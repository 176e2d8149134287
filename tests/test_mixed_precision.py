"""A step with scaled gradients: the example, and scales as numbers of any kind."""

from __future__ import annotations

import pytest

from tests.in_process import edited, failures, load

NAME = "mixed_precision_step_forward"
EXAMPLE = "right_utilities.py"


@pytest.mark.parametrize("scale", ["scale.copy()", "scale * 1.0"])
def test_the_example_passes(tmp_path, scale):
    text = edited(EXAMPLE, "return w, b, scale.copy()", f"return w, b, {scale}")
    assert failures(load(tmp_path, text), "plain", NAME, examples=40) == {}


MISTAKES = [
    ("dw, db = dw / scale, db / scale", "dw, db = dw.astype(np.float16) / scale, db / scale"),
    ("for g in (dw, db)):\n        return w.copy()", "for g in (dw,)):\n        return w.copy()"),
    ("if growth_tracker + 1 == growth_interval", "if growth_tracker == growth_interval"),
    ("np.asarray(scale * backoff_factor)", "np.asarray(scale / 2)"),
]


@pytest.mark.parametrize(("old", "new"), MISTAKES)
def test_a_mistake_is_found(tmp_path, old, new):
    module = load(tmp_path, edited(EXAMPLE, old, new))
    assert failures(module, "plain", NAME, "forward", "steps", "laws", examples=50)
