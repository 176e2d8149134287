"""Checkpoints on torch: a function that saves a training to a file, and one that loads it.

Both are found by their names (`save_checkpoint` and `load_checkpoint`, `save_model` and
`load_model` ...) and called with what their parameters are called: a model, an optimizer, an epoch,
a path, a loss. A small classifier is trained by Adam for some steps, saved, trained on, and loaded
into a fresh one, whose optimizer has another learning rate and has seen nothing. What is in it then
is compared, and where it goes from there on the batches that were left; and the epoch, where the
result of loading has one, which may be the one saved or the next.

Where saving takes a dictionary of states instead (`save_checkpoint(state, filename)`), it has the
keys that loading asks for, and what the file holds afterwards is handed to a loading that takes the
dictionary (`load_checkpoint(checkpoint, model, optimizer)`). Where loading takes no optimizer, only
the model is judged.
"""

from __future__ import annotations

import ast
import inspect
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from candidates.conventions._probing import asked
from candidates.conventions._tensors import warm_up
from candidates.conventions._torch_batches import parsed
from candidates.conventions._torch_given import after, classifier, loader
from candidates.conventions._torch_training import (
    PROMISE,
    ROLES,
    named_roles,
)
from candidates.spelling import Signature, Spelling
from properties.models import refreshed
from properties.plain import WrongResult

PAIRS = (
    *(("save_checkpoint", "load_checkpoint"), ("saveCheckpoint", "loadCheckpoint")),
    *(("save_ckpt", "load_ckpt"), ("save_model", "load_model"), ("save_state", "load_state")),
    *(("save_training_state", "load_training_state"), ("save", "load")),
    *(("save_model_checkpoint", "load_model_checkpoint"), ("checkpoint", "resume")),
    ("create_checkpoint", "load_checkpoint"),
)
CHECKPOINT_ROLES = {
    "model": ROLES["model"],
    "optimizer": ROLES["optimizer"],
    "scheduler": r"(lr_?)?sched(uler)?|lr_scheduler",
    "path": r"((model|checkpoint|ckpt|save|load|resume|file|full|output|out)_?)?"
    r"(path|file_?name|file|fname)|src|dst|out",
    "state": r"(checkpoint|ckpt|state|save)(_?(dict|state))?|states",
    "epoch": r"(cur(rent)?_)?epoch(_?(idx|i|num(ber)?|no))?",
    "device": r"device|dev|map_location",
    "is_best": r"is_best",
    "resume": r"resume|load_opt(im(izer)?)?",
    "number": r"((best|val|train|valid|test)_?)*(loss|acc|accuracy|metric|score)",
}
EPS = 0.1
ASKED_EPOCH = 37
PARAMETERS = ("W1", "b1", "gamma1", "beta1", "W2", "b2", "running_mean1", "running_var1")


def roles(function: Any) -> dict[str, str]:
    """What each parameter is, "?" where it is not known and has no default."""
    found = named_roles(function, CHECKPOINT_ROLES)
    opened = _opened(parsed(function)[1])
    return {
        name: "path" if role == "state" and name in opened else role for name, role in found.items()
    }


def _opened(tree: ast.AST) -> set[str]:
    """What a text loads from."""
    return {
        ast.unparse(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _is_call_of(node, "load") and node.args
    }


def _is_call_of(node: ast.Call, name: str) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr == name


def unclear(save: Any, load: Any) -> str:
    """Why the two cannot be judged together, in words; "" where they can."""
    if load is None:
        return "there is no function beside it that loads what it saves"
    if not inspect.isfunction(load):
        return "what loads is no plain function"
    for function in (save, load):
        unknown = [name for name, role in roles(function).items() if role == "?"]
        if unknown:
            return f"what {', '.join(unknown)} should be cannot be told"
    saved, given = set(roles(save).values()), set(roles(load).values())
    for function, found, others in ((save, saved, "state"), (load, given, "")):
        if not found & {"model", others}:
            return f"{function.__name__} takes no model"
    if "path" not in saved or not given & {"path", "state"}:
        return "they take no path of a file"
    if "epoch" in given:
        return f"{load.__name__} takes an epoch, so that what it tells is not known"
    if "state" in saved and (role := _without_key(load)):
        return f"which state {load.__name__} takes for the {role}'s cannot be told"
    for function in (save, load):
        if _names_files(function):
            return f"{function.__name__} makes the name of its file itself"
    return ""


def _names_files(function: Any) -> bool:
    """Whether what a function is given as its path is a folder, by its text."""
    paths = [re.escape(name) for name, role in roles(function).items() if role == "path"]
    text = ast.unparse(parsed(function)[1])
    forms = (r"join\({}\b", r"\b{} / ", r"Path\({}\) / ", r"\{{{}\}}/")
    return any(re.search(form.format(path), text) for path in paths for form in forms)


def _without_key(load: Any) -> str:
    """A model or an optimizer that is given a state of which the text does not say the key."""
    given = [roles(load).get(ast.unparse(node.func.value)) for node in _loads(load)]  # type: ignore[attr-defined]
    known = keys(load)
    if "model" not in known:
        return "model"
    return "optimizer" if "optimizer" in given and "optimizer" not in known else ""


def _loads(load: Any) -> Iterator[ast.Call]:
    """The calls of load_state_dict."""
    for node in ast.walk(parsed(load)[1]):
        if isinstance(node, ast.Call) and _is_call_of(node, "load_state_dict") and node.args:
            yield node


def keys(load: Any) -> dict[str, str]:
    """What a loading calls the states of a model, an optimizer and a scheduler, by role."""
    found: dict[str, str] = {}
    for node in _loads(load):
        state, of = node.args[0], ast.unparse(node.func.value)  # type: ignore[attr-defined]
        if isinstance(state, ast.Subscript) and isinstance(state.slice, ast.Constant):
            found[roles(load).get(of, of)] = str(state.slice.value)
    return found


def asked_for(load: Any) -> set[str]:
    """All keys that a loading looks up."""
    nodes = (n for n in ast.walk(parsed(load)[1]) if isinstance(n, ast.Subscript))
    found = {n.slice.value for n in nodes if isinstance(n.slice, ast.Constant)}
    return {key for key in found if isinstance(key, str)}


class Checkpoint:
    """`save_checkpoint(model, optimizer, epoch, path)`, `load_checkpoint(path, model, optimizer)`.

    Their parameters stand in any order; loading may return the epoch, the model and the optimizer.
    """

    def __init__(self, save: Any, load: Any, signature: Signature) -> None:
        self._save, self._load = save, load
        self._keys = keys(load)
        self._optimizes = "optimizer" in roles(load).values()
        self._place = place_of_epoch(save, load)

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        import torch

        model, fresh = classifier(at, inputs), classifier(at, refreshed(at, inputs))
        optimizer = _adam(model, at["learning_rate"])
        other = _adam(fresh, at["fresh_learning_rate"])
        batches = list(loader(at, inputs))
        _train(model, optimizer, batches[: at["saved_after"]])
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "checkpoint.pt")
            state = self._state(model, optimizer, at["epoch"])
            _call(self._save, model, optimizer, path, at["epoch"], state)
            if not Path(path).is_file():
                raise WrongResult("there is no file at the path that it was given")
            _train(model, optimizer, batches[at["saved_after"] :])
            kept = torch.load(path) if "state" in roles(self._load).values() else None
            result = _call(self._load, fresh, other, path, at["epoch"], kept)
        fresh, other = _given_back(result, fresh, other)
        outputs = _held(fresh, inputs)
        if self._optimizes:
            outputs["rate"] = np.array(other.param_groups[0]["lr"], np.float32)
            _train(fresh, other, batches[at["saved_after"] :])
            outputs |= {f"next_{name}": a for name, a in _held(fresh, inputs).items()}
        if self._place is not None:
            outputs["epoch"] = np.array(_epoch(result, self._place))
        return outputs, None

    def _state(self, model: Any, optimizer: Any, epoch: int) -> dict[str, Any]:
        """The dictionary that loading takes apart, with a number for what else it asks for."""
        holders = {"model": model, "optimizer": optimizer, "scheduler": _scheduler(optimizer)}
        states = {key: holders[r].state_dict() for r, key in self._keys.items() if r in holders}
        others = {key: epoch if "epoch" in key else 0.5 for key in asked_for(self._load)}
        return {**others, **states}

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


def _scheduler(optimizer: Any) -> Any:
    import torch

    return torch.optim.lr_scheduler.StepLR(optimizer, 1, 1.0)


def _call(
    function: Any, model: Any, optimizer: Any, path: str, epoch: int, state: Any = None
) -> Any:
    import torch

    made = {
        "model": model,
        "optimizer": optimizer,
        "scheduler": _scheduler(optimizer),
        "path": path,
        "epoch": epoch,
        "device": torch.device("cpu"),
        "number": 0.5,
        "state": state,
        "is_best": False,
        "resume": True,
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
    given = roles(save).values()
    if "epoch" not in given and "state" not in given:
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


def tried(save: Any, load: Any) -> tuple[bool, str]:
    """Whether it saves to another file than told; and which epoch is told, "saved" or "next"."""
    at = {
        **{"batch_sizes": (2, 2), "saved_after": 1, "epoch": ASKED_EPOCH, "fresh": 0.0},
        **{"learning_rate": 0.1, "fresh_learning_rate": 0.2},
    }
    rng = np.random.default_rng(0)
    inputs = {"x": rng.standard_normal((4, 2)), "y": np.array([0, 1, 1, 0])}
    inputs |= {"W1": np.ones((2, 2)), "b1": np.zeros(2), "W2": np.ones((2, 2)), "b2": np.zeros(2)}

    def ask() -> str | int:
        with tempfile.TemporaryDirectory() as folder:
            judged = Checkpoint(save, load, Signature((), ()))
            model = classifier(at, inputs)
            optimizer, path = _adam(model, 0.1), Path(folder) / "checkpoint.pt"
            _train(model, optimizer, loader(at, inputs))
            state = judged._state(model, optimizer, ASKED_EPOCH)
            _call(save, model, optimizer, str(path), ASKED_EPOCH, state)
            if not path.is_file() and any(Path(folder).iterdir()):
                return "elsewhere"
        return int(judged.forward(at, inputs)[0].get("epoch", ASKED_EPOCH))

    warm_up()
    found = asked(ask)
    return found == "elsewhere", "next" if found == ASKED_EPOCH + 1 else "saved"


class OfCheckpoints:
    def __init__(self) -> None:
        self._told: dict[Any, dict[str, Any]] = {}
        self.__doc__ = Checkpoint.__doc__

    def tells(self, save: Any, load: Any) -> dict[str, Any]:
        if (save, load) not in self._told:
            self._told[save, load] = self._told_of(save, load)
        return self._told[save, load]

    def _told_of(self, save: Any, load: Any) -> dict[str, Any]:
        reason = unclear(save, load)
        elsewhere, counts = (False, "") if reason else tried(save, load)
        if elsewhere:
            reason = f"{save.__name__} makes the name of its file itself"
        if reason:
            found = [f for f in (save, load) if f is not None]
            return {"unclear": {getattr(f, "__name__", "load"): reason for f in found}}
        outputs, words = [*PARAMETERS], []
        if "optimizer" in roles(load).values():
            outputs += ["rate", *(f"next_{name}" for name in PARAMETERS)]
        else:
            words.append("no optimizer is loaded")
        if place_of_epoch(save, load) is not None:
            outputs.append("epoch")
            words += ["the epoch told is the one after that saved"] if counts == "next" else []
        differs = {"differs": ", ".join(words)} if words else {}
        return {"outputs": outputs, "domain": {"counts": [counts]}, **differs}

    def __call__(self, forward: Any, backward: Any, signature: Signature) -> Checkpoint:
        return Checkpoint(forward, backward, signature)


def _saves(function: Any) -> bool:
    """Whether a function saves something by torch."""
    return inspect.isfunction(function) and any(
        isinstance(node, ast.Call) and _is_call_of(node, "save")
        for node in ast.walk(parsed(function)[1])
    )


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
