"""Networks without a class of their own: an `nn.Sequential`, or a function that builds one."""

from __future__ import annotations

import ast
import copy
import functools
import gc
import inspect
import linecache
import re
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from candidates.conventions._torch_names import NAMED, OTHER

OTHER_WORK = re.compile(
    r"train|fit|eval|test|run|load|save|predict|main|init_?weights|plot|show|download|summar|count"
    r"|convert|export|copy|freeze|accuracy",
    re.IGNORECASE,
)
"""What functions are called that do something with a network, and may return it."""


def is_factory(found: Any) -> bool:
    """Whether a function returns an `nn.Sequential` that it builds, to be a network by itself."""
    if not inspect.isfunction(found) or found.__module__.partition(".")[0] == "torch":
        return False
    name = found.__name__
    if not NAMED.search(name) or OTHER.search(name) or OTHER_WORK.search(name):
        return False
    names = set(found.__code__.co_names)
    if "Sequential" not in names or {"backward", "step"} & names or not _has_torch(found):
        return False
    return _returns_sequential(found) and not _is_used_to_build(found)


def is_sequential(found: Any) -> bool:
    """Whether it is an `nn.Sequential` itself, without loading torch to know it."""
    kind = type(found)
    return (kind.__module__, kind.__name__) == ("torch.nn.modules.container", "Sequential")


def is_name_of_network(name: str) -> bool:
    """Whether a variable is called as networks are: `model`, `net`, `mlp`, and not `encoder`."""
    return bool(NAMED.search(name)) and not OTHER.search(name)


def _has_torch(function: Any) -> bool:
    """Whether the function reaches the `Sequential` of torch: without torch, a stub is there."""
    torch, there = sys.modules.get("torch"), function.__globals__
    if torch is None:
        return False
    held = [there[name] for name in function.__code__.co_names if name in there]
    return any(value is known for value in held for known in (torch, torch.nn, torch.nn.Sequential))


def _returns_sequential(function: Any) -> bool:
    """Whether what it returns, or the first of it, is written or assigned as `nn.Sequential()`."""
    text = "".join(linecache.getlines(function.__code__.co_filename))
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    first = function.__code__.co_firstlineno
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
            lines = {node.lineno, *(d.lineno for d in node.decorator_list)}
            if first in lines:
                built = {name for name, value in _assigned(node) if _is_sequential(value)}
                return any(_is_built(value, built) for value in _returned(node))
    return False


def _assigned(function: ast.FunctionDef) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value


def _returned(function: ast.FunctionDef) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            tuples = isinstance(node.value, ast.Tuple) and node.value.elts
            yield node.value.elts[0] if tuples else node.value  # type: ignore[attr-defined]


def _is_built(value: ast.expr, built: set[str]) -> bool:
    return _is_sequential(value) or (isinstance(value, ast.Name) and value.id in built)


def _is_sequential(value: ast.expr) -> bool:
    """Whether it is the call `nn.Sequential(...)`, moved to a device or not."""
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if value.func.attr == "Sequential":
            return True
        value = value.func.value
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id == "Sequential"
    )


def _is_used_to_build(function: Any) -> bool:
    """Whether a class of its file, or another function that builds a network, calls it."""
    for other in list(function.__globals__.values()):
        if inspect.isclass(other) and function.__name__ in names_of(other):
            return True
        if inspect.isfunction(other) and other is not function:
            names = _names_in(other.__code__)
            if function.__name__ in names and "Sequential" in names:
                return True
    return False


def redrawing(net: Any) -> Callable[[], Any]:
    """Makes copies of a network whose layers draw their weights anew."""

    def made() -> Any:
        fresh = copy.deepcopy(net)
        for module in fresh.modules():
            if callable(getattr(module, "reset_parameters", None)):
                module.reset_parameters()
        return fresh

    return made


@functools.cache
def file_of(net: Any) -> str:
    """The text of the file whose variable a network is, or "" where it is not to be had."""
    for holder in gc.get_referrers(net):
        if type(holder) is dict and isinstance(holder.get("__file__"), str):
            try:
                return Path(holder["__file__"]).read_text(errors="replace")
            except OSError:
                return ""
    return ""


def names_of(kind: Any, but: Sequence[str] = ()) -> set[str]:
    """The names that the code of a class uses, some methods left out."""
    found: set[str] = set()
    for method in [value for name, value in vars(kind).items() if name not in but]:
        code = getattr(inspect.unwrap(getattr(method, "__func__", method)), "__code__", None)
        found |= _names_in(code) if code is not None else set()
    return found


def _names_in(code: types.CodeType) -> set[str]:
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return set(code.co_names).union(*map(_names_in, inner))
