"""Early stopping as homework writes it: a class that is told a result of the validation each epoch.

It is found by its name, and by a patience in its constructor. It is told by a call, or by a method
(`step`, `update` ...), with a model beside the number where it takes one, and says that training
stops by what it returns or by an attribute (`early_stop`, `stop` ...). A few tiny trainings show
whether small or large numbers are good to it, whether an equal one is as good as a better one, and
whether it stops after `patience` epochs without a better one or at the next. What comes after the
stop is not asked.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from candidates.conventions._probing import asked
from candidates.conventions._signatures import Call, Parameter, matched
from candidates.conventions._tensors import load_torch, run
from candidates.spelling import Signature, Spelling
from properties.plain import WrongResult
from properties.promise import Promise

At = Mapping[str, Any]
NAMES = ("EarlyStopping", "EarlyStopper", "EarlyStop", "MyEarlyStopping", "EarlyStoppingCallback")
METHODS = ("__call__", "step", "update", "early_stop", "check", "should_stop", "stop", "check_stop")
STOPS = ("early_stop", "stop", "should_stop", "stopped", "early_stopped", "stop_training")
MODELS = ("model", "net", "network")
PARAMETERS = (
    Parameter(("patience",), lambda at, _: at["patience"] - at.get("beyond", 0)),
    Parameter(
        ("min_delta", "delta", "mindelta", "tolerance", "tol"),
        lambda at, _: at["min_delta"],
        {"min_delta": (0.0,)},
    ),
    Parameter(("mode",), lambda at, _: at["mode"], {}),
)
PROMISE = Promise(keeps_dtype=False, layouts=(), outputs=("stopped",))
WORSE, BETTER, EQUAL = (4.0, 5.0, 6.0, 7.0), (4.0, 3.0, 2.0, 1.0), (4.0, 4.0, 4.0, 4.0)
BIT_WORSE = (4.0, 4.5, 4.75, 4.875)


def _method(kind: Any) -> str:
    """The method that is told a number; "" where there is none of a known name."""
    own = [n for n in METHODS if inspect.isfunction(getattr(kind, n, None))]
    return next((n for n in own if len(_numbers(kind, n)) == 1), "")


def _numbers(kind: Any, method: str) -> list[str]:
    """The arguments of a method that are no model."""
    return [name for name in _taken(kind, method) if name.lower() not in MODELS]


def _taken(kind: Any, method: str) -> list[str]:
    """The arguments that a method must be given, after the object."""
    taken = list(inspect.signature(getattr(kind, method)).parameters.values())[1:]
    return [p.name for p in taken if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]


def _takes_patience(kind: Any) -> bool:
    try:
        return inspect.isclass(kind) and "patience" in inspect.signature(kind).parameters
    except (TypeError, ValueError):
        return False


def obstacle(kind: Any) -> str:
    """Why a class cannot be told numbers, in words; "" where it can."""
    if matched(kind, PARAMETERS) is None:
        return "its constructor takes other parameters than patience, min_delta and mode"
    if not _method(kind):
        return "it has no method that takes a number, and perhaps a model"
    return ""


def takes_mode(call: Call) -> bool:
    return any(p.names[0] == "mode" for p in (*call.positional, *call.keywords.values()))


class Stopping:
    """`EarlyStopping(patience, min_delta)(val_loss, model)`, after each epoch up to the stop."""

    def __init__(self, kind: Any, told: Mapping[str, Any]) -> None:
        call = matched(kind, PARAMETERS)
        assert call is not None
        self._kind, self._call, self._beyond = kind, call, told["beyond"]
        self._mode = "" if takes_mode(call) else told["mode"]
        self._name = _method(kind)
        self._taken = _taken(kind, self._name)

    def forward(self, at: At, inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        turned = self._mode and at["mode"] != self._mode  # a law asks for what it cannot choose
        metrics = (-inputs["metrics"] if turned else inputs["metrics"]).tolist()
        stop = self.stop({**at, "beyond": self._beyond}, metrics)
        stopped = np.zeros(len(metrics), np.int64)
        stopped[len(metrics) if stop is None else stop :] = 1
        return {"stopped": stopped}, None

    def stop(self, at: At, metrics: Sequence[float]) -> int | None:
        """The first epoch after which training stops, None where it goes on."""
        positional, named = self._call.arguments(at, {})
        made = run(self._kind, *positional, **named)
        alone = len(self._taken) == 1
        model = None if alone else load_torch().nn.Identity()
        for epoch, metric in enumerate(metrics):
            told = [model if name.lower() in MODELS else metric for name in self._taken]
            if _says(made, run(getattr(made, self._name), *told)):
                return epoch
        return None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


def _says(made: Any, result: Any) -> bool:
    """Whether an object says that training stops. Raises WrongResult where it says nothing."""
    if isinstance(result, (bool, np.bool_)):
        return bool(result)
    for name in STOPS:
        value = getattr(made, name, None)
        if isinstance(value, (bool, np.bool_)):
            return bool(value)
        if inspect.ismethod(value) and not _taken(type(made), name):
            return bool(value())
    raise WrongResult("neither what it returns nor an attribute says whether training stops")


def _form(kind: Any) -> dict[str, Any] | None:
    """What tiny trainings show of a class, as plain data; None where they show no usual form."""
    tried = Stopping(kind, {"beyond": 0, "mode": "min"})

    def stops(metrics: Sequence[float], patience: int = 1, **at: Any) -> int | None:
        return tried.stop({"patience": patience, "min_delta": 0.0, "mode": "min", **at}, metrics)

    def ask() -> dict[str, Any] | None:
        ends = {"min": (stops(WORSE), stops(BETTER)), "max": (stops(BETTER), stops(WORSE))}
        for mode, (worse, better) in ends.items():
            if worse not in (1, 2) or better is not None:
                continue
            waits = stops(WORSE if mode == "min" else BETTER, 2)
            equal, sign = stops(EQUAL), 1 if mode == "min" else -1
            # Others wait only for what is worse by more than min_delta.
            bit_worse = stops([sign * metric for metric in BIT_WORSE], min_delta=1.0)
            if (waits, bit_worse) != (worse + 1, worse) or equal not in (worse, None):
                return None
            return {"mode": mode, "ties": "last" if equal is None else "first", "beyond": worse - 1}
        return None

    found = asked(ask)
    return found if isinstance(found, dict) else None


class OfStopping:
    """`EarlyStopping(patience, min_delta)`, told `(val_loss)` or `(val_loss, model)` by a call,
    `step`, `update` ..., which says by its result or by `early_stop`, `stop` ... when to stop."""

    def __init__(self) -> None:
        self._forms: dict[Any, dict[str, Any] | None] = {}

    def form(self, kind: Any) -> dict[str, Any] | None:
        if kind not in self._forms:
            self._forms[kind] = _form(kind)
        return self._forms[kind]

    def tells(self, kind: Any, backward: Any) -> dict[str, Any]:
        form, call = self.form(kind), matched(kind, PARAMETERS)
        if form is None or call is None:
            reason = "what it calls better, or how long it waits, is none of the usual"
            return {"unclear": {kind.__name__: reason}}
        chosen = takes_mode(call)
        domain = {**call.domain, "ties": [form["ties"]]}
        domain |= {} if chosen else {"mode": [form["mode"]]}
        words = [f"{'small' if form['mode'] == 'min' else 'large'} numbers are good"]
        words = [] if chosen else words
        words += ["equal ones are as good as better ones"] if form["ties"] == "last" else []
        words += ["it stops when the patience is exceeded"] if form["beyond"] else []
        return {
            "domain": {n: list(v) for n, v in domain.items()},
            **({"differs": ", ".join(words)} if words else {}),
        }

    def __call__(self, forward: Any, backward: Any, signature: Signature) -> Stopping:
        return Stopping(forward, self.form(forward) or {"beyond": 0, "mode": "min"})


def spellings() -> Iterator[Spelling]:
    """One for each name."""
    of = OfStopping()
    of.__doc__ = OfStopping.__doc__
    for name in NAMES:
        yield Spelling(
            "early_stopping",
            name,
            None,
            of,
            PROMISE,
            when=_takes_patience,
            obstacle=obstacle,
            tells=of.tells,
            needs_torch=True,
        )
