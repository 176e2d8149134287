"""The text of a trainer's method: with all that it calls, `self.model` written as `model`."""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from candidates.conventions._torch_batches import parsed

OTHER_BASES = ("torch.nn.modules.module.Module", "lightning", "pytorch_lightning")


def trainer_of(method: Any) -> type | None:
    """The class of a method that a file defines, where it is no module; None otherwise."""
    function = inspect.unwrap(method)
    if not inspect.isfunction(function):
        return None
    name, _, own = function.__qualname__.rpartition(".")
    cls = function.__globals__.get(name)
    if not own or not inspect.isclass(cls) or next(iter(taken(function)), "") != "self":
        return None
    if not inspect.isfunction(cls.__init__) or inspect.isabstract(cls):
        return None
    bases = [f"{c.__module__}.{c.__qualname__}" for c in cls.__mro__]
    return None if any(base.startswith(OTHER_BASES) for base in bases) else cls


def taken(function: Any) -> Mapping[str, inspect.Parameter]:
    """The parameters that a function takes by name."""
    passed = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    found = inspect.signature(function).parameters
    return {name: p for name, p in found.items() if p.kind not in passed}


def _methods(cls: type) -> dict[str, ast.FunctionDef]:
    """The texts of a class's methods, those of its bases among them."""
    found: dict[str, ast.FunctionDef] = {}
    for kind in reversed(cls.__mro__[:-1]):
        for name, value in vars(kind).items():
            function = inspect.unwrap(getattr(value, "__func__", value))
            if inspect.isfunction(function):
                body = getattr(parsed(function)[1], "body", [])
                if body and isinstance(body[0], ast.FunctionDef):
                    found[name] = body[0]
    return found


def _of_self(node: ast.AST) -> str:
    """The name of an attribute of `self`, or ""."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr if node.value.id == "self" else ""
    return ""


def _reached(name: str, methods: Mapping[str, ast.FunctionDef]) -> list[str]:
    """The methods that a method calls, and these in turn, itself at last."""
    found, unread = [name], [name]
    while unread:
        for node in ast.walk(methods[unread.pop()]):
            called = _of_self(node)
            if called in methods and called not in found:
                found.append(called)
                unread.append(called)
    return found[::-1]


def _stored(value: ast.expr | None) -> str:
    """The name that an expression hands on: of `x`, `x.to(device)`, `x or y`, `x if x else y`."""
    if isinstance(value, ast.Name):
        return value.id
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        return _stored(value.func.value) if value.func.attr in ("to", "cuda") else ""
    if isinstance(value, ast.BoolOp):
        return _stored(value.values[0])
    if isinstance(value, ast.IfExp):
        return _stored(value.body) or _stored(value.orelse)
    return ""


def _stores(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The attributes of `self` that a statement sets, with what they are set to."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=False))
            yield from ((_of_self(t), value) for t, value in pairs if _of_self(t))
    elif isinstance(node, ast.AnnAssign) and node.value is not None and _of_self(node.target):
        yield _of_self(node.target), node.value


class _Bare(ast.NodeTransformer):
    """Attributes of `self` as names: those that hold a parameter by the parameter's."""

    def __init__(self, renamed: Mapping[str, str]) -> None:
        self._renamed = renamed

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        name = _of_self(node)
        return (
            ast.copy_location(ast.Name(self._renamed.get(name, name), node.ctx), node)
            if name
            else node
        )


def texts(cls: type, method: str) -> tuple[ast.Module, ast.Module]:
    """The text of a method with all that it calls, and of what its constructor does."""
    methods = _methods(cls)
    init = methods.get("__init__")
    parameters = set(taken(cls))
    kept, renamed = list[ast.stmt](), dict[str, str]()
    for statement in init.body if init else []:
        stored = list(_stores(statement))
        renamed |= {name: _stored(value) for name, value in stored if _stored(value) in parameters}
        if not stored or not all(isinstance(value, ast.Name) for _, value in stored):
            kept.append(statement)
    bare = _Bare(renamed)
    reached = [n for n in _reached(method, methods) if n != "__init__"]
    whole = ast.Module([bare.visit(copy.deepcopy(methods[n])) for n in reached], [])
    made = ast.Module([bare.visit(copy.deepcopy(s)) for s in kept], [])
    return whole, made


def names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def runs_epochs(tree: ast.AST) -> bool:
    """Whether a text goes over epochs."""
    headers = [
        ast.unparse(n.test if isinstance(n, ast.While) else ast.Tuple([n.target, n.iter]))
        for n in ast.walk(tree)
        if isinstance(n, ast.While) or (isinstance(n, ast.For) and "range(" in ast.unparse(n.iter))
    ]
    return any("epoch" in header.lower() for header in headers)
