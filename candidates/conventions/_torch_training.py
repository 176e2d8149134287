"""Training loops on torch: an epoch of training, an evaluation, as functions of a homework.

A function is found by its name (`train_epoch`, `train_one_epoch`, `train_loop`, `train`;
`evaluate`, `validate`, `test_loop` ...) and called with what its parameters are called: a model, a
loader, an optimizer, a criterion, a device, an epoch. It is handed a small classifier of torch
layers in float32, a `DataLoader` of drawn batches that are not shuffled, `torch.optim.SGD` and
`CrossEntropyLoss`. What it leaves in the model is compared, and what it returns where its return
statement says which number is a loss and which an accuracy (a fraction, or in percent).
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from candidates.conventions._probing import asked
from candidates.conventions._tensors import warm_up
from candidates.conventions._torch_batches import (
    names_of_parts,
    not_of_classes,
    parsed,
    takes_logarithms,
    unlike_ours,
)
from candidates.conventions._torch_callers import evaluated_by_caller
from candidates.conventions._torch_foreign import foreign
from candidates.conventions._torch_given import after, classifier, loader, percent_right
from candidates.conventions._torch_returned import returned
from candidates.conventions._torch_scaling import (
    LARGE_SCALE,
    MAX_NORM,
    SCALE,
    bound_shown,
    large_gradients,
    mixed_precision,
    refuse_stale,
    wants_text,
    watched_scaler,
)
from candidates.conventions._torch_settings import (
    REPORTS,
    SETTINGS,
    Reports,
    settings,
    untold,
)
from candidates.spelling import Signature, Spelling
from properties.plain import WrongResult
from properties.promise import Promise

ROLES = {
    "model": r"(my_?)?(model|net|network|classifier|cnn|module)",
    "loader": r".*(loader|_dl|iterator|_iter)|dl|data|dataset|batches|dataloader|\w*_data",
    "optimizer": r"optim(izer|iser)?|opt",
    "criterion": r"crit(erion)?|loss_?(fn|func|function|f)?|cost|objective|lossfn|\w+_loss",
    "device": r"device|dev",
    "batch_size": r"batch_?size|bs",
    "epoch": r"id|epoch|cur(rent)?_epoch|epoch_?(idx|index|id|num(ber)?|no|i)|i_epoch|e",
    "epochs": r"(n|num|max|total|no)?_?epochs?|n_?epochs?|epochs",
    "accumulation": r"((n|num)_)?(grad(ient)?s?_)?accum(ulat(e|ion|ed))?(_grad(ient)?s?)?"
    r"(_(n|steps?|iters?|iterations?|every|freq|factor|batches))?|((n|num)_)?(grad_)?acc_(steps?|iters?)"
    r"|iters_to_accumulate|accumulation",
    "scaler": r"((grad(ient)?|amp|loss)_?)?scaler",
    "amp": r"((use|enable)_)?(amp|mixed_precision|fp16|autocast)(_enabled)?",
    "max_norm": r"(max_)?(grad(ient)?s?_)?(clip(ping)?|norm)(_(grad(ient)?s?|max|val(ue)?|norm))*"
    r"|max_norm|max_grad_norm|clip_max_norm",
    "settings": SETTINGS,
    "reports": REPORTS,
    "metric": r"(acc(uracy)?|metric)(_?(fn|func|function))?",
}
"""What parameters are called, in the order in which they are looked at."""

TRAINING = (
    *("train_epoch", "train_one_epoch", "train_loop", "train", "fit_epoch", "epoch_train"),
    *("run_train_epoch", "train_model", "training_loop", "train_single_epoch", "train_amp"),
    *("train_fn", "fit"),
    *("train_one_epoch_amp", "train_epoch_amp", "train_loop_amp", "train_one_epoch_mixed"),
    *("train_mixed_precision", "train_with_amp", "train_epoch_mixed_precision", "train_step"),
)
EVALUATION = (
    *("evaluate", "validate", "validation", "test", "test_loop", "test_epoch", "valid_epoch"),
    *("validate_epoch", "val_epoch", "eval_epoch", "evaluate_epoch", "eval_model", "val_loop"),
    *("evaluate_model", "test_model", "validate_one_epoch", "eval_one_epoch", "check_accuracy"),
    *("validation_loop", "validate_model", "compute_accuracy", "get_accuracy", "test_one_epoch"),
    *("test_step", "val_step", "eval_step", "eval_fn"),
    *("check_accuracy_part34", "evaluate_accuracy", "evaluate_accuracy_gpu"),
)
COUNTS = re.compile(r"==|\.eq\(")  # a loop that compares classes itself shows how it counts them
TOP_FIVE = re.compile(r"top_?5|acc(uracy)?_?5|topk\(\w+, 5|topk=\([^)]*5", re.IGNORECASE)


def roles(function: Any) -> dict[str, str]:
    """What each parameter of a loop over one loader is; "?" as `named_roles` has it."""
    return own_roles(function) or spared(function, named_roles(function, ROLES))


def own_roles(function: Any) -> dict[str, str]:
    """The roles that a function says itself, as one does that stands for a method."""
    return dict(getattr(function, "roles", None) or {})


def named_roles(function: Any, known: Mapping[str, str]) -> dict[str, str]:
    """What each parameter of a function is; "?" where it is not known and has no default."""
    found: dict[str, str] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        role = next((r for r, names in known.items() if re.fullmatch(names, name.lower())), "")
        if role and role not in found.values():
            found[name] = role
        elif parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        ):
            found[name] = "?"
    return found


def spared(function: Any, found: Mapping[str, str]) -> dict[str, str]:
    """The same, and "unused" what the text does not use, whatever it should be."""
    source, tree = parsed(function)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return {
        name: "unused" if role == "?" and source and name not in used else role
        for name, role in found.items()
    }


@contextmanager
def watched(
    roles: Mapping[str, str], loaders: Sequence[Any], named: tuple[str, str] | None = None
) -> Iterator[None]:
    """Raise WrongResult afterwards where samples were moved to the device, and labels were not.

    There may be one device only: what is watched are the calls of `to` with tensors of batches.
    named: what the two parts of a batch are called, where it is a dictionary.
    """
    import torch

    handed: dict[int, str] = {}
    alive: list[Any] = []  # so that no other tensor takes an identity over
    moved: set[str] = set()
    move = torch.Tensor.to

    def to(tensor: Any, *places: Any, **named: Any) -> Any:
        moved.add(handed.get(id(tensor), "another"))
        return move(tensor, *places, **named)

    def collate(batch: Any) -> Any:
        made = torch.utils.data.default_collate(batch)
        for what, tensor in zip(("samples", "labels"), made, strict=True):
            handed[id(tensor)] = what
            alive.append(tensor)
        return dict(zip(named, made, strict=True)) if named else made

    for each in loaders:
        each.collate_fn = collate
    setattr(torch.Tensor, "to", to)  # noqa: B010  (in torch's stubs it is no attribute)
    try:
        yield
    finally:
        delattr(torch.Tensor, "to")  # it is inherited
    if "device" in roles.values() and "samples" in moved and "labels" not in moved:
        raise WrongResult(
            "the samples of its batches are moved to the device, their labels are not"
        )


def is_loop(*needed: str) -> Callable[[Any], bool]:
    """Recognises plain functions that take these."""

    def recognises(function: Any) -> bool:
        if not inspect.isfunction(function):
            return False
        return set(needed) <= set(roles(function).values())

    return recognises


def obstacle(function: Any, kind: type[Loop] | None = None) -> str:
    """Why a loop cannot be run on a classifier of batches (x, y), in words; "" where it can."""
    unknown = [name for name, role in roles(function).items() if role == "?"]
    if unknown:
        return f"what {', '.join(unknown)} should be cannot be told"
    source, tree = parsed(function)
    names = {role: name for name, role in roles(function).items()}
    if batches := untold_accumulation(tree, roles(function)):
        return f"it adds up the gradients of several batches, how many says {batches}"
    if "clip_grad_value" in source:
        return "it clips each number of its gradients"
    if "settings" in names and (unknown := untold(tree, names["settings"])):
        return f"what {', '.join(unknown)} should be cannot be told"
    if needs_gpu(source) and not has_gpu():
        return "it moves batches to a GPU, and there is none"
    if why := not_of_classes(function):
        return why
    if why := unlike_ours(tree, names["model"], [names["loader"]]):
        return why
    of_functions = Training if "optimizer" in roles(function).values() else Evaluation
    return foreign(lambda: small_run(kind or of_functions, function), function)


def small_run(kind: type[Loop], function: Any) -> None:
    """Two epochs of a loop on a few samples."""
    rng = np.random.default_rng(0)
    shapes = {"x": (5, 4), "W1": (3, 4), "b1": (3,), "W2": (6, 3), "b2": (6,)}
    arrays = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    steps = {"learning_rate": 0.0, "momentum": 0.0, "weight_decay": 0.0}
    loop = kind(function, None, Signature((), ()))
    loop.forward({"batch_sizes": (3, 2), "epochs": 2, **steps}, {**arrays, "y": np.arange(5) % 3})


def untold_accumulation(tree: ast.AST, known: Mapping[str, str]) -> str:
    """What says after how many batches a loop steps, where none of its parameters does; or ""."""
    if "accumulation" in known.values():
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            text = ast.unparse(node.right)
            if re.fullmatch(ROLES["accumulation"], text.rpartition(".")[2].lower()):
                return text
    return ""


def needs_gpu(source: str) -> bool:
    """Whether a text moves something to a GPU without asking whether to."""
    return ".cuda(" in source and not re.search(r"is_available|\bif [\w.]*(cuda|gpu)", source)


def has_gpu() -> bool:
    """Whether there is one; where torch is not to be had, none."""
    try:
        import torch

        return torch.cuda.is_available() is True
    except Exception:
        return False


class Loop:
    """`NAME(model, loader, ...)`, its parameters in any order."""

    training = False
    scale = SCALE

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._function, self._roles = forward, roles(forward)
        self._told, self._logarithms = returned(forward), takes_logarithms(forward)
        (source, tree), names = parsed(forward), {r: name for name, r in self._roles.items()}
        self._sets_mode, self._evaluated = ".train(" in source, evaluated_by_caller(forward)
        self._names_device = "device" in names and wants_text(source, names["device"])
        self._parts = names_of_parts(tree, [names["loader"]])
        self._percent = "100" in source or not COUNTS.search(source)
        self._settings = names.get("settings")

    def made(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What a loop may be given, by role."""
        import torch

        made = {
            "model": classifier(at, inputs, logarithms=self._logarithms),
            "loader": loader(at, inputs),
            "criterion": torch.nn.CrossEntropyLoss(),
            "device": "cpu" if self._names_device else torch.device("cpu"),
            "epochs": 1,
            "batch_size": at["batch_sizes"][0],
            "accumulation": at.get("accumulation_steps", 1),
            "amp": True,
            "scaler": None,
            "max_norm": at.get("max_norm") or MAX_NORM,
            "unused": None,
            "metric": percent_right,
            "reports": Reports(),
        }
        if self._settings:
            made["settings"] = settings(
                parsed(self._function)[1],
                self._settings,
                {**made, "learning_rate": at.get("learning_rate")},
            )
        if self.training:
            steps = {"lr": at["learning_rate"], "momentum": at["momentum"]}
            made["optimizer"] = torch.optim.SGD(
                made["model"].parameters(), **steps, weight_decay=at["weight_decay"]
            )
            if "scaler" in self._roles.values():
                made["scaler"] = watched_scaler(self.scale)
        return made

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        made = self.made(at, inputs)
        model = made["model"]
        # Whoever evaluates sets the mode, or its callers do; an epoch of training need not.
        model.train(not (self._sets_mode if self.training else self._evaluated))
        evaluated, trained = set[bool](), set[bool]()  # in which modes
        model.register_forward_pre_hook(lambda module, _: evaluated.add(module.training))
        if self.training:
            made["optimizer"].register_step_pre_hook(lambda *_: trained.add(model.training))
        results = [self.run(made | {"epoch": i}) for i in range(at.get("epochs", 1))]
        if not self.training and True in evaluated:
            raise WrongResult("the model is in training mode while it is evaluated")
        if False in trained:
            raise WrongResult("the model is in evaluation mode at a step of its training")
        if not self.training and any(_has_gradient(p) for p in model.parameters()):
            raise WrongResult("the evaluation leaves gradients in the parameters")
        outputs = {name: array for name, array in after(model).items() if name in inputs}
        for name in self._told:
            percent = self._percent and name == "accuracies"
            values = [_number(r.get(name), name, percent) for r in results]
            outputs[name] = np.array(values, np.float32)
        return outputs, None

    def run(self, made: Mapping[str, Any]) -> dict[str, Any]:
        import torch

        arguments = {name: made[role] for name, role in self._roles.items()}
        # With gradients, as where homework calls it.
        scaled, moved = mixed_precision(self.scale), self._watched(made["loader"])
        with torch.enable_grad(), scaled, moved:
            result = self._function(**arguments)
        refuse_stale(made["scaler"])
        whole = result if isinstance(result, (tuple, list)) else [result]
        for value in whole.values() if isinstance(whole, dict) else whole:
            if getattr(value, "grad_fn", None) is not None:
                raise WrongResult("what it returns still holds the graph of a batch")
        if isinstance(result, dict):
            return {role: result.get(key) for role, key in self._told.items()}
        return {role: _item(whole, place) for role, place in self._told.items()}

    def _watched(self, batches: Any) -> Any:
        return watched(self._roles, [batches], self._parts)

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


class Training(Loop):
    """`train_epoch(model, loader, optimizer, ...)`: a pass over the loader, a step a batch.

    It may return nothing, the mean loss of the samples, and their accuracy. Given or making a
    `GradScaler`, it scales its loss; it may clip the norm of its gradients.
    """

    training = True


class Evaluation(Loop):
    """`evaluate(model, loader, ...)`: the model in evaluation, and nothing of it moves.

    It may return the mean loss of the samples, and their accuracy.
    """


def _item(values: Any, place: Any) -> Any:
    return values[place] if isinstance(place, int) and place < len(values) else None


def _number(value: Any, name: str, percent: bool = False) -> float:
    """A returned number; above 1 it may be in percent."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        kind = type(value).__name__
        raise WrongResult(f"returned {kind} for its {name}, expected a number") from None
    return number / 100 if percent and number > 1 else number


def told(function: Any, backward: Any) -> dict[str, Any]:
    """The outputs that can be judged: what is left in the model, and what it returns."""
    left = ("W1", "b1", "gamma1", "beta1", "W2", "b2", "running_mean1", "running_var1")
    return {"outputs": [*returned(function), *left], "domain": of_classes(function)}


def of_classes(function: Any) -> dict[str, Any]:
    """The cases of a loop that asks for the best five of the scores: none has fewer classes."""
    return {"classes": [6]} if TOP_FIVE.search(parsed(function)[0]) else {}


def told_of_training(function: Any, backward: Any, kind: Any = None) -> dict[str, Any]:
    """The same, and the norm that gradients are clipped to."""
    bound = bound_of(function, kind or Training)
    words = {"differs": f"gradients are clipped to a norm of {bound:g}"} if bound else {}
    domain = {**of_classes(function), "max_norm": [bound]}
    return {**told(function, backward), "domain": domain, **words}


@functools.cache
def bound_of(function: Any, kind: type[Loop] = Training) -> float | None:
    """The norm to which a loop clips its gradients; that which it is given, where it shows none."""
    warm_up()
    shown = asked(lambda: _bound_of(function, kind))
    return shown or (MAX_NORM if "max_norm" in roles(function).values() else None)


def _bound_of(function: Any, kind: type[Loop]) -> float | None:
    loop, arrays = kind(function, None, Signature((), ())), large_gradients()
    loop.scale = LARGE_SCALE
    steps = {"learning_rate": 1.0, "momentum": 0.0, "weight_decay": 0.0}
    made = loop.made({"batch_sizes": (2,), **steps}, arrays)
    return bound_shown(lambda model: loop.run(made | {"epoch": 0}), made["model"], made["loader"])


def _has_gradient(parameter: Any) -> bool:
    return parameter.grad is not None and bool(parameter.grad.abs().sum() > 0)


PROMISE = Promise(
    domain={"regime": ("normal",)},
    keeps_dtype=False,
    dtypes=("float32",),
    mixed=True,
    layouts=(),
    may_change=("torch's random state",),  # loaders and dropout draw from it
    differs="in float32",
)


def spellings() -> Iterator[Spelling]:
    """One for each name."""
    for operator, names, kind, needed, tells in (
        ("train_epoch", TRAINING, Training, ("model", "loader", "optimizer"), told_of_training),
        ("evaluate", EVALUATION, Evaluation, ("model", "loader"), told),
    ):
        for name in names:
            yield Spelling(
                operator,
                name,
                None,
                kind,
                PROMISE,
                when=is_loop(*needed),
                obstacle=obstacle,
                tells=tells,
                needs_torch=True,
            )
