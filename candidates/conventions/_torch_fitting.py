"""Whole trainings on torch: epochs, each followed by a validation, as functions of a homework.

A function is found by its name (`train_model`, `train`, `fit`, `training_loop` ...), and by taking
a model, an optimizer, a number of epochs and two loaders (or a dictionary of the two, by the names
train and val, also of its module's), as its parameters are called. It is handed what
`_torch_training` hands to loops of one epoch, and `torch.optim.lr_scheduler.StepLR` of one epoch
where it takes a scheduler, or `ReduceLROnPlateau` where it tells it a result of the validation.

Its text says what is promised: which lists of the result are losses and accuracies, averaged, of
training and of validation; whether the parameters of the best epoch are put back, by loss or by
accuracy, the first of several or the last; whether it stops early, after `patience` epochs that
were not better or at the next one.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from candidates.conventions._torch_batches import (
    names_of_parts,
    not_of_classes,
    parsed,
    return_values,
    takes_logarithms,
    unlike_ours,
)
from candidates.conventions._torch_foreign import foreign
from candidates.conventions._torch_given import after, classifier, loader
from candidates.conventions._torch_returned import ACCURACY, LOSS, is_average
from candidates.conventions._torch_settings import Reports
from candidates.conventions._torch_training import (
    PROMISE,
    ROLES,
    has_gpu,
    named_roles,
    needs_gpu,
    of_classes,
    own_roles,
    spared,
    untold_accumulation,
    watched,
)
from candidates.spelling import Signature, Spelling
from properties.plain import WrongResult

HELD = r"(_?\w*(loader|dl|iter|iterator|data|batches|gen))?"
FITTING_ROLES = {
    "model": ROLES["model"],
    "device": ROLES["device"],
    "sizes": r"data(set)?_?(sizes?|lengths?)",
    "patience": r"(early_?stop(ping)?_?)?patience",
    "loaders": r"(data_?)?loaders(_dict)?|dls",
    "train": rf"(train|trn|tr|training){HELD}|(data_?)?(loader|dl)_(train|tr)",
    "val": rf"(val|valid|validation|test|dev|eval){HELD}|(data_?)?(loader|dl)_(val|valid|test)",
    "optimizer": ROLES["optimizer"],
    "criterion": ROLES["criterion"],
    "scheduler": r"(lr_?)?sched(uler)?|lr_scheduler",
    "epochs": ROLES["epochs"],
    "accumulation": ROLES["accumulation"],
    "reports": ROLES["reports"],
}
NAMES = (
    *("train_model", "train", "fit", "training_loop", "train_loop", "training", "train_network"),
    *("train_and_validate", "train_and_evaluate", "fit_model", "run_training", "train_net"),
    *("train_val", "train_val_model", "model_train", "trainer"),
)
BEST = re.compile(r"best|min|lowest|max|highest", re.IGNORECASE)
OF_TRAIN, OF_VAL = re.compile(r"tr(ain|n|_)"), re.compile(r"val|test|dev|eval")
ENOUGH, LOADED = {"model", "optimizer", "epochs"}, ("train", "val", "loaders")


GLOBALS = {"dataloaders": "loaders", "dataset_sizes": "sizes", "device": "device"}
"""What functions of PyTorch's tutorial take from their module."""


def roles_of(function: Any) -> dict[str, str]:
    """What each parameter of a whole training is."""
    return own_roles(function) or spared(function, named_roles(function, FITTING_ROLES))


def _global_roles(function: Any) -> dict[str, str]:
    """The names that a function takes from its module, and what they are."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    names = code.co_names if code and not own_roles(function) else ()
    return {name: role for name, role in GLOBALS.items() if name in names}


def fits(function: Any) -> bool:
    """Whether a function is a whole training with a validation."""
    if not inspect.isfunction(function):
        return False
    roles = set(roles_of(function).values())
    roles |= set(_global_roles(function).values())
    return roles >= ENOUGH and (roles >= {"train", "val"} or "loaders" in roles)


def obstacle(function: Any, kind: type[Fitting] | None = None) -> str:
    """Why a training cannot be run on a classifier of batches (x, y), in words; "" where it can."""
    roles = roles_of(function)
    if unknown := [name for name, role in roles.items() if role == "?"]:
        return f"what {', '.join(unknown)} should be cannot be told"
    source, tree = parsed(function)
    if not source:
        return "its text cannot be read"
    if untold := untold_accumulation(tree, roles):
        return f"it adds up the gradients of several batches, how many says {untold}"
    if needs_gpu(source) and not has_gpu():
        return "it moves batches to a GPU, and there is none"
    if unclear := [text for text, watched_ in metrics(tree) if not watched_]:
        return f"what its scheduler is told cannot be judged ({unclear[0]})"
    if restores(source) and not criterion_of(tree):
        return "which parameters it puts back cannot be told"
    if why := not_of_classes(function):
        return why
    roles |= _global_roles(function)
    names = {role: name for name, role in roles.items()}
    over = [names[role] for role in LOADED if role in names]
    if why := unlike_ours(tree, names["model"], over):
        return why
    return foreign(lambda: small_run(function, kind), function)


def small_run(function: Any, kind: type[Fitting] | None = None) -> None:
    """Two epochs of a training on a few samples."""
    rng = np.random.default_rng(0)
    shapes = {"x": (5, 4), "W1": (3, 4), "b1": (3,), "W2": (6, 3), "b2": (6,), "x_val": (3, 4)}
    arrays = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    ids = {"y": np.arange(5) % 3, "y_val": np.arange(3)}
    at = {"batch_sizes": (3, 2), "val_batch_sizes": (3,), "epochs": 2, "patience": None}
    at |= {"learning_rate": 0.0, "momentum": 0.0, "plateau": None, "gamma": 1.0}
    if metrics(parsed(function)[1]):
        at |= {"plateau": 1, "watch": "loss"}
    (kind or Fitting)(function, None, Signature((), ())).forward(at, {**arrays, **ids})


def metrics(tree: ast.AST) -> list[tuple[str, str]]:
    """What a scheduler is told: the text, and which of the validation's results it is, or ""."""
    return [
        (ast.unparse(call.args[0]), _watched(call.args[0], guards))
        for call, guards in _guarded(tree, ())
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "step"
        and "sched" in ast.unparse(call.func.value).lower()
        and call.args
    ]


def _guarded(node: ast.AST, guards: tuple[str, ...]) -> Iterator[tuple[ast.Call, tuple[str, ...]]]:
    """The calls of a text, each with the conditions under which it is made."""
    if isinstance(node, ast.Call):
        yield node, guards
    for name, value in ast.iter_fields(node):
        within = guards
        if isinstance(node, ast.If) and name == "body":
            within = (*guards, ast.unparse(node.test))
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, ast.AST):
                yield from _guarded(inner, within)


def _watched(metric: ast.expr, guards: tuple[str, ...]) -> str:
    name = ast.unparse(metric).lower()
    of_val = OF_VAL.search(name) or any(re.search(r"== ['\"](val|test)", g) for g in guards)
    if not of_val or OF_TRAIN.search(OF_VAL.sub("", name)):
        return ""
    return "accuracy" if ACCURACY.search(name) else "loss" if LOSS.search(name) else ""


def restores(source: str) -> bool:
    """Whether the parameters of some epoch are put back, or returned as a copy."""
    put_back = re.search(r"load_state_dict\(", source)
    returned = re.search(r"return .*best_(model|net)\b", source)
    return bool(put_back or returned)


def criterion_of(tree: ast.AST) -> str:
    """What makes an epoch the best so far, "loss" or "accuracy", by its comparison; "" for none.

    With "=" at the end where an equal one replaces it.
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare) or len(node.ops) != 1:
            continue
        left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
        if not BEST.search(right) or "patience" in f"{left} {right}":
            continue
        equal = "=" if isinstance(node.ops[0], (ast.LtE, ast.GtE)) else ""
        if isinstance(node.ops[0], (ast.Gt, ast.GtE)) and ACCURACY.search(f"{left} {right}"):
            return f"accuracy{equal}"
        if isinstance(node.ops[0], (ast.Lt, ast.LtE)) and LOSS.search(f"{left} {right}"):
            return f"loss{equal}"
    return ""


def returned(function: Any) -> dict[str, Any]:
    """Where in a function's result its lists of averages are: a place, or a key of a dictionary."""
    source, tree = parsed(function)
    values = return_values(tree)
    if not values:
        return {}
    value = values[-1]
    elements = list(value.elts) if isinstance(value, ast.Tuple) else [value]
    found: dict[str, Any] = {}
    for place, element in enumerate(elements):
        for path, name in _lists(element, tree):
            role = _series(str(path[-1]) if path else name)
            where = (place if isinstance(value, ast.Tuple) else None, *path)
            if role and role not in found and _appends_averages(name, path, source, tree):
                found[role] = where
    return found


def _lists(element: ast.expr, tree: ast.AST) -> Iterator[tuple[tuple[Any, ...], str]]:
    """The lists that an element of the result is, or holds by key: (keys, name)."""
    if isinstance(element, ast.Dict):
        for key, inner in zip(element.keys, element.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(inner, ast.Name):
                yield (key.value,), inner.id
    if not isinstance(element, ast.Name):
        return
    yield (), element.id
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Dict):
            continue
        if any(isinstance(t, ast.Name) and t.id == element.id for t in node.targets):
            for key in node.value.keys:
                if isinstance(key, ast.Constant):
                    yield (key.value,), element.id


def _series(name: str) -> str:
    """Which of the four results a list is, by its name; "" where it does not say."""
    name = name.lower()
    kind = "accuracies" if ACCURACY.search(name) else "losses" if LOSS.search(name) else ""
    of = "val" if OF_VAL.search(name) else "train" if OF_TRAIN.search(name) else ""
    return f"{of}_{kind}" if kind and of else ""


def _appends_averages(name: str, path: tuple[Any, ...], source: str, tree: ast.AST) -> bool:
    """Whether averages are appended to a list, once an epoch."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr != "append" or len(node.args) != 1:
            continue
        wanted = (
            name if not path or isinstance(node.func.value, ast.Name) else f"{name}[{path[-1]!r}]"
        )
        if ast.unparse(node.func.value) == wanted:
            return is_average(ast.unparse(node.args[0]), source)
    return False


def told(function: Any, backward: Any) -> dict[str, Any]:
    """What can be judged of a function, and the cases that it can be asked for."""
    source, tree = parsed(function)
    roles = roles_of(function).values()
    best = criterion_of(tree)
    keep = best.rstrip("=") if restores(source) else "last"
    waits = "patience" in roles
    domain: dict[str, Any] = {
        **of_classes(function),
        "keep": [keep],
        "ties": ["last" if best.endswith("=") else "first"],
        "patience": [2, 1] if waits and best.startswith("loss") else [None],
        "gamma": [0.5] if "scheduler" in roles else [1.0],
    }
    if waits and keep == "accuracy":
        domain["patience"] = [2, 1]
    if told_ := {watched_ for _, watched_ in metrics(tree)}:
        domain["plateau"], domain["watch"] = [0, 1], sorted(told_)
    else:
        domain["plateau"] = [None]
    left = ("W1", "b1", "gamma1", "beta1", "W2", "b2", "running_mean1", "running_var1")
    return {"outputs": [*returned(function), *left], "domain": domain}


class Fitting:
    """`train_model(model, train_loader, val_loader, ...)`: epochs, each followed by a validation.

    It may return the model, and lists (or a dictionary of lists) with a number for each epoch.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._function, self._roles = forward, roles_of(forward)
        self._told, self._logarithms = returned(forward), takes_logarithms(forward)
        self._source, tree = parsed(forward)
        self._around = _global_roles(forward)
        over = [n for n, r in {**self._roles, **self._around}.items() if r in LOADED]
        self._parts = names_of_parts(tree, over)

    def made(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What a training may be given, by role."""
        import torch

        of_training = {n: a for n, a in inputs.items() if n not in ("x_val", "y_val")}
        of_validation = {"x": inputs["x_val"], "y": inputs["y_val"]}
        model = classifier(at, of_training, logarithms=self._logarithms)
        options = {"lr": at["learning_rate"], "momentum": at["momentum"]}
        optimizer = torch.optim.SGD(model.parameters(), **options)
        train = loader(at, of_training)
        val = loader({"batch_sizes": at["val_batch_sizes"]}, of_validation)
        return {
            "model": model,
            "loaders": {"train": train, "val": val},
            "train": train,
            "val": val,
            "optimizer": optimizer,
            "criterion": torch.nn.CrossEntropyLoss(),
            "scheduler": _scheduler(optimizer, at),
            "device": torch.device("cpu"),
            "patience": self._patience(at),
            "epochs": at["epochs"],
            "accumulation": 1,
            "unused": None,
            "reports": Reports(),
            "sizes": {"train": len(of_training["x"]), "val": len(of_validation["x"])},
        }

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        import torch

        made = self.made(at, inputs)
        arguments = {name: made[role] for name, role in self._roles.items()}
        around = {name: made[role] for name, role in self._around.items()}
        roles = {**self._roles, **self._around}
        moved = watched(roles, [made["train"], made["val"]], self._parts)
        # With gradients, as where homework calls it.
        with held(self._function, around), moved, torch.enable_grad():
            result = self._function(**arguments)
        model = _model(result, made["model"])
        outputs = {name: a for name, a in after(model).items() if name in inputs}
        for name, where in self._told.items():
            outputs[name] = _series_of(result, where, name)
        return outputs, None

    def _patience(self, at: Mapping[str, Any]) -> int:
        """Where training goes on while a count does not exceed the patience, one less is given."""
        given = at["patience"] or at["epochs"] + 1
        beyond = re.search(r"(?<![<>=])>\s*(self\.)?\w*patience|patience\s*<(?!=)", self._source)
        return given - 1 if beyond else given

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


def _scheduler(optimizer: Any, at: Mapping[str, Any]) -> Any:
    from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR

    if at["plateau"] is None:
        return StepLR(optimizer, 1, at["gamma"])
    mode = "max" if at["watch"] == "accuracy" else "min"
    return ReduceLROnPlateau(optimizer, mode, at["gamma"], at["plateau"])


@contextmanager
def held(function: Any, names: Mapping[str, Any]) -> Iterator[None]:
    """Set names in a function's module, for as long as it is called."""
    space = inspect.unwrap(function).__globals__
    before = {name: space[name] for name in names if name in space}
    space.update(names)
    try:
        yield
    finally:
        for name in names:
            del space[name]
        space.update(before)


def _model(result: Any, model: Any) -> Any:
    """The model that a function returns, else the one it was given."""
    for value in result if isinstance(result, (tuple, list)) else [result]:
        if isinstance(value, type(model)):
            return value
    return model


def _series_of(result: Any, where: tuple[Any, ...], name: str) -> np.ndarray:
    """The numbers of a list in a result. Raises WrongResult where it is none."""
    values = result
    for key in where:
        if key is None:
            continue
        try:
            values = values[key]
        except (LookupError, TypeError):
            raise WrongResult(f"returned no {name}") from None
    if not isinstance(values, (list, tuple, np.ndarray)):
        raise WrongResult(f"returned {type(values).__name__} for its {name}, expected a list")
    if any(getattr(value, "grad_fn", None) is not None for value in values):
        raise WrongResult(f"its {name} hold the graphs of their batches")
    try:
        numbers = np.array([float(value) for value in values], np.float32)
    except (TypeError, ValueError):
        raise WrongResult(f"its {name} are no numbers") from None
    percent = name.endswith("accuracies") and numbers.max(initial=0.0) > 1
    return numbers / np.float32(100) if percent else numbers


def spellings() -> Iterator[Spelling]:
    """One for each name."""
    for name in NAMES:
        yield Spelling(
            "train_model",
            name,
            None,
            Fitting,
            PROMISE,
            when=fits,
            obstacle=obstacle,
            tells=told,
            needs_torch=True,
        )
