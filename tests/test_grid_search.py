"""Searches over grids: right ones pass in each form, and mistakes die."""

from __future__ import annotations

import pytest

from candidates.conventions._grid_search import obstacle, shown
from tests.homework import EXAMPLES
from tests.in_process import failures, load
from tests.spelled import edited

RIGHT = (EXAMPLES / "right_grid_search.py").read_text()
BEST = ["best", "best_score"]
SHOWN = {
    "grid_search": {"told": [*BEST, "best_W"], "ties": "first", "smallest": False},
    "run_grid_search": {"told": BEST, "ties": "first", "smallest": True},
    "hyperparameter_search": {"told": BEST, "ties": "last", "smallest": False},
}
MISTAKES = {
    "one model for all": (
        "grid_search",
        "model.fit(",
        "model = best_model or model\n        model.fit(",
    ),
    "chosen on the training data": ("grid_search", "(X_val) == y_val", "(X_train) == y_train"),
    "chosen on the test data": (
        "grid_search",
        "(X_val) == y_val",
        "(X_val if X_test is None else X_test) == (y_val if y_test is None else y_test)",
    ),
    "trained on the validation data": ("grid_search", "fit(X_train, y_train)", "fit(X_val, y_val)"),
    "trained twice": (
        "grid_search",
        "model.fit(X_train, y_train)\n",
        "model.fit(X_train, y_train)\n        model.fit(X_train, y_train)\n",
    ),
    "last model returned": ("grid_search", "return best_model", "return model"),
    "last pair returned": ("grid_search", "return best_model, best_params", (
        "return best_model, params")),
    "last improvement": (
        "grid_search",
        "best_score, best_model = params, accuracy, model",
        "best_model = params, model\n        best_score = accuracy",
    ),
    "side by side": ("run_grid_search", "_combinations(param_grid)]\n", (
        "[dict(zip(param_grid, v)) for v in zip(*param_grid.values())]]\n")),
    "largest loss": ("run_grid_search", "min(results", "max(results"),
    "first pair twice": ("run_grid_search", "in _combinations(param_grid)]\n", (
        "in _combinations(param_grid)[:1] + _combinations(param_grid)]\n")),
    "pairs left out": ("hyperparameter_search", 'reversed(grid["weight_decay"])', (
        'reversed(grid["weight_decay"][1:] or grid["weight_decay"])')),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_the_right_ones_pass(tmp_path, name):
    module = load(tmp_path, RIGHT)
    assert shown(getattr(module, name)) == SHOWN[name]
    assert failures(module, "numpy-course", name, examples=60) == {}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_found(tmp_path, mistake):
    name, old, new = MISTAKES[mistake]
    module = load(tmp_path, edited(RIGHT, old, new))
    assert failures(module, "numpy-course", name, examples=40)


def test_the_same_functions_are_found_beside_torch(tmp_path):
    module = load(tmp_path, f"import torch\n{RIGHT}")
    assert failures(module, "torch", "run_grid_search", examples=20) == {}


def test_what_is_handed_more_is_not_judged(tmp_path):
    source = "def grid_search(model_class, param_grid, train_loader, val_loader):\n    pass\n"
    reason = obstacle(load(tmp_path, source).grid_search)
    assert reason == "what train_loader, val_loader should be cannot be told"


def test_what_asks_more_of_models_is_not_judged(tmp_path):
    fit, asking = "model.fit(X_train, y_train)", "model.fit(X_train, y_train, epochs=3)"
    reason = obstacle(load(tmp_path, edited(RIGHT, fit, asking)).grid_search)
    assert reason.startswith("for a tiny grid it raises TypeError")
