"""The worker half of solvers: `Solver(model, data, ...)`, `train()`, on a small linear classifier.

The model and the update rules are made here, of plain data. The model writes down which samples it
is handed; that is evidence for the parent, which computes the whole training again.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from candidates.conventions._objects import names
from candidates.conventions._tensors import load_torch, on_torch
from candidates.spelling import Signature
from properties.plain import WrongResult

HISTORIES = ("loss_history", "train_acc_history", "val_acc_history")


def is_solver(kind: Any) -> bool:
    """Whether a class is constructed from a model and its data, and has a method train."""
    if not inspect.isclass(kind) or not inspect.isfunction(getattr(kind, "train", None)):
        return False
    return names(kind.__init__)[:2] == ("model", "data")


def of_arrays(kind: Any) -> bool:
    return is_solver(kind) and not on_torch(kind)


def of_tensors(kind: Any) -> bool:
    return is_solver(kind) and on_torch(kind)


NEEDED = {"update_rule", "optim_config", "batch_size", "num_epochs"}
OPTIONAL = {"lr_decay": (1.0,), "num_train_samples": (None,)}
"""Options that not every solver has, and what they are then."""


def _said(kind: Any) -> set[str]:
    """The names of options, attributes and arguments in the text of a class; all of them for want
    of a text."""
    nodes: list[ast.AST] = []
    try:
        for method in vars(kind).values():
            if inspect.isfunction(method):
                nodes += ast.walk(ast.parse(textwrap.dedent(inspect.getsource(method))))
    except (OSError, TypeError, SyntaxError):
        return {*NEEDED, *OPTIONAL, *HISTORIES, "best_val_acc", "verbose"}
    found = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    found |= {n.attr for n in nodes if isinstance(n, ast.Attribute)}
    return found | {n.arg for n in nodes if isinstance(n, ast.arg)}


def obstacle(kind: Any) -> str:
    """Why a solver cannot be run on a classifier; "" where it can."""
    absent = sorted(NEEDED - _said(kind))
    return f"it has no option {', '.join(absent)}" if absent else ""


def told(kind: Any, _: Any) -> dict[str, Any]:
    """What a solver shows, and what it has no options for."""
    said = _said(kind)
    shown = [name for name in (*HISTORIES, "best_val_acc") if name in said]
    domain = {OURS.get(n, n): values for n, values in OPTIONAL.items() if n not in said}
    return {"outputs": [*shown, "W", "b"], **({"domain": domain} if domain else {})}


OURS = {"num_train_samples": "train_samples"}


class Classifier:
    """affine - softmax as the course's models: `params`, and `loss(X, y)` with its gradients.

    W is (D, C). `seen` has, call by call, the numbers of the samples and whether they came with
    labels; -1 is a sample that is none of the training data.
    """

    def __init__(self, x: np.ndarray, W: np.ndarray, b: np.ndarray) -> None:
        self.params: dict[str, Any] = {"W": W.T.copy(), "b": b.copy()}
        self.seen: list[tuple[bool, np.ndarray]] = []
        self._numbers = {row.tobytes(): i for i, row in enumerate(x)}

    def arrays(self) -> dict[str, np.ndarray]:
        """The parameters as arrays."""
        return self.params

    def loss(self, X: Any, y: Any = None) -> Any:
        X = np.asarray(X)
        ids = [self._numbers.get(np.ascontiguousarray(row).tobytes(), -1) for row in X]
        self.seen.append((y is not None, np.array(ids, np.int64)))
        rows, params = X.reshape(len(X), -1), self.arrays()
        scores = rows @ params["W"] + params["b"]
        if y is None:
            return scores
        shifted = scores - scores.max(axis=1, keepdims=True)
        log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        picked = np.arange(len(X)), np.asarray(y)
        dscores = np.exp(log_p)
        dscores[picked] -= 1
        dscores /= len(X)
        return -log_p[picked].mean(), {"W": rows.T @ dscores, "b": dscores.sum(axis=0)}


class TensorClassifier(Classifier):
    """The same on tensors, which may be moved to a device."""

    def __init__(self, x: np.ndarray, W: np.ndarray, b: np.ndarray) -> None:
        super().__init__(x, W, b)
        self.params = {n: load_torch().from_numpy(a) for n, a in self.params.items()}

    def arrays(self) -> dict[str, np.ndarray]:
        return {name: tensor.detach().numpy() for name, tensor in self.params.items()}

    def loss(self, X: Any, y: Any = None) -> Any:
        torch = load_torch()
        result = super().loss(X.numpy(), None if y is None else y.numpy())
        if y is None:
            return torch.from_numpy(result)
        return torch.tensor(result[0]), {n: torch.from_numpy(g) for n, g in result[1].items()}


def sgd(w: Any, dw: Any, config: Any = None) -> Any:
    """As the course's own, it writes into w."""
    w -= config["learning_rate"] * dw
    return w, config


def sgd_momentum(w: Any, dw: Any, config: Any = None) -> Any:
    """The velocity lives in the dictionary, and w is written into."""
    velocity = config["momentum"] * config.get("velocity", 0.0) - config["learning_rate"] * dw
    config["velocity"] = velocity
    w += velocity
    return w, config


RULES = types.SimpleNamespace(sgd=sgd, sgd_momentum=sgd_momentum)
"""What stands for the module optim: its own file is judged by itself."""


class Solver:
    """`Solver(model, data, update_rule, optim_config, lr_decay, ...)`, then `train()`.

    data has X_train, y_train, X_val and y_val. Afterwards loss_history has a loss a step,
    train_acc_history and val_acc_history an accuracy after the first step and after each epoch, and
    model.params are those of the first best validation accuracy, best_val_acc.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._kind, self._said = forward, _said(forward)

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        rule = "sgd_momentum" if at["momentum"] else "sgd"
        config = {"learning_rate": at["learning_rate"]}
        if at["momentum"]:
            config["momentum"] = at["momentum"]
        model, data = self.made(inputs)
        options = {
            "update_rule": self.rule(rule),
            "optim_config": config,
            "lr_decay": at["lr_decay"],
            "batch_size": at["batch_size"],
            "num_epochs": at["epochs"],
            "num_train_samples": at["train_samples"],
            "verbose": False,
        }
        options = {name: value for name, value in options.items() if name in self._said}
        with optim_replaced(self._kind):
            solver = self._kind(model, data, **options)
            solver.train()
        shown = [name for name in HISTORIES if name in self._said]
        found: dict[str, Any] = {n: _numbers(n, getattr(solver, n, None)) for n in shown}
        best = _numbers("best_val_acc", [getattr(solver, "best_val_acc", None)])
        found["best_val_acc"] = best[0]
        seen = evidence(model.seen)
        sizes = {"train": seen["checked_ids"].shape[-1], "val": len(inputs["x_val"])}
        for name in ("train_acc_history", "val_acc_history", "best_val_acc"):
            if name in found:
                found[name] = _fraction(found[name], sizes["train" if "train" in name else "val"])
        return found | self.parameters(model) | seen, None

    def made(self, inputs: Mapping[str, Any]) -> tuple[Classifier, dict[str, Any]]:
        """The model and the data."""
        model = Classifier(inputs["x"], inputs["W"], inputs["b"])
        return model, {theirs: inputs[ours].copy() for theirs, ours in DATA.items()}

    def rule(self, name: str) -> Any:
        """What is given as the update rule."""
        return name

    def parameters(self, model: Classifier) -> dict[str, Any]:
        """What the model holds afterwards, by the operator's names."""
        params = model.params
        if not isinstance(params, dict) or not {"W", "b"} <= set(params):
            raise WrongResult("model.params lacks the model's parameters after the training")
        return {"W": np.asarray(params["W"]).T.copy(), "b": np.asarray(params["b"]).copy()}

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


DATA = {"X_train": "x", "y_train": "y", "X_val": "x_val", "y_val": "y_val"}


class TensorSolver(Solver):
    """`Solver(model, data, update_rule, ..., device)` on tensors; the rule is a function."""

    def made(self, inputs: Mapping[str, Any]) -> tuple[Classifier, dict[str, Any]]:
        torch = load_torch()
        model = TensorClassifier(inputs["x"], inputs["W"], inputs["b"])
        return model, {t: torch.from_numpy(inputs[ours].copy()) for t, ours in DATA.items()}

    def rule(self, name: str) -> Any:
        return getattr(RULES, name)


def evidence(seen: list[tuple[bool, np.ndarray]]) -> dict[str, Any]:
    """The samples of every training step, and of every check of the training data.

    Raises WrongResult where steps, or checks, have different numbers of samples.
    """
    batches: list[np.ndarray] = []
    checks: list[list[np.ndarray]] = []
    checking = False
    for labelled, ids in seen:
        if labelled:
            batches.append(ids)
            checking = False
        elif (ids >= 0).all():
            if not checking:
                checks.append([])
            checks[-1].append(ids)
            checking = True
    found = {"batch_ids": batches, "checked_ids": [np.concatenate(parts) for parts in checks]}
    for name, rows in found.items():
        if len({len(row) for row in rows}) > 1:
            what = "batches" if name == "batch_ids" else "checks of the training accuracy"
            raise WrongResult(f"its {what} have different numbers of samples")
    return {name: np.array(rows, np.int64) for name, rows in found.items()}


def _numbers(name: str, history: Any) -> np.ndarray:
    """A history as an array. Raises WrongResult where it is none of numbers."""
    if not isinstance(history, (list, tuple, np.ndarray)):
        raise WrongResult(f"{name} is {type(history).__name__}, expected a list")
    if any(getattr(value, "grad_fn", None) is not None for value in history):
        raise WrongResult(f"{name} holds the graphs of its batches")
    try:
        return np.array([float(value) for value in history])
    except (TypeError, ValueError):
        raise WrongResult(f"{name} is something else than numbers") from None


def _fraction(accuracy: Any, samples: int) -> Any:
    """An accuracy as the fraction that it is: courses compute it in float32."""
    counted = np.round(accuracy * samples)
    near = np.abs(accuracy * samples - counted) < 1e-4
    return np.where(near, counted / max(samples, 1), accuracy)


@contextmanager
def optim_replaced(kind: Any) -> Iterator[None]:
    """A solver's module `optim` exchanged for right rules, whatever is there."""
    space = kind.train.__globals__
    before = space.get("optim")
    space["optim"] = RULES
    try:
        yield
    finally:
        if before is None:
            del space["optim"]
        else:
            space["optim"] = before
