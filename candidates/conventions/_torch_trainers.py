"""Loops that are methods of a trainer: `Trainer(model, train_loader, ...).train_epoch()`.

A method becomes a function of the parameters of its constructor and of its own, and is judged as a
function of these is. Its text is that of the method, of the methods that it calls and of what its
constructor does, `self.model` written as `model`. An optimizer that a constructor makes is replaced
by ours, and a schedule that it makes changes nothing; a model, a loss or an optimizer that cannot
be ours is an obstacle, named.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any

from candidates.conventions import _torch_fitting
from candidates.conventions._torch_methods import names, runs_epochs, taken, texts
from candidates.conventions._torch_training import ROLES

SHARED = ("epochs", "device", "batch_size", "epoch", "reports")
"""What a constructor and a method may both take."""

STEPS = {
    "learning_rate": r"(base_|init(ial)?_)?(lr|learning_?rate)",
    "weight_decay": r"weight_?decay|wd",
    "momentum": r"momentum",
}
"""What constructors make their own optimizer of, which is replaced."""


CUDA = r"(use_?|is_?)?(cuda|gpu)(_?(is_?)?available)?"
"""What is asked whether to move anything to a GPU; we have none."""


class Unfit(Exception):
    """Why a trainer cannot be made of our parts, in words."""


class Method:
    """A method of a trainer as a function of what its constructor and itself take."""

    def __init__(self, method: Any, cls: type) -> None:
        self._method, self._cls = method, cls
        self._own = {n: p for n, p in taken(method).items() if n != "self"}
        self._made = taken(cls)
        self.text, self._around = texts(cls, inspect.unwrap(method).__name__)
        self.runs_epochs = runs_epochs(self.text)
        self.unknown: list[str] = []
        self._held: list[Any] = []
        self.parts: Mapping[str, Any] = {}

    def function(self) -> Any:
        """The function, with a signature, a text and roles of its own."""

        def loop(**given: Any) -> Any:
            return self._called(given)

        functools.update_wrapper(loop, self._method)
        named = {**self._own, **self._made}
        only = inspect.Parameter.KEYWORD_ONLY
        loop.__signature__ = inspect.Signature([p.replace(kind=only) for p in named.values()])  # type: ignore[attr-defined]
        around = ast.FunctionDef("made", _no_arguments(), self._around.body or [ast.Pass()], [])
        whole = ast.fix_missing_locations(ast.Module([around, *self.text.body], []))
        vars(loop).update(text=(ast.unparse(whole), whole), trainer=self)
        return loop

    def roles(self, kind: str) -> dict[str, str]:
        """What each parameter is, for an epoch of training, an evaluation or a whole training."""
        known = {
            **STEPS,
            "cuda": CUDA,
            **(_torch_fitting.FITTING_ROLES if kind == "fitting" else ROLES),
        }
        loaders = self._loaders(kind)
        found: dict[str, str] = {}
        for name, parameter in {**self._own, **self._made}.items():
            role = next(
                (r for r, called in known.items() if re.fullmatch(called, name.lower())), ""
            )
            if name in loaders:
                found[name] = loaders[name]
            elif role and (role not in found.values() or role in SHARED):
                found[name] = role
            elif parameter.default is parameter.empty:
                found[name] = "?"
        used = names(self.text) | names(self._around)
        stepped = {n for n, role in found.items() if role in STEPS and n in names(self.text)}
        return {
            name: "?" if name in stepped else "unused" if role == "?" and name not in used else role
            for name, role in found.items()
        }

    def is_written(self) -> bool:
        """Whether its text takes a model, and samples of a loader."""
        used = {name.lower() for name in names(self.text)}
        there = [n for n in {**self._own, **self._made} if n.lower() in used]
        models = [n for n in there if re.fullmatch(ROLES["model"], n.lower())]
        return bool(models) and any(map(self._is_loader, there))

    def _loaders(self, kind: str) -> dict[str, str]:
        """Which parameter is the loader that a loop goes over; the others hold other samples."""
        of = {r: re.compile(_torch_fitting.FITTING_ROLES[r]) for r in ("train", "val")}
        every = [n for n in {**self._own, **self._made} if self._is_loader(n)]
        sides = {n: next((r for r in of if of[r].fullmatch(n.lower())), "") for n in every}
        if kind == "fitting":
            both = re.compile(_torch_fitting.FITTING_ROLES["loaders"])
            other = {n: "loaders" if both.fullmatch(n.lower()) else "other" for n in every}
            return {name: side or other[name] for name, side in sides.items()}
        used = names(self.text)
        wanted = ("train", "") if kind == "training" else ("val", "")
        fitting = [n for n in every if n in self._own or sides[n] in wanted]
        fitting.sort(key=lambda n: (n not in self._own, sides[n] not in wanted, n not in used))
        return {name: "loader" if name in fitting[:1] else "other" for name in every}

    def _is_loader(self, name: str) -> bool:
        patterns = [ROLES["loader"], *(_torch_fitting.FITTING_ROLES[r] for r in ("train", "val"))]
        return any(re.fullmatch(pattern, name.lower()) for pattern in patterns)

    def _called(self, given: Mapping[str, Any]) -> Any:
        """What the method returns, of one object for all epochs of a model."""
        model = self.parts["model"]
        if self.runs_epochs or not self._held or self._held[0] is not model:
            made = {name: value for name, value in given.items() if name in self._made}
            self._held = [model, _trainer(self._cls, made, self.parts)]
        own = {name: value for name, value in given.items() if name in self._own}
        return self._method(self._held[1], **own)


def _no_arguments() -> ast.arguments:
    return ast.arguments([], [], None, [], [], None, [])


def _trainer(cls: type, made: Mapping[str, Any], parts: Mapping[str, Any]) -> Any:
    """An object of a class. Raises Unfit where it does not work on our parts."""
    settings = [dict(group) for group in parts["optimizer"].param_groups]
    try:
        trainer = cls(**made)
    except Exception as error:
        kind = type(error).__name__
        raise Unfit(
            f"{cls.__name__}(...) raises {kind} when it is made of parts of ours"
        ) from error
    given, held = made.values(), vars(trainer).values()
    if _has(given, parts["model"]) and not _has(held, parts["model"]):
        raise Unfit("the model that it works on is not the one that it is given")
    _replace(trainer, parts)
    for group, before in zip(parts["optimizer"].param_groups, settings, strict=True):
        group.update(before)  # what schedules change when they are made
    return trainer


def _has(values: Iterable[Any], wanted: Any) -> bool:
    return any(value is wanted for value in values)


def _replace(trainer: Any, parts: Mapping[str, Any]) -> None:
    """Our optimizer in the place of a trainer's own, and its own schedules without effect."""
    import torch
    from torch.optim.lr_scheduler import LRScheduler

    for name, value in list(vars(trainer).items()):
        if isinstance(value, torch.optim.Optimizer):
            if value.param_groups[1:]:
                raise Unfit("its optimizer has several groups of parameters")
            setattr(trainer, name, parts["optimizer"])
        elif isinstance(value, LRScheduler) and value is not parts.get("scheduler"):
            value.optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        elif isinstance(value, torch.nn.modules.loss._Loss) and is_other_loss(value):
            raise Unfit(f"its {type(value).__name__} is not the plain mean over the samples")


def is_other_loss(loss: Any) -> bool:
    smooth, weight = getattr(loss, "label_smoothing", 0), getattr(loss, "weight", None)
    return bool(smooth) or weight is not None or loss.reduction != "mean"
