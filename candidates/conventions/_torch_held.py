"""Loops whose parts are held elsewhere: by a trainer, or by the module of a function.

They are judged as the functions are that take these parts.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from candidates.conventions import _torch_fitting, _torch_training
from candidates.conventions._probing import asked
from candidates.conventions._tensors import warm_up
from candidates.conventions._torch_given import loader
from candidates.conventions._torch_globals import Script, script_of
from candidates.conventions._torch_methods import trainer_of
from candidates.conventions._torch_trainers import Method, Unfit
from candidates.conventions._torch_training import EVALUATION, PROMISE, TRAINING
from candidates.spelling import ANY, Signature, Spelling
from properties.plain import WrongResult

FIXED_EPOCHS = re.compile(r"for \w*epoch\w* in .*\brange\([\d, ]+\)")
OPTIMIZER = re.compile(r"\boptim\.\w+\(|\b(SGD|Adam|AdamW|RMSprop|Adagrad|NAdam|RAdam)\(")


@functools.cache
def loop_of(method: Any, kind: str) -> Any:
    """A method as a function, for one of the kinds of loops; None where it is none of them."""
    cls = trainer_of(method)
    if cls is None and _takes_all(method, kind):
        return None
    found = Method(method, cls) if cls else script_of(method)
    if found is None or not found.is_written():
        return None
    loop = found.function()
    vars(loop)["roles"] = found.roles(kind)
    roles, whole = set(found.roles("fitting").values()), found.runs_epochs
    fits = (
        whole and {"model", "epochs"} <= roles and (roles >= {"train", "val"} or "loaders" in roles)
    )
    if kind == "fitting":
        return loop if fits else None
    if kind == "training" and fits:
        return None
    needed = {"model", "loader"} | ({"optimizer"} if kind == "training" and not cls else set())
    return loop if needed <= set(found.roles(kind).values()) else None


def _takes_all(function: Any, kind: str) -> bool:
    """Whether a function takes all that it needs, so that it is judged as it is."""
    if kind == "fitting":
        return _torch_fitting.fits(function)
    needed = ("model", "loader", "optimizer")[: 3 if kind == "training" else 2]
    return _torch_training.is_loop(*needed)(function)


def _is(kind: str) -> Callable[[Any], bool]:
    return lambda method: loop_of(method, kind) is not None


def _obstacle(kind: str, of_functions: Callable[..., str]) -> Callable[[Any], str]:
    """Why a method cannot be judged, in words; "" where it can."""

    def obstacle(method: Any) -> str:
        loop = loop_of(method, kind)
        text = ast.unparse(loop.trainer.text)
        if unknown := loop.trainer.unknown:
            return f"what {', '.join(unknown)} is, its file does not say"
        untold = loop.trainer.runs_epochs and "epochs" not in loop.roles.values()
        if untold or FIXED_EPOCHS.search(text):
            return "how many epochs it runs, nobody can tell it"
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
    except WrongResult:
        return ""
    except (TypeError, ValueError, IndexError, KeyError) as error:
        if isinstance(loop.trainer, Script):  # its own module has other samples, for all we know
            return f"it raises {type(error).__name__} on batches of samples and class ids"
    except NotImplementedError:
        return "its subclasses write a part of it"
    return ""


def _beside(loop: Any, made: Mapping[str, Any], at: Mapping[str, Any]) -> dict[str, Any]:
    """What constructors take besides the parts of a loop, which it may hold from now on."""
    import torch

    found = {**made, "weight_decay": 0.0, "momentum": 0.0, "cuda": False}
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
    """Names of functions, and of methods: the same, which may begin with an underscore."""
    return [*called, *(f"{ANY}.{prefix}{name}" for name in called for prefix in ("", "_"))]


def spellings() -> Iterator[Spelling]:
    """One for each name of a method, and of a function that takes parts from its module."""
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
