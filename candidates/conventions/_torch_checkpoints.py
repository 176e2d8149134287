"""Checkpoints on torch: a function that saves a training to a file, and one that loads it.

Both are found by their names (`save_checkpoint` and `load_checkpoint`, `save_model` and
`load_model` ...) and called with what their parameters are called: a model, an optimizer, an epoch,
a path, a loss. A small classifier is trained by Adam for some steps, saved, trained on, and loaded
into a fresh one, whose optimizer has another learning rate and has seen nothing. What is in it then
is compared, and where it goes from there on the batches that were left; and the epoch, where the
result of loading has one, which may be the one saved or the next.

Where loading takes no optimizer, only the model is judged. Functions that pass a dictionary of
states around are not judged: nobody says what they call the states.
"""

from __future__ import annotations

import ast
import inspect
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from candidates.conventions._probing import asked
from candidates.conventions._torch_training import (
    PROMISE,
    ROLES,
    after,
    classifier,
    loader,
    named_roles,
    parsed,
)
from candidates.spelling import Signature, Spelling
from properties.models import refreshed
from properties.plain import WrongResult

PAIRS = (
    *(("save_checkpoint", "load_checkpoint"), ("saveCheckpoint", "loadCheckpoint")),
    *(("save_ckpt", "load_ckpt"), ("save_model", "load_model"), ("save_state", "load_state")),
    *(("save_checkpoint", "resume_checkpoint"), ("save_training_state", "load_training_state")),
    *(("save_model_checkpoint", "load_model_checkpoint"), ("save", "load")),
    *(("create_checkpoint", "load_checkpoint"), ("checkpoint", "resume")),
)
CHECKPOINT_ROLES = {
    "model": ROLES["model"],
    "optimizer": ROLES["optimizer"],
    "scheduler": r"(lr_?)?sched(uler)?|lr_scheduler",
    "path": r"((model|checkpoint|ckpt|save|load|resume|file|full|output|out)_?)?"
    r"(path|file_?name|file|fname)|src|dst|out",
    "epoch": r"(cur(rent)?_)?epoch(_?(idx|i|num(ber)?|no))?",
    "device": r"device|dev|map_location",
    "number": r"((best|val|train|valid|test)_?)*(loss|acc|accuracy|metric|score)",
}
EPS = 0.1
ASKED_EPOCH = 37
PARAMETERS = ("W1", "b1", "gamma1", "beta1", "W2", "b2", "running_mean1", "running_var1")


def roles(function: Any) -> dict[str, str]:
    """What each parameter is, "?" where it is not known and has no default."""
    return named_roles(function, CHECKPOINT_ROLES)


def unclear(save: Any, load: Any) -> str:
    """Why the two cannot be judged together, in words; "" where they can."""
    if load is None:
        return "there is no function beside it that loads what it saves"
    for function in (save, load):
        if not inspect.isfunction(function):
            return "it is no plain function"
        found = roles(function)
        unknown = [name for name, role in found.items() if role == "?"]
        if unknown:
            return f"what {', '.join(unknown)} should be cannot be told"
        for role in ("model", "path"):
            if role not in found.values():
                return f"{function.__name__} takes no {role}"
    return ""


class Checkpoint:
    """`save_checkpoint(model, optimizer, epoch, path)`, `load_checkpoint(path, model, optimizer)`.

    Their parameters stand in any order; loading may return the epoch, the model and the optimizer.
    """

    def __init__(self, save: Any, load: Any, signature: Signature) -> None:
        self._save, self._load = save, load
        self._optimizes = "optimizer" in roles(load).values()
        self._place = place_of_epoch(save, load)

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        model, fresh = classifier(at, inputs), classifier(at, refreshed(at, inputs))
        optimizer = _adam(model, at["learning_rate"])
        other = _adam(fresh, at["fresh_learning_rate"])
        batches = list(loader(at, inputs))
        _train(model, optimizer, batches[: at["saved_after"]])
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "checkpoint.pt")
            _call(self._save, model, optimizer, path, at["epoch"])
            if not Path(path).is_file():
                raise WrongResult("there is no file at the path that it was given")
            _train(model, optimizer, batches[at["saved_after"] :])
            result = _call(self._load, fresh, other, path, at["epoch"])
        fresh, other = _given_back(result, fresh, other)
        outputs = _held(fresh, inputs)
        if self._optimizes:
            outputs["rate"] = np.array(other.param_groups[0]["lr"], np.float32)
            _train(fresh, other, batches[at["saved_after"] :])
            outputs |= {f"next_{name}": a for name, a in _held(fresh, inputs).items()}
        if self._place is not None:
            outputs["epoch"] = np.array(_epoch(result, self._place))
        return outputs, None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


def _adam(model: Any, rate: float) -> Any:
    import torch

    return torch.optim.Adam(model.parameters(), lr=rate, eps=EPS)


def _train(model: Any, optimizer: Any, batches: Any) -> None:
    import torch

    model.train()
    for x, y in batches:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()


def _call(function: Any, model: Any, optimizer: Any, path: str, epoch: int) -> Any:
    import torch

    made = {
        "model": model,
        "optimizer": optimizer,
        "scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 1, 1.0),
        "path": path,
        "epoch": epoch,
        "device": torch.device("cpu"),
        "number": 0.5,
    }
    return function(**{name: made[role] for name, role in roles(function).items()})


def _given_back(result: Any, model: Any, optimizer: Any) -> tuple[Any, Any]:
    """The model and the optimizer that loading returns, else those it was given."""
    import torch

    whole = result if isinstance(result, (tuple, list)) else [result]
    for value in whole:
        model = value if isinstance(value, type(model)) else model
        optimizer = value if isinstance(value, torch.optim.Optimizer) else optimizer
    return model, optimizer


def _held(model: Any, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: array for name, array in after(model).items() if name in inputs}


def place_of_epoch(save: Any, load: Any) -> Any:
    """Where in the result of loading the epoch is, by its return statement; None for nowhere."""
    if "epoch" not in roles(save).values():
        return None
    _, tree = parsed(load)
    values = [n.value for n in ast.walk(tree) if isinstance(n, ast.Return) and n.value is not None]
    value = values[-1] if values else None
    if isinstance(value, ast.Dict):
        keys = [key.value for key in value.keys if isinstance(key, ast.Constant)]
        return next((key for key in keys if "epoch" in str(key)), None)
    elements = value.elts if isinstance(value, ast.Tuple) else [value] if value else []
    for place, element in enumerate(elements):
        if "epoch" in ast.unparse(element):
            return place
    whole = isinstance(value, ast.Name) and "torch.load" in _assigned(tree, value.id)
    return "epoch" if whole else None


def _assigned(tree: ast.AST, name: str) -> str:
    """What a name is assigned in a text."""
    return " ".join(
        ast.unparse(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    )


def _epoch(result: Any, place: Any) -> int:
    whole = result if isinstance(result, (tuple, list, dict)) else [result]
    try:
        found = whole[place]
    except (LookupError, TypeError):
        raise WrongResult("loading returns no epoch") from None
    if isinstance(found, bool) or not isinstance(found, (int, np.integer)):
        kind = type(found).__name__
        raise WrongResult(f"loading returns {kind} for the epoch, expected an int")
    return int(found)


def counts_of(save: Any, load: Any) -> str:
    """Whether the epoch told is the one "saved", or the "next" one."""
    at = {
        **{"batch_sizes": (2, 2), "saved_after": 1, "epoch": ASKED_EPOCH, "fresh": 0.0},
        **{"learning_rate": 0.1, "fresh_learning_rate": 0.2},
    }
    rng = np.random.default_rng(0)
    inputs = {"x": rng.standard_normal((4, 2)), "y": np.array([0, 1, 1, 0])}
    inputs |= {"W1": np.ones((2, 2)), "b1": np.zeros(2), "W2": np.ones((2, 2)), "b2": np.zeros(2)}

    def ask() -> int:
        outputs, _ = Checkpoint(save, load, Signature((), ())).forward(at, inputs)
        return int(outputs["epoch"])

    return "next" if asked(ask) == ASKED_EPOCH + 1 else "saved"


class OfCheckpoints:
    def __init__(self) -> None:
        self._told: dict[Any, dict[str, Any]] = {}
        self.__doc__ = Checkpoint.__doc__

    def tells(self, save: Any, load: Any) -> dict[str, Any]:
        if (save, load) not in self._told:
            self._told[save, load] = self._told_of(save, load)
        return self._told[save, load]

    def _told_of(self, save: Any, load: Any) -> dict[str, Any]:
        if reason := unclear(save, load):
            found = [f for f in (save, load) if f is not None]
            return {"unclear": {getattr(f, "__name__", "load"): reason for f in found}}
        outputs, words = [*PARAMETERS], []
        if "optimizer" in roles(load).values():
            outputs += ["rate", *(f"next_{name}" for name in PARAMETERS)]
        else:
            words.append("no optimizer is loaded")
        counts = "saved"
        if place_of_epoch(save, load) is not None:
            outputs.append("epoch")
            counts = counts_of(save, load)
            words += ["the epoch told is the one after that saved"] if counts == "next" else []
        differs = {"differs": ", ".join(words)} if words else {}
        return {"outputs": outputs, "domain": {"counts": [counts]}, **differs}

    def __call__(self, forward: Any, backward: Any, signature: Signature) -> Checkpoint:
        return Checkpoint(forward, backward, signature)


def _saves(function: Any) -> bool:
    """Whether a function saves something by torch."""
    return inspect.isfunction(function) and ".save(" in parsed(function)[0]


def spellings() -> Iterator[Spelling]:
    """One for each pair of names."""
    of = OfCheckpoints()
    for save, load in PAIRS:
        yield Spelling(
            "checkpoint",
            save,
            load,
            of,
            PROMISE,
            when=_saves,
            tells=of.tells,
            needs_torch=True,
        )
