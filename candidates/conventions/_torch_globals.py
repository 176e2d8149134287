"""Loops that take parts from their module: `def train(epoch): ... for x, y in train_loader: ...`.

What such a script holds at its top (`model`, `train_loader`, `optimizer`, `device`) is ours for as
long as the function is called. A loss of the file's own stays, and so does everything else.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

from candidates.conventions import _torch_fitting
from candidates.conventions._torch_batches import parsed
from candidates.conventions._torch_methods import names, runs_epochs, taken
from candidates.conventions._torch_trainers import CUDA, Method, Unfit, is_other_loss
from candidates.conventions._torch_training import ROLES

HANDED = ("model", "optimizer", "device", "epochs", "loader")
"""What is ours, whatever a module holds by such a name."""

ABSENT = ("criterion", "reports")
"""What is ours where the module has nothing of the name."""


def script_of(function: Any) -> Script | None:
    """A function as one of what it takes and of its module's parts; None where that has none."""
    if not inspect.isfunction(function) or "." in function.__qualname__:
        return None
    script = Script(function)
    return script if script.takes_from_its_module else None


class Script(Method):
    """A function that takes parts from its module, as one of these."""

    def __init__(self, function: Any) -> None:
        self._method, self._space = function, inspect.unwrap(function).__globals__
        self._own = dict(taken(function))
        self._around = ast.Module([], [])
        self._functions = _called_by(function)
        bodies = [s for f in self._functions for s in getattr(parsed(f)[1], "body", [])]
        self.text = ast.Module(bodies, [])
        self.runs_epochs = runs_epochs(self.text)
        free = {name for f in self._functions for name in _free(f)}
        only = inspect.Parameter.KEYWORD_ONLY
        self._made = {n: inspect.Parameter(n, only) for n in sorted(free) if self._is_handed(n)}
        known = {*self._made, *self._space, *vars(builtins)}
        self.unknown = sorted(free - known)
        self._held, self.parts = [], {}

    @property
    def takes_from_its_module(self) -> bool:
        """Whether a model, samples or an optimizer are none of its parameters."""
        wanted = ("model", "optimizer")
        return any(self._is_loader(n) or any(_is(r, n) for r in wanted) for n in self._made)

    def _is_handed(self, name: str) -> bool:
        held = self._space.get(name)
        if inspect.isroutine(held) or inspect.isclass(held) or inspect.ismodule(held):
            return False
        if re.fullmatch(CUDA, name.lower()) or any(_is(role, name) for role in ABSENT):
            return name not in self._space
        return any(_is(role, name) for role in HANDED) or self._is_loader(name)

    def roles(self, kind: str) -> dict[str, str]:
        """The same; a number of epochs may be called as one of them is."""
        found = super().roles(kind)
        if self.runs_epochs:
            return {name: "epochs" if role == "epoch" else role for name, role in found.items()}
        return found

    def _called(self, given: Mapping[str, Any]) -> Any:
        """What the function returns, its module holding our parts."""
        import torch

        for name in names(self.text) & set(self._space):
            loss = self._space[name]
            if isinstance(loss, torch.nn.modules.loss._Loss) and is_other_loss(loss):
                raise Unfit(f"its {type(loss).__name__} is not the plain mean over the samples")
        around = {name: value for name, value in given.items() if name in self._made}
        own = {name: value for name, value in given.items() if name in self._own}
        with _torch_fitting.held(self._method, around):
            return self._method(**own)


def _is(role: str, name: str) -> bool:
    return re.fullmatch(ROLES[role], name.lower()) is not None


def _called_by(function: Any) -> list[Callable[..., Any]]:
    """The functions of its file that a function calls, and these in turn, itself at last."""
    inner = inspect.unwrap(function)
    found, unread = [function], [inner]
    while unread:
        for name in _free(unread.pop()):
            held = inner.__globals__.get(name)
            code = getattr(inspect.unwrap(held), "__code__", None) if callable(held) else None
            own = code is not None and code.co_filename == inner.__code__.co_filename
            if own and inspect.isfunction(held) and held not in found and held is not inner:
                found.append(held)
                unread.append(inspect.unwrap(held))
    return found[::-1]


def _free(function: Any) -> set[str]:
    """The names that a function takes from its module."""
    code = inspect.unwrap(function).__code__
    read = names(parsed(function)[1])
    inner = {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
    return (read & set(_names_of(code))) - inner


def _names_of(code: Any) -> set[str]:
    """The names of a code and of what is within it: of lambdas and comprehensions."""
    within = (c for c in code.co_consts if inspect.iscode(c))
    return set(code.co_names).union(*map(_names_of, within))
