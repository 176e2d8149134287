"""Execute a candidate's file statement by statement, so that one that fails costs only itself.

A notebook, or a script once a statement has failed, has its imports, definitions and constants
executed and nothing else: no training, no downloads, no plots.
"""

from __future__ import annotations
import __future__

import ast
import contextlib
import signal
import threading
import time
import traceback
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from candidates.worker.sources import Unloadable
from properties.implementation import Refused

SECONDS_A_FILE = 10.0
ABSENT = "__layerproof_absent__"  # in a module: its names that are absent, and the reason

Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
Import = (ast.Import, ast.ImportFrom)
# Calls that make constants.
PURE = frozenset(
    """
    float int bool str tuple list dict set frozenset range abs min max len complex object round
    namedtuple TypeVar partial vectorize wraps array zeros ones arange linspace eye full asarray
    finfo iinfo dtype sqrt log exp float32 float64 field default_rng RandomState device is_available
    """.split()
)
LAYERS = frozenset(
    """
    Sequential OrderedDict Linear Conv1d Conv2d BatchNorm1d BatchNorm2d LayerNorm GroupNorm Flatten
    Unflatten Identity Dropout Dropout2d MaxPool2d AvgPool2d AdaptiveAvgPool2d AdaptiveMaxPool2d
    ReLU ReLU6 LeakyReLU PReLU ELU SELU GELU SiLU Hardswish Sigmoid Tanh Softmax LogSoftmax
    LazyLinear LazyConv2d LazyBatchNorm1d LazyBatchNorm2d
    """.split()
)  # calls in a network that is written in a row, a constant as well: nothing is computed
IMPURE = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)


class TooLong(BaseException):
    """A file takes too long to execute."""


@dataclass
class Piece:
    """Statements of one file or cell, under the name that tracebacks show."""

    name: str
    tree: ast.Module


@dataclass
class Execution:
    """One module being filled. `failures` are the definitions and imports that raised."""

    module: types.ModuleType
    only_definitions: bool = False
    failures: list[str] = field(default_factory=list)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    _limits: bool = False  # whether the statement executed may be stopped

    def run(self, pieces: Sequence[Piece]) -> None:
        """Execute the pieces in order. Raises Unloadable where nothing came of it."""
        with self._limited():
            first = self._run(pieces)
        if first is not None and all(name[:2] == "__" for name in vars(self.module)):
            raise Unloadable(_sentence(first), _frames(first, [p.name for p in pieces]))

    def _run(self, pieces: Sequence[Piece]) -> BaseException | None:
        """The first exception; names that did not come about are remembered with the reason."""
        absent: dict[str, str] = self.module.__dict__.setdefault(ABSENT, {})
        first = None
        for piece in pieces:
            flags = _future_flags(piece.tree)
            for statement in piece.tree.body:
                error = self._statement(statement, piece, flags)
                if error is not None:
                    first = first or error
                for name in bound_names(statement):
                    where = place(piece.name, statement.lineno)
                    if name in vars(self.module):
                        absent.pop(name, None)
                    elif error is not None:
                        absent[name] = f"{name} ({where}), which {_sentence(error)}"
                    else:
                        absent.setdefault(name, f"{name} ({where}), which was not executed")
        return first

    def _statement(self, statement: ast.stmt, piece: Piece, flags: int) -> BaseException | None:
        """What the statement raised, or None."""
        kept = kept_of(statement) if self.only_definitions else statement
        if kept is None or (_is_text(statement) and self.module.__doc__):
            return None
        if isinstance(statement, Definition):
            self.places[statement.name] = (piece.name, statement.lineno)
        else:
            self.places.update(
                dict.fromkeys(defined_names(statement), (piece.name, statement.lineno))
            )
        try:
            code = compile(ast.Module([kept], []), piece.name, "exec", flags, dont_inherit=True)
            self._limits = not isinstance(statement, (*Definition, *Import))
            exec(code, vars(self.module))
        except BaseException as error:  # SystemExit too
            self._limits = False
            self._failed(statement, piece, error)
            return error
        finally:
            self._limits = False
        return None

    @contextlib.contextmanager
    def _limited(self) -> Iterator[None]:
        """Raise TooLong in the statement executed when the file's time is over, and again later.

        Imports and definitions take the time they take. Where there are no signals, the parent's
        limit on the whole load is the only one.
        """
        alarms = threading.current_thread() is threading.main_thread()
        if not alarms or not hasattr(signal, "setitimer"):
            yield
            return

        def raise_too_long(number: int, frame: Any) -> None:
            if self._limits:
                raise TooLong

        started = time.monotonic()
        before = signal.signal(signal.SIGALRM, raise_too_long)
        left, again = signal.setitimer(signal.ITIMER_REAL, SECONDS_A_FILE, SECONDS_A_FILE)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            if left:  # another file imports this one, and has its own time
                left = max(left - (time.monotonic() - started), 0.1)
                signal.setitimer(signal.ITIMER_REAL, left, again)

    def _failed(self, statement: ast.stmt, piece: Piece, error: BaseException) -> None:
        where = position(piece.name, statement.lineno)
        if isinstance(statement, Definition):
            self.failures.append(f"{statement.name} ({where}): {_sentence(error)}")
        elif isinstance(statement, Import):
            self.failures.append(f"import ({where}): {_sentence(error)}")
        elif not self.only_definitions:
            self.failures.append(f"{where}: {_sentence(error)}; only definitions are executed")
            self.only_definitions = True


def _is_text(statement: ast.stmt) -> bool:
    """Whether it is a text alone: by itself, it would become the module's."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def place(name: str, line: int) -> str:
    """`layers.py, line 7` or `homework.ipynb, cell 5, line 3`."""
    return f"{name.rpartition('/')[2]}, line {line}"


def position(name: str, line: int | None = None) -> str:
    """The same within the file: `line 7` or `cell 5, line 3`."""
    cell = name.rpartition("/")[2].partition(", ")[2]
    return ", ".join([part for part in (cell, f"line {line}" if line else "") if part])


def _sentence(error: BaseException) -> str:
    if isinstance(error, TooLong):
        return f"took longer than {SECONDS_A_FILE:g} s"
    if isinstance(error, Refused):
        return str(error)
    text = next(iter(str(error).splitlines()), "")[:300]
    return f"raised {type(error).__name__}{': ' + text if text else ''}"


def _frames(error: BaseException, names: Sequence[str]) -> list[str]:
    """The file's own lines of a traceback."""
    lines = list(getattr(error, "frames", []))
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename in names:
            short = frame.filename.rpartition("/")[2]
            lines += [f'  File "{short}", line {frame.lineno}, in {frame.name}']
            lines += [f"    {frame.line}"]
    return lines


def _future_flags(tree: ast.Module) -> int:
    """What `from __future__ import ...` asks of the compiler, for every statement of its file."""
    flags = 0
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                feature = getattr(__future__, alias.name, None)
                flags |= getattr(feature, "compiler_flag", 0)
    return flags


def inner_statements(statement: ast.stmt) -> Iterator[ast.stmt]:
    """The statement and those in its blocks, short of the bodies of functions and classes."""
    yield statement
    if isinstance(statement, Definition):
        return
    for block in ("body", "orelse", "finalbody"):
        for inner in getattr(statement, block, []):
            yield from inner_statements(inner)
    for handler in getattr(statement, "handlers", []):
        for inner in handler.body:
            yield from inner_statements(inner)


def defined_names(statement: ast.stmt) -> set[str]:
    """The names that a statement defines or assigns: not those that it imports."""
    names = set()
    for inner in inner_statements(statement):
        if isinstance(inner, Definition):
            names.add(inner.name)
        elif isinstance(inner, (ast.Assign, ast.AnnAssign)):
            targets = inner.targets if isinstance(inner, ast.Assign) else [inner.target]
            for target in targets:
                names |= {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
    return names


def bound_names(statement: ast.stmt) -> set[str]:
    """The names that a statement defines, assigns or imports."""
    names = defined_names(statement)
    for inner in inner_statements(statement):
        if isinstance(inner, Import):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in inner.names}
    return names - {"*"}


def guarded_lines(tree: ast.Module) -> set[int]:
    """The lines of imports whose failure the file itself catches."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and node.handlers:
            for statement in node.body:
                for inner in ast.walk(statement):
                    if isinstance(inner, Import):
                        lines |= set(range(inner.lineno, (inner.end_lineno or inner.lineno) + 1))
    return lines


def kept_of(statement: ast.stmt) -> ast.stmt | None:
    """What remains of a statement where only imports, definitions and constants are executed."""
    if isinstance(statement, (*Definition, *Import)):
        return statement
    if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        return statement if statement.value is None or is_constant(statement.value) else None
    if isinstance(statement, ast.Expr):
        return statement if _extends_the_path(statement.value) else None
    if isinstance(statement, ast.If) and is_constant(statement.test):
        return _with_blocks(statement, ast.If(statement.test, [], []))
    if isinstance(statement, ast.Try):
        return _with_blocks(statement, ast.Try([], [], [], []))
    return None


def _with_blocks(statement: Any, kept: Any) -> ast.stmt | None:
    """The statement with what remains of its blocks, or None where nothing does."""
    remaining = False
    for block in ("body", "orelse", "finalbody"):
        if hasattr(statement, block):
            inner = [k for s in getattr(statement, block) if (k := kept_of(s)) is not None]
            remaining |= bool(inner)
            setattr(kept, block, inner)
    for handler in getattr(statement, "handlers", []):
        inner = [k for s in handler.body if (k := kept_of(s)) is not None]
        caught = ast.ExceptHandler(handler.type, handler.name, inner or [ast.Pass()])
        kept.handlers.append(caught)
    if not remaining:
        return None
    kept.body = kept.body or [ast.Pass()]
    return ast.fix_missing_locations(ast.copy_location(kept, statement))


def _called(call: ast.Call) -> str:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return str(name)


def is_constant(expression: ast.expr, pure: frozenset[str] = PURE) -> bool:
    """Whether evaluating it calls nothing but what makes constants, or a network in a row."""
    if isinstance(expression, ast.Lambda):
        return True
    if isinstance(expression, IMPURE):
        return False
    if isinstance(expression, ast.Call):
        name = _called(expression)
        if name not in pure:
            return name == "Sequential" and is_constant(expression, PURE | LAYERS)
    inner = (n for n in ast.iter_child_nodes(expression) if isinstance(n, (ast.expr, ast.keyword)))
    return all(is_constant(n.value if isinstance(n, ast.keyword) else n, pure) for n in inner)


def _extends_the_path(expression: ast.expr) -> bool:
    """Whether it is `sys.path.append("...")`, or insert."""
    if not isinstance(expression, ast.Call):
        return False
    return ast.unparse(expression.func) in ("sys.path.append", "sys.path.insert") and all(
        isinstance(argument, ast.Constant) for argument in expression.args
    )
