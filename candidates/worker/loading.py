"""Load a candidate as it is: a file, a package, a folder, a notebook, or an object of a module."""

from __future__ import annotations

import ast
import importlib
import inspect
import linecache
import os
import re
import types
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from candidates.worker import backends, forbidding, old_numpy, sources
from candidates.worker.executing import ABSENT, place
from candidates.worker.policy import Policy
from candidates.worker.projects import World
from candidates.worker.sources import PYTHON2_NAMES, Unloadable
from candidates.worker.stubs import STATE, Stub

SUFFIXES = (".py", ".ipynb")
MODEL = ".onnx"
MAX_FILES = 1000
MAX_ENTRIES = 100_000
MAX_DEPTH = 20
NOT_SOURCE = frozenset(("__pycache__", "__MACOSX", "node_modules", "site-packages"))
RELATIVE = re.compile(r"^\s*from\s+(\.+)[\w\s]", re.MULTILINE)
NOT_THE_CANDIDATE = ("setup.py", "conftest.py")


@dataclass(frozen=True)
class Target:
    """What a path on the command line names: a file or folder, or `module:Object`."""

    path: Path
    object: str | None = None

    @staticmethod
    def of(path: Path) -> Target:
        """A path that exists is itself; otherwise what follows its last colon is an object."""
        left, colon, name = str(path).rpartition(":")
        if path.exists() or not colon or not all(p.isidentifier() for p in name.split(".")):
            return Target(path)
        return Target(Path(left), name)

    @property
    def dotted(self) -> bool:
        """Whether the module is named like an import, not like a file."""
        names = self.path.name.split(".")
        named = all(n.isidentifier() for n in names) and self.path.suffix not in SUFFIXES
        return bool(self.object) and not self.path.exists() and named


@dataclass
class Part:
    """The functions of one file. `own` are those that count here, `places` say where they are.

    Of several files, each counts what it defines; a file by itself, what it imports as well.
    """

    file: str
    namespace: types.SimpleNamespace
    own: frozenset[str]
    places: dict[str, str] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)  # names from other files, and these

    @property
    def homes(self) -> dict[str, str]:
        """The file that each name needs."""
        return dict.fromkeys(vars(self.namespace), self.file) | self.shared


@dataclass
class Loaded:
    """A candidate: a part for each of its files, and what of it could not be loaded, and why."""

    parts: list[Part]
    failed: list[dict[str, str]]
    roots: list[Path]

    @property
    def namespace(self) -> types.SimpleNamespace:
        """Everything that the candidate defines; of several with one name, the first."""
        names: dict[str, Any] = {}
        for part in self.parts:
            for name in part.own:
                names.setdefault(name, getattr(part.namespace, name))
        return types.SimpleNamespace(**names)

    def part(self, file: str) -> Part:
        return next(part for part in self.parts if part.file == file)

    def called(self, part: Part, name: str) -> str:
        """How the report calls a function: with its file, where several files define it."""
        top = name.partition(".")[0]
        if sum(top in other.own for other in self.parts) > 1 and top in part.own:
            return f"{part.file}:{name}"
        return name


def load(path: Path, policy: Policy, only: Sequence[str] = ()) -> Loaded:
    """The candidate at a path; of a folder only some files, where they are named.

    Raises Unloadable.
    """
    STATE.policy = policy
    forbidding.install()
    old_numpy.restore()
    target, world = Target.of(path), World()
    if target.dotted:
        return _load_dotted(target, world)
    if target.path.suffix == MODEL:
        return _load_model(target.path)
    backends.install()
    whole = target.path.is_dir()
    files = source_files(target.path) if whole else [target.path]
    world.files = files
    if only:
        files = [f for f in files if _label(f, target.path) in only]
    if not policy.forbids("torch") and any(map(_mentions_torch, files)):
        importlib.import_module("torch")  # seconds that are not the candidate's
    levels = _levels(files)
    modules: list[tuple[Path, types.ModuleType]] = []
    for file in files:
        try:
            module = world.project_of(file, levels[file.parent]).load(file)
        except Unloadable as error:
            if not whole:
                raise
            world.failures.append((file, str(error)))
        else:
            modules.append((file, module))
    root = target.path if whole else target.path.parent
    failed = [{"file": _label(f, root), "reason": why} for f, why in dict.fromkeys(world.failures)]
    if not modules:
        lines = [f"  {entry['file']}: it {entry['reason']}" for entry in failed]
        raise Unloadable(f"holds {len(failed)} files, and none can be loaded", lines)
    roots = [root, *world.projects]
    if target.object:
        return Loaded([_object_part(modules[0][1], target.object)], failed, roots)
    return Loaded(_parts(modules, root, world, whole), failed, roots)


def _load_model(path: Path) -> Loaded:
    """The one node of an ONNX model, under the name of its operator. Raises Unloadable."""
    from candidates.conventions.onnx import ROWS
    from candidates.worker.onnx_models import load_onnx

    node = load_onnx(path, [row.name for row in ROWS])
    namespace = types.SimpleNamespace(**{node.name: node})
    return Loaded([Part("", namespace, frozenset([node.name]))], [], [path.parent])


def _load_dotted(target: Target, world: World) -> Loaded:
    folder = target.path.parent
    project = world.project_of(folder / "__main__.py", 0)
    world.activate(project)
    try:
        module = importlib.import_module(target.path.name)
    except ModuleNotFoundError as error:
        raise Unloadable(f"names the module {target.path.name!r}, but {error}") from None
    assert target.object is not None
    return Loaded([_object_part(module, target.object)], [], [folder])


def _label(file: Path, root: Path) -> str:
    return str(file.relative_to(root)) if file.is_relative_to(root) else file.name


def source_files(folder: Path) -> list[Path]:
    """The Python files and notebooks below a folder that define something, in order.

    Links are not followed; hidden folders, environments and caches are left out. Raises Unloadable
    for a folder without any, or with too many.
    """
    files: list[Path] = []
    entries = 0
    for here, folders, names in os.walk(folder):
        entries += len(folders) + len(names)
        depth = len(Path(here).relative_to(folder).parts)
        folders[:] = sorted(n for n in folders if _may_hold_source(Path(here, n)))
        folders[:] = folders if depth < MAX_DEPTH else []
        found = [Path(here, n) for n in sorted(names) if n.endswith(SUFFIXES) and n[0] != "."]
        files += [f for f in found if f.is_file() and not f.is_symlink()]
        if len(files) > MAX_FILES or entries > MAX_ENTRIES:
            raise Unloadable(
                f"holds more than {MAX_FILES} Python files or {MAX_ENTRIES} files: "
                "name the folder or file that is to be judged"
            )
    if not files:
        raise Unloadable("holds no Python file and no notebook")
    return [f for f in files if f.name not in NOT_THE_CANDIDATE and _defines(f)] or files[:1]


def _mentions_torch(file: Path) -> bool:
    try:
        return b"torch" in file.read_bytes()
    except OSError:
        return False


def _may_hold_source(folder: Path) -> bool:
    if folder.name[0] == "." or folder.name in NOT_SOURCE or folder.is_symlink():
        return False
    return not (folder / "pyvenv.cfg").exists()


def _defines(file: Path) -> bool:
    """Whether a file may define a function, a class or a lambda; one that cannot be read may."""
    try:
        return re.search(rb"\b(def|class|lambda)\b", file.read_bytes()) is not None
    except OSError:
        return True


def _levels(files: Sequence[Path]) -> dict[Path, int]:
    """For each folder, how many levels up the relative imports of its files go."""
    levels: dict[Path, int] = {}
    for file in files:
        try:
            found = RELATIVE.findall(sources.read(file)) if file.suffix == ".py" else []
        except Unloadable:
            found = []
        level = max(map(len, found), default=0)
        levels[file.parent] = max(levels.get(file.parent, 0), level)
    return levels


def _parts(
    modules: Sequence[tuple[Path, types.ModuleType]], root: Path, world: World, whole: bool
) -> list[Part]:
    """A part for each module. What a file lacks it takes from the only other that defines it."""
    parts = []
    for file, module in modules:
        execution = world.executions[module.__name__, str(file)]
        own = _own(module, set(execution.places), world)
        places = {
            name: place(*execution.places[name])
            for name in own
            if name in execution.places and (whole or file.suffix == ".ipynb")
        }
        if whole:
            places = {
                n: f"{_label(file, root).removesuffix(file.name)}{p}" for n, p in places.items()
            }
        names = {
            name: value
            for name, value in vars(module).items()
            if name[:2] != "__" and (name in own or not isinstance(value, Stub))
        }
        label = _label(file, root) if whole else ""
        counted = own if whole else frozenset(names)
        parts.append(Part(label, types.SimpleNamespace(**names), counted, places))
    _share(parts)
    return parts


def _share(parts: Sequence[Part]) -> None:
    """Give each part what only one of the others defines."""
    count = Counter(name for part in parts for name in part.own)
    homes = {name: part for part in parts for name in part.own if count[name] == 1}
    shared = {name: (getattr(p.namespace, name), p.places.get(name)) for name, p in homes.items()}
    for part in parts:
        for name, (value, where) in shared.items():
            if not hasattr(part.namespace, name):
                setattr(part.namespace, name, value)
                part.shared[name] = homes[name].file
            if where and getattr(part.namespace, name) is value:
                part.places[name] = where


def _own(module: types.ModuleType, bound: set[str], world: World) -> frozenset[str]:
    """What a module defines itself: neither what it imports nor another name for that."""
    names = set()
    for name, value in vars(module).items():
        home = getattr(value, "__module__", None) if callable(value) else None
        elsewhere = home != module.__name__ and any(
            home in p.names for p in world.projects.values()
        )
        if name[:2] != "__" and (home == module.__name__ or (name in bound and not elsewhere)):
            names.add(name)
    return frozenset(names)


def _object_part(module: types.ModuleType, dotted: str) -> Part:
    """The attributes of an object of a module. A class whose functions take self is made first.

    A function, and a network or a class of networks of torch, is judged itself.
    """
    value: Any = module
    for name in dotted.split("."):
        if not hasattr(value, name):
            raise Unloadable(f"has no {dotted!r}: {module.__name__!r} was loaded without {name!r}")
        value = getattr(value, name)
    if isinstance(value, types.FunctionType) or _is_network(value):
        return Part("", types.SimpleNamespace(**{name: value}), frozenset([name]))
    if isinstance(value, type) and any(map(_takes_self, vars(value).values())):
        try:
            value = value()
        except TypeError as error:
            raise Unloadable(
                f"has {dotted!r}, which cannot be made without arguments: {error}"
            ) from None
    names = {name: getattr(value, name) for name in dir(value) if name[:2] != "__"}
    return Part("", types.SimpleNamespace(**names), frozenset(names))


def _is_network(value: Any) -> bool:
    """Whether it is a module of torch's or a class of such, without loading torch to know it."""
    bases = getattr(value if isinstance(value, type) else type(value), "__mro__", ())
    return any((b.__module__, b.__name__) == ("torch.nn.modules.module", "Module") for b in bases)


def _takes_self(function: Any) -> bool:
    if not isinstance(function, types.FunctionType):
        return False
    return next(iter(inspect.signature(function).parameters), "") == "self"


def explained(error: BaseException) -> tuple[str, str] | None:
    """Status and sentence of an exception whose cause is an import, a statement or Python 2."""
    if what := backends.uncompiled(error):
        return "missing", f"needs {what}, which is not here"
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return None
    where = place(frame.tb_frame.f_code.co_filename, frame.tb_lineno)
    if isinstance(error, NameError) and error.name:
        absent = frame.tb_frame.f_globals.get(ABSENT, {})
        if error.name in absent:
            return "missing", f"needs {absent[error.name]}"
        if error.name in PYTHON2_NAMES:
            return "missing", f"is Python 2: {error.name} ({where}), and this is Python 3"
        if any(map(STATE.policy.forbids, absent.get("*", "").split())):
            return "forbidden", f"needs {error.name} of {absent['*']}, which is forbidden here"
        if "*" in absent:
            return "missing", f"needs {error.name} of {absent['*']}, which is not installed"
    about_integers = isinstance(error, TypeError) and re.search("integer|indices", str(error))
    if about_integers and _divides(frame.tb_frame.f_code.co_filename, frame.tb_lineno):
        division = "/ of whole numbers is no whole number in Python 3"
        return "crash", f"raised TypeError: {error} ({division}; {where})"
    if once := old_numpy.ended(error):
        return "crash", f"raised {type(error).__name__}: {error} ({once}; {where})"
    return None


def _divides(file: str, line: int) -> bool:
    """Whether a line of a file divides by /."""
    try:
        tree = ast.parse(linecache.getline(file, line).strip().removesuffix(":"))
    except (SyntaxError, ValueError):
        return False
    return any(isinstance(node, ast.Div) for node in ast.walk(tree))


def own_file(name: str, loaded: Loaded | None, path: Path) -> str | None:
    """A file of the candidate as a traceback shows it, or None where it is not the candidate's."""
    roots = loaded.roots if loaded else [path if path.is_dir() else path.parent]
    for root in roots:
        if Path(name).is_relative_to(root) and "site-packages" not in name:
            return str(Path(name).relative_to(root))
    return None
