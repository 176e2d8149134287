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
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from candidates.conventions import _torch_fitting, _torch_training
from candidates.conventions._probing import asked
from candidates.conventions._tensors import warm_up
from candidates.conventions._torch_given import loader
from candidates.conventions._torch_methods import names, runs_epochs, taken, texts, trainer_of
from candidates.conventions._torch_training import EVALUATION, PROMISE, ROLES, TRAINING
from candidates.spelling import ANY, Signature, Spelling

SHARED = ("epochs", "device", "batch_size", "epoch", "reports")
"""What a constructor and a method may both take."""

STEPS = {
    "learning_rate": r"(base_|init(ial)?_)?(lr|learning_?rate)",
    "weight_decay": r"weight_?decay|wd",
    "momentum": r"momentum",
}
"""What constructors make their own optimizer of, which is replaced."""

OPTIMIZER = re.compile(r"\boptim\.\w+\(|\b(SGD|Adam|AdamW|RMSprop|Adagrad|NAdam|RAdam)\(")


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
        known = {**STEPS, **ROLES, **_torch_fitting.FITTING_ROLES}
        if kind != "fitting":
            known = {**STEPS, **ROLES}
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
        elif isinstance(value, torch.nn.modules.loss._Loss) and _is_other_loss(value):
            raise Unfit(f"its {type(value).__name__} is not the plain mean over the samples")


def _is_other_loss(loss: Any) -> bool:
    smooth, weight = getattr(loss, "label_smoothing", 0), getattr(loss, "weight", None)
    return bool(smooth) or weight is not None or loss.reduction != "mean"


@functools.cache
def loop_of(method: Any, kind: str) -> Any:
    """A method as a function, for one of the kinds of loops; None where it is none of them."""
    cls = trainer_of(method)
    if cls is None:
        return None
    found = Method(method, cls)
    if not found.is_written():
        return None
    loop = found.function()
    vars(loop)["roles"] = found.roles(kind)
    needed = {"training": {"model", "loader"}, "evaluation": {"model", "loader"}}
    roles, whole = set(found.roles("fitting").values()), found.runs_epochs
    fits = (
        whole and {"model", "epochs"} <= roles and (roles >= {"train", "val"} or "loaders" in roles)
    )
    if kind == "fitting":
        return loop if fits else None
    if kind == "training" and fits:
        return None
    return loop if needed[kind] <= set(found.roles(kind).values()) else None


def _is(kind: str) -> Callable[[Any], bool]:
    return lambda method: loop_of(method, kind) is not None


def _obstacle(kind: str, of_functions: Callable[..., str]) -> Callable[[Any], str]:
    """Why a method cannot be judged, in words; "" where it can."""

    def obstacle(method: Any) -> str:
        loop = loop_of(method, kind)
        text = ast.unparse(loop.trainer.text)
        if kind != "evaluation" and OPTIMIZER.search(text):
            return "it makes an optimizer of its own where it trains"
        if kind != "evaluation" and "param_groups" in text:
            return "it sets the learning rate itself"
        warm_up()
        return asked(lambda: _unfit(kind, loop)) or of_functions(loop, KINDS[kind])

    return obstacle


def _unfit(kind: str, loop: Any) -> str:
    """Why a trainer cannot be made of our parts."""
    if "?" in loop.roles.values():
        return ""
    try:
        KINDS[kind].tried(loop)
    except Unfit as error:
        return str(error)
    except NotImplementedError:
        return "its subclasses write a part of it"
    return ""


def _beside(loop: Any, made: Mapping[str, Any], at: Mapping[str, Any]) -> dict[str, Any]:
    """What constructors take besides the parts of a loop, which it may hold from now on."""
    import torch

    found = {**made, "weight_decay": 0.0, "momentum": 0.0}
    found["learning_rate"] = at.get("learning_rate") or 0.1
    found.setdefault("optimizer", torch.optim.SGD(made["model"].parameters(), lr=0.1))
    loop.trainer.parts = found
    return found


class OfTrainer:
    """What the methods of a trainer have in common."""

    kind = ""

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        loop = forward if hasattr(forward, "trainer") else loop_of(forward, self.kind)
        super().__init__(loop, backward, signature)  # type: ignore[call-arg]

    def made(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        made = _beside(self._function, super().made(at, inputs), at)  # type: ignore[attr-defined,misc]
        # Whoever goes over the wrong samples sees others.
        return made | {"other": loader(at, {**inputs, "x": -inputs["x"]})}


class Epoch(OfTrainer, _torch_training.Training):
    """`Trainer(model, loader, optimizer, ...).train_epoch()`: a pass over the loader.

    The constructor and the method take what functions take. An optimizer of the constructor's own
    is replaced.
    """

    kind = "training"
    tried = staticmethod(lambda loop: _torch_training.small_run(Epoch, loop))


class Evaluating(OfTrainer, _torch_training.Evaluation):
    """`Trainer(model, ..., val_loader, ...).validate()`: as functions do."""

    kind = "evaluation"
    tried = staticmethod(lambda loop: _torch_training.small_run(Evaluating, loop))


class Whole(OfTrainer, _torch_fitting.Fitting):
    """`Trainer(model, train_loader, val_loader, ...).fit(epochs)`: as functions do."""

    kind = "fitting"
    tried = staticmethod(lambda loop: _torch_fitting.small_run(loop, Whole))


KINDS: dict[str, Any] = {"training": Epoch, "evaluation": Evaluating, "fitting": Whole}


def _told_of_training(loop: Any, backward: Any) -> dict[str, Any]:
    return _torch_training.told_of_training(loop, backward, Epoch)


def _told_of_fitting(loop: Any, backward: Any) -> dict[str, Any]:
    """What whole trainings tell; a schedule of the trainer's own has no effect."""
    told = _torch_fitting.told(loop, backward)
    if "scheduler" not in loop.roles.values():
        domain = {n: v for n, v in told["domain"].items() if n != "watch"}
        return {**told, "domain": {**domain, "plateau": [None]}}
    return told


def _tells(kind: str, of_functions: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    return lambda method, backward: of_functions(loop_of(method, kind), backward)


def _names_of(called: Iterable[str]) -> list[str]:
    """Names of methods: those of functions, and the same beginning with an underscore."""
    return [f"{ANY}.{prefix}{name}" for name in called for prefix in ("", "_")]


def spellings() -> Iterator[Spelling]:
    """One for each name of a method."""
    of_training = (_torch_training.obstacle, _told_of_training)
    of_evaluation = (_torch_training.obstacle, _torch_training.told)
    of_fitting = (_torch_fitting.obstacle, _told_of_fitting)
    for operator, called, kind, (obstacle, told) in (
        ("train_epoch", TRAINING, "training", of_training),
        ("evaluate", EVALUATION, "evaluation", of_evaluation),
        ("train_model", _torch_fitting.NAMES, "fitting", of_fitting),
    ):
        for name in _names_of(called):
            yield Spelling(
                operator,
                name,
                None,
                KINDS[kind],
                PROMISE,
                when=_is(kind),
                obstacle=_obstacle(kind, obstacle),
                tells=_tells(kind, told),
                needs_torch=True,
            )
