"""torch's optimizers: classes that are given parameters, and step them by their gradients."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from candidates.conventions._probing import asked
from candidates.conventions._signatures import Call, Parameter, matched, narrowing
from candidates.conventions._tensors import Place, load_torch, on_torch, run, to_array, warm_up
from candidates.conventions._torch_optim_forms import (
    CONSTANT,
    FALLING,
    GRADIENTS,
    KEPT,
    NO_EPS,
    PROBED,
    form_of,
    shrinks_afterwards,
)
from candidates.conventions._torch_optim_groups import Groups, has_groups
from candidates.spelling import Signature, Spelling
from properties.plain import WrongResult
from properties.promise import Promise

At = Mapping[str, Any]
CLOSE = 1e-5  # of two parameters that hold the same numbers, in float32
LR = "lr learning_rate learningrate stepsize step_size eta"


def _rate(attribute: str, names: str, *absent: Any) -> Parameter:
    without = {attribute: absent} if absent else None
    return Parameter(tuple(names.split()), lambda at, tensors: at[attribute], without)


def _eps(default: float) -> Parameter:
    """A constant of the code's own makes no difference to gradients that are whole numbers."""
    without = {"eps": (default,), "regime": ("integers", "constant")}
    return Parameter(("eps", "epsilon"), lambda at, tensors: at["eps"], without)


PARAMS = Parameter(("params",), lambda at, tensors: tensors["params"])
DECAY = _rate("weight_decay", "weight_decay wd weightdecay", 0.0)
BETAS = Parameter(("betas",), lambda at, tensors: (at["beta1"], at["beta2"]))
BETA1 = _rate("beta1", "beta1 beta_1 b1", 0.9)
BETA2 = _rate("beta2", "beta2 beta_2 b2", 0.999)
ADAM = (PARAMS, _rate("lr", f"{LR} alpha"), BETAS, BETA1, BETA2, _eps(1e-8), DECAY)
AMSGRAD = _rate("amsgrad", "amsgrad", False)
MOMENTUM = "momentum beta mu rho gamma"


@dataclass(frozen=True)
class Known:
    """An optimizer of torch's. defaults: its own, by the first name of each parameter."""

    operator: str
    names: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    defaults: Mapping[str, Any]


DEFAULTS = {"weight_decay": 0.0, "eps": 1e-8, "amsgrad": False}
ADAM_DEFAULTS = {**DEFAULTS, "betas": (0.9, 0.999), "beta1": 0.9, "beta2": 0.999}
KNOWN = (
    Known(
        "sgd",
        (
            *("SGD", "SGDMomentum", "SGDWithMomentum", "SGDM", "MomentumSGD", "Momentum"),
            "GradientDescent",
        ),
        (
            PARAMS,
            _rate("lr", f"{LR} alpha"),
            _rate("momentum", MOMENTUM, 0.0),
            _rate("dampening", "dampening", 0.0),
            DECAY,
            _rate("nesterov", "nesterov", False),
        ),
        {"dampening": 0.0, "nesterov": False, **DEFAULTS},
    ),
    Known("adam", ("Adam",), (*ADAM, AMSGRAD), ADAM_DEFAULTS),
    Known("adamw", ("AdamW",), (*ADAM, AMSGRAD), {**ADAM_DEFAULTS, "weight_decay": 0.01}),
    Known(
        "rmsprop",
        ("RMSprop", "RMSProp"),
        (
            PARAMS,
            _rate("lr", LR),
            _rate("alpha", "alpha rho decay_rate decay beta gamma", 0.99),
            _eps(1e-8),
            DECAY,
            _rate("momentum", "momentum", 0.0),
            _rate("centered", "centered", False),
        ),
        {"alpha": 0.99, "momentum": 0.0, "centered": False, **DEFAULTS},
    ),
    Known(
        "adagrad",
        ("Adagrad", "AdaGrad"),
        (
            PARAMS,
            _rate("lr", LR),
            _rate("lr_decay", "lr_decay", 0.0),
            DECAY,
            _eps(1e-10),
        ),
        {"lr_decay": 0.0, **DEFAULTS, "eps": 1e-10},
    ),
)
PREFIXES = ("", "My", "my", "Custom")
SUFFIXES = ("", "Optimizer", "Scratch", "FromScratch")
PROMISE = Promise(
    domain={"ndim": (2, 1, 3, 4), "empty": (False,), "fresh": (True,), "maximize": (False,)},
    keeps_dtype=False,
    dtypes=("float32",),
    layouts=(),
    outputs=("w",),
)


def _theirs(kind: Any) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(kind).parameters.values())
    except (TypeError, ValueError):
        return []


def call_of(kind: Any, known: Known) -> Call | None:
    """How a class is made, or None where it takes other parameters."""
    theirs = _theirs(kind)
    names = {p.name.lower().strip("_") for p in theirs}
    both = "betas" in names
    left_out = (BETA1, BETA2) if both else (BETAS,)
    parameters = [p for p in known.parameters if p not in left_out]
    # What holds the parameters is called by any name with "param" in it, and stands first.
    if not theirs or "param" not in theirs[0].name.lower():
        return None
    return matched(kind, parameters)


class Optimizer:
    """`step()` on one parameter in float32 after another, all steps of a case with one object.

    A second parameter with the same numbers and gradients stands beside it and must move alike; so
    must one in a group of its own (`Groups`), where a subclass of torch's follows such rates.
    """

    def __init__(
        self, kind: Any, call: Call, afterwards: bool = False, grouped: bool = False
    ) -> None:
        self._kind, self._call, self._afterwards = kind, call, afterwards
        self._grouped = grouped
        self._made: Any = None
        self._pair: list[Any] = []
        self._groups: Groups | None = None
        self._lr: Any = None

    def forward(self, at: At, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        if at["fresh"]:
            self.begin(at, inputs["w"])
        elif not self._pair or not np.array_equal(self.parameter(), inputs["w"]):
            raise WrongResult("the parameter is not the one of the step before")
        gradient = self.step(at["lr"], inputs["dw"])
        if not np.array_equal(gradient, inputs["dw"].astype(np.float32), equal_nan=True):
            inputs["dw"][...] = gradient  # refused where it is read-only
        return {"w": self.parameter()}, None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        raise NotImplementedError("an optimizer has no gradients")

    def begin(self, at: At, w: np.ndarray) -> None:
        torch = load_torch()
        self._pair = [torch.nn.Parameter(_tensor(w)) for _ in range(2)]
        made_of = shrinking_afterwards(at) if self._afterwards else at
        positional, named = self._call.arguments(made_of, {"params": list(self._pair)})
        self._made, self._lr = run(self._kind, *positional, **named), at["lr"]
        grouped = self._grouped and has_groups(self._made)
        self._groups = Groups(self._kind, self._call, at, _tensor(w)) if grouped else None

    def step(self, lr: float, dw: np.ndarray) -> Any:
        """One step by a gradient. Gives what is in its place afterwards."""
        if lr != self._lr:
            set_rate(self._made, lr)
            self._lr = lr
            if self._groups is not None:
                self._groups.rate(lr)
        for parameter in self._pair:
            parameter.grad = _tensor(dw)
        with load_torch().no_grad():
            run(self._made.step)
        if self._groups is not None:
            self._groups.step(_tensor(dw))
        left = self._pair[0].grad
        return dw.astype(np.float32) if left is None else to_array("the gradient", left)

    def parameter(self) -> Any:
        w, twin = (to_array("w", p.detach().clone()) for p in self._pair)
        if not (w.shape == twin.shape and np.allclose(w, twin, CLOSE, CLOSE, equal_nan=True)):
            raise WrongResult(
                "two parameters of one optimizer move in different ways, from the same numbers"
            )
        return w


def _tensor(array: np.ndarray) -> Any:
    """A tensor of its own memory, in float32."""
    return load_torch().from_numpy(np.array(array, np.float32)).to(Place.device)


def set_rate(made: Any, lr: float) -> None:
    """Set the learning rate as schedulers do, or where a plain object keeps it."""
    for group in getattr(made, "param_groups", ()):
        group["lr"] = lr
    for name in ("lr", "learning_rate"):
        if isinstance(getattr(made, name, None), float):
            setattr(made, name, lr)


def shrinking_afterwards(at: At) -> dict[str, Any]:
    """The rates with which weights that move first, and then shrink, go where torch's go."""
    shrunk = 1 - at["lr"] * at["weight_decay"]
    return {**at, "lr": at["lr"] / shrunk, "weight_decay": at["weight_decay"] * shrunk}


class OfOptimizers:
    """The spelling of one of torch's optimizers."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self._told: dict[Any, dict[str, Any]] = {}
        self._afterwards: dict[Any, bool] = {}
        taken = ", ".join(p.names[0] for p in known.parameters)
        self.__doc__ = f"`{known.names[0]}({taken}).step()`, by name or by place."

    def when(self, found: Any) -> bool:
        step = getattr(found, "step", None)
        if not inspect.isclass(found) or not inspect.isfunction(step):
            return False
        owner = next(c for c in found.__mro__ if "step" in vars(c))
        return owner.__module__.partition(".")[0] != "torch" and on_torch(found)

    def obstacle(self, found: Any) -> str:
        if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in _theirs(found)):
            return "its constructor takes any keywords, so that it is not known which it heeds"
        call = call_of(found, self.known)
        if call is None:
            taken = ", ".join(p.names[0] for p in self.known.parameters)
            return f"its constructor takes other parameters than torch's ({taken})"
        if any(p.default is inspect.Parameter.empty for p in _theirs(found.step)[1:]):
            return "its step takes arguments"
        if self.known.operator == "adamw" and DECAY not in _taken(call):
            return "it takes no weight_decay, so that it is not known what it is"
        return ""

    def tells(self, found: Any, backward: Any) -> dict[str, Any]:
        if found not in self._told:
            self._told[found] = self._told_of(found)
        return self._told[found]

    def _told_of(self, found: Any) -> dict[str, Any]:
        call = self._call(found)
        told = narrowing(call.domain, ())
        words = [told.get("differs", ""), self._defaults(found, call)]
        moved = self._moved(found, FALLING, eps=1.0)
        if moved is not None:
            at = {**PROBED, **_only(call)}
            beta = any(p.name == "beta" for p in _theirs(found))
            form, follows = form_of(self.known.operator, at, beta, moved)
            if form.unclear:
                return {"unclear": {found.__name__: form.unclear}}
            told["domain"] |= {n: list(v) for n, v in form.domain.items() if n not in call.domain}
            told["domain"] |= {} if follows else CONSTANT
            words += [form.words, "" if follows else "its learning rate stays"]
        if self.afterwards(found):
            told["domain"] |= CONSTANT
            words.append("weights shrink after they have moved")
        differs = ", ".join(filter(None, words))
        return {**told, "differs": differs} if differs else told

    def _call(self, found: Any) -> Call:
        call = call_of(found, self.known)
        assert call is not None
        return call

    def afterwards(self, found: Any) -> bool:
        """Whether an AdamW's weights move before they shrink."""
        if self.known.operator != "adamw":
            return False
        if found not in self._afterwards:
            at = {**PROBED, **_only(self._call(found)), "weight_decay": 0.5}
            moved = self._moved(found, KEPT, eps=NO_EPS, weight_decay=0.5)
            self._afterwards[found] = moved is not None and shrinks_afterwards(at, moved)
        return self._afterwards[found]

    def _moved(self, found: Any, rates: Sequence[float], **changed: float) -> list[float] | None:
        """Where it moves a parameter that starts at 1; None where it cannot."""
        call = self._call(found)
        at = {**PROBED, **changed, **_only(call), "lr": rates[0]}

        def move() -> list[float]:
            tried, w = Optimizer(found, call), []
            tried.begin(at, np.ones(1))
            for lr, g in zip(rates, GRADIENTS, strict=True):
                tried.step(lr, np.full(1, g))
                w.append(float(tried.parameter()[0]))
            return w

        warm_up()
        return asked(move)

    def _defaults(self, found: Any, call: Call) -> str:
        """Defaults that are not torch's, in words."""
        theirs = {p.name.lower().strip("_"): p.default for p in _theirs(found)}
        words = []
        for name in (n for p in _taken(call) for n in p.names if n in theirs):
            known = next(p.names[0] for p in _taken(call) if name in p.names)
            usual, own = self.known.defaults.get(known), theirs[name]
            if usual is not None and own not in (usual, inspect.Parameter.empty, None):
                words.append(f"{name} {own}")
        return f"by default {', '.join(words)}" if words else ""

    def __call__(self, forward: Any, backward: Any, signature: Signature) -> Optimizer:
        # What does not follow a rate that is set in its group has promised nothing of groups.
        grouped = "scheduled" not in self.tells(forward, backward).get("domain", {})
        return Optimizer(forward, self._call(forward), self.afterwards(forward), grouped)


def _taken(call: Call) -> list[Parameter]:
    return [*call.positional, *call.keywords.values()]


def _only(call: Call) -> dict[str, Any]:
    """The attribute values of what a class does not take."""
    return {name: values[0] for name, values in call.domain.items()}


def _spelled(known: Known) -> list[Spelling]:
    of = OfOptimizers(known)
    names = dict.fromkeys(f"{p}{n}{s}" for n in known.names for p in PREFIXES for s in SUFFIXES)
    return [
        Spelling(
            known.operator,
            name,
            None,
            of,
            PROMISE,
            when=of.when,
            obstacle=of.obstacle,
            tells=of.tells,
        )
        for name in names
    ]


SPELLINGS = [spelling for known in KNOWN for spelling in _spelled(known)]
