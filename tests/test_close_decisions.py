"""Trainings whose decisions float32 cannot tell: right code may take either."""

from __future__ import annotations

import numpy as np
import pytest

from properties.case import Case
from properties.checks import find_property
from properties.checks.property import NotJudged
from properties.operator import find_operator
from properties.promise import Promise
from properties.references import reference
from properties.trial import Trial

NEAR = (
    '{"operator":"train_model","attributes":{"batch_sizes":[2,1],"features":[3],"hidden":4,'
    '"classes":2,"normalised":false,"val_batch_sizes":[2,2,2,2],"learning_rate":3.0,"momentum":0.0,'
    '"epochs":8,"gamma":0.5,"keep":"loss","ties":"first","patience":2,"plateau":null,'
    '"watch":"loss"},"regime":"normal","steps":[{}],"seed":11145}'
)


def test_losses_that_float32_cannot_tell_apart_decide_nothing():
    """They are 8.26452657, 8.26452659 and 8.2645266: an epoch more or less is rounding."""
    case, operator = Case.from_json(NEAR), find_operator("train_model")
    for path in ("naive", "vectorized"):
        trial = Trial(operator, reference(operator, path), Promise(), case)
        assert find_property("forward").failure(trial) is None
        with pytest.raises(NotJudged):
            find_property("precision").failure(trial)


@pytest.mark.parametrize(
    ("keep", "plateau", "losses", "least"),
    [
        ("loss", None, [2.0, 1.0, 1.5], 0.5),
        ("loss", None, [2.0, 1.0, 1.0], 0.5),  # the same is the same anywhere
        ("accuracy", None, [1.0, 1.0 + 1e-9], float("inf")),
        ("accuracy", 1, [1.0, 0.9999 + 1e-9], 1e-9),
    ],
)
def test_the_margin_of_a_training_is_that_of_its_closest_comparison(keep, plateau, losses, least):
    at = {"keep": keep, "plateau": plateau, "watch": "loss"}
    found = find_operator("train_model").margin(at, {"val_losses": np.array(losses)})
    assert found == pytest.approx(least, rel=1e-3)
