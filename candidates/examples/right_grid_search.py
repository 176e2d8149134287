"""Right searches over grids of hyperparameters, in the forms that homework gives them."""

import itertools


def _combinations(grid):
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def grid_search(model_fn, param_grid, X_train, y_train, X_val, y_val, X_test=None, y_test=None):
    best_params, best_score, best_model = None, -1.0, None
    for params in _combinations(param_grid):
        model = model_fn(**params)
        model.fit(X_train, y_train)
        accuracy = (model.predict(X_val) == y_val).mean()
        if accuracy > best_score:
            best_params, best_score, best_model = params, accuracy, model
    return best_model, best_params, best_score


def run_grid_search(train_fn, param_grid):
    results = [(train_fn(**params), params) for params in _combinations(param_grid)]
    best_loss, best_params = min(results, key=lambda result: result[0])
    return {"best_params": best_params, "best_loss": best_loss, "all": results}


def hyperparameter_search(evaluate_fn, grid):
    best = {"score": -1.0}
    for decay in reversed(grid["weight_decay"]):
        for rate in grid["learning_rate"]:
            params = {"learning_rate": rate, "weight_decay": decay}
            score = evaluate_fn(params)
            if score >= best["score"]:
                best = {**params, "score": score}
    return best
