"""How a candidate's files import each other and the rest of the world.

A project is the folder that its files are imported from, as the course runs them: the one above the
outermost package. Several may lie in one candidate (assignment1/cs231n, assignment2/cs231n); each
has its own modules. A project's files run with builtins of their own, whose `__import__` puts
stubs where an import is absent or forbidden.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import re
import sys
import types
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import (
    BuiltinImporter,
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
)
from pathlib import Path
from typing import Any

from candidates.worker import neighbours, old_numpy, sources
from candidates.worker.equivalents import equivalent
from candidates.worker.executing import (
    ABSENT,
    Execution,
    Piece,
    bound_names,
    guarded_lines,
    position,
)
from candidates.worker.forbidding import MARK
from candidates.worker.notebooks import code_cells
from candidates.worker.policy import FROM_SCRATCH
from candidates.worker.sources import Unloadable
from candidates.worker.stubs import STATE, Stub, stub_import

DEFINES = re.compile(r"^\s*(def|class)\b", re.MULTILINE)


class Project:
    """The files imported from one folder."""

    def __init__(self, world: World, root: Path) -> None:
        self.world, self.root = world, root
        self.path = [str(root)]
        self.modules: dict[str, types.ModuleType] = {}
        self.names: set[str] = set()  # of the modules and packages that are the project's own
        self.builtins = {
            **vars(builtins),
            "__import__": self.import_,
            "get_ipython": Stub("IPython.get_ipython"),
            "display": Stub("IPython.display"),
            MARK: True,
        }
        self._guarded: dict[str, set[int]] = {}

    def load(self, file: Path) -> types.ModuleType:
        """The module of a file, loaded unless an import has done so. Raises Unloadable."""
        self.world.activate(self)
        packages = self._packages(file)
        name = re.sub(r"\W", "_", file.name.removesuffix(".py"))  # layers.ipynb is no layers.py
        taken = name in sys.modules or name in sys.stdlib_module_names or name in FROM_SCRATCH
        if not packages and taken:
            name = f"candidate_{name}"
        parents: list[str] = []
        for folder in packages:
            parents.append(folder.name)
            package = self._package(folder, parents)
        if packages and file.name == "__init__.py":
            return package
        for module in self.modules.values():  # one copy of each: its classes are compared
            if getattr(module, "__file__", None) == str(file):
                return module
        return self._module(".".join([*self._names(parents), name]), file)

    def _packages(self, file: Path) -> list[Path]:
        """The folders between the root and the file, where it belongs to a package."""
        folders = [file.parent, *file.parent.parents]
        return [f for f in reversed(folders) if f != self.root and f.is_relative_to(self.root)]

    def _names(self, parents: Sequence[str]) -> list[str]:
        """Names under which the packages can be imported, even if others have theirs."""
        names = [re.sub(r"\W", "_", name) for name in parents]
        if names and names[0] in sys.modules and names[0] not in self.names:
            names[0] = f"candidate_{names[0]}"
        return names

    def _package(self, folder: Path, parents: Sequence[str]) -> types.ModuleType:
        """The package of a folder; an empty one where it has no `__init__.py`, or that fails."""
        names = self._names(parents)
        name = ".".join(names)
        if name in self.modules:
            return self.modules[name]
        init = folder / "__init__.py"
        try:
            if init.is_file():
                return self._module(name, init, [str(folder)])
        except Unloadable as error:
            self.world.failures.append((init, str(error)))
        package = types.ModuleType(name)
        package.__path__ = [str(folder)]
        package.__package__ = name
        self.adopt(name, package)
        return package

    def _module(self, name: str, file: Path, search: list[str] | None = None) -> types.ModuleType:
        spec = importlib.util.spec_from_file_location(
            name, file, loader=Loader(name, str(file), self), submodule_search_locations=search
        )
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        self.adopt(name, module)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            sys.modules.pop(name, None)
            self.modules.pop(name, None)
            raise
        return module

    def adopt(self, name: str, module: types.ModuleType) -> None:
        sys.modules[name] = self.modules[name] = module
        self.names.add(name)
        parent, _, short = name.rpartition(".")
        if parent in self.modules:
            setattr(self.modules[parent], short, module)

    def execute(self, module: types.ModuleType, file: Path) -> None:
        """Fill the module of a file with what it defines. Raises Unloadable."""
        self.names.add(module.__name__)
        execution = Execution(module, only_definitions=file.suffix == ".ipynb")
        pieces = self._pieces(file, execution)
        self.modules[module.__name__] = module
        vars(module)["__builtins__"] = self.builtins
        for piece in pieces:
            old_numpy.note(piece.tree)
            guarded = self._guarded[piece.name] = guarded_lines(piece.tree)
            for statement in ast.walk(piece.tree):
                if not isinstance(statement, (ast.Import, ast.ImportFrom)):
                    continue
                if statement.lineno in guarded:
                    self._note_guarded(module, statement)
        self.world.executions[module.__name__, str(file)] = execution
        try:
            execution.run(pieces)
        except Unloadable:
            del self.modules[module.__name__]
            raise
        self.world.failures += [(file, failure) for failure in execution.failures]

    @staticmethod
    def _pieces(file: Path, execution: Execution) -> list[Piece]:
        text = sources.read(file)
        if file.suffix != ".ipynb":
            return [Piece(str(file), sources.parse(text, str(file)))]
        pieces = []
        for name, source in code_cells(file, text):
            try:
                pieces.append(Piece(name, sources.parse(source, name)))
            except Unloadable as error:
                if DEFINES.search(source):  # the other cells are not executed anyway
                    execution.failures.append(f"{position(name)}: {error}")
        return pieces

    @staticmethod
    def _note_guarded(module: types.ModuleType, statement: ast.Import | ast.ImportFrom) -> None:
        absent = vars(module).setdefault(ABSENT, {})
        below = getattr(statement, "module", None)
        for alias in statement.names:
            whole = f"{below}.{alias.name}" if below else alias.name
            for name in bound_names(ast.Import([alias])):
                absent.setdefault(name, f"{whole}, which is not installed")

    def import_(
        self,
        name: str,
        globals: dict[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        """`__import__` of the project's files."""
        self.world.activate(self)
        caller = sys._getframe(1)
        guarded = caller.f_lineno in self._guarded.get(caller.f_code.co_filename, ())
        absolute = _absolute(name, globals, level)
        try:
            if STATE.policy.forbids(absolute):
                _note_star(globals, fromlist, absolute)
                return self._forbidden(absolute, bool(fromlist), guarded)
            module = self._imported(absolute, name, globals, fromlist, level)
        except Exception as error:
            if guarded and isinstance(error, ImportError):
                raise
            _note_star(globals, fromlist, absolute)
            return _instead(absolute, bool(fromlist))
        missing = [n for n in fromlist or () if n != "*" and not _has(module, n)]
        if missing and not guarded:
            found = {n: getattr(module, n) for n in fromlist or () if hasattr(module, n)}
            stubs = {n: stub_import(f"{absolute}.{n}") for n in missing}
            return types.SimpleNamespace(**found, **stubs)
        return module

    def _imported(
        self,
        absolute: str,
        name: str,
        globals: dict[str, Any] | None,
        fromlist: Sequence[str] | None,
        level: int,
    ) -> Any:
        """The real module, looked for in the neighbourhood where it is nowhere else."""
        arguments = (globals, None, fromlist or (), level)
        top = absolute.partition(".")[0]
        if STATE.policy.below(top):
            builtins.__import__(top)
            _hide(top)
        try:
            return builtins.__import__(name, *arguments)
        except ModuleNotFoundError as error:
            if level or error.name != top or not self._find_neighbour(top, globals):
                raise
        return builtins.__import__(name, *arguments)

    def _forbidden(self, absolute: str, from_it: bool, guarded: bool) -> Any:
        stub = stub_import(absolute)
        if guarded:
            raise ModuleNotFoundError(f"{absolute} is forbidden here", name=absolute)
        top, _, rest = absolute.partition(".")
        if from_it or not rest or STATE.policy.forbids(top):
            return stub if from_it else Stub(top)
        return self._imported(top, top, None, (), 0)

    def _find_neighbour(self, top: str, globals: dict[str, Any] | None) -> bool:
        """Whether a folder near the importing file has it; then that folder is searched too."""
        file = Path(str((globals or {}).get("__file__", self.root / "file")))
        homes = {f.parent for f in self.world.files if f.name == f"{top}.py"}
        # The only one of that name: a folder that was flattened or sorted by hand.
        home = neighbours.home_of(top, file) or (homes.pop() if len(homes) == 1 else None)
        if home is not None:
            self._extend(home)
        return home is not None

    def _extend(self, folder: Path) -> None:
        self.path.append(str(folder))
        sys.path.insert(len(self.path) - 1, str(folder))


def _note_star(
    globals: dict[str, Any] | None, fromlist: Sequence[str] | None, absolute: str
) -> None:
    """Remember that names may be those of a module that is not there."""
    if globals is not None and "*" in (fromlist or ()):
        absent = globals.setdefault(ABSENT, {})
        absent["*"] = f"{absent.get('*', '')} {absolute}".strip()


def _instead(absolute: str, from_it: bool) -> Any:
    """What stands in for an import that fails: the module itself, or the top of `import a.b`."""
    top = absolute.partition(".")[0]
    module = equivalent(absolute if from_it else top)
    if module is not None:
        return module
    stub = stub_import(absolute)
    parent, _, short = absolute.rpartition(".")
    if not from_it and parent in sys.modules:  # a module that an installed package lacks
        setattr(sys.modules[parent], short, stub)
        return sys.modules[top]
    return stub if from_it else Stub(top)


def _hide(top: str) -> None:
    """Put stubs where an allowed package has modules that are forbidden."""
    for below in STATE.policy.below(top):
        parent, _, short = below.rpartition(".")
        if parent in sys.modules:
            setattr(sys.modules[parent], short, Stub(below))


def _absolute(name: str, globals: dict[str, Any] | None, level: int) -> str:
    package = (globals or {}).get("__package__") or ""
    if not level:
        return name
    base = package.rsplit(".", level - 1)[0] if level > 1 else package
    return ".".join(part for part in (base, name) if part)


def _has(module: Any, name: str) -> bool:
    whole = f"{getattr(module, '__name__', '')}.{name}"
    return hasattr(module, name) or whole in sys.modules


class Loader(SourceFileLoader):
    """Loads a file of a project statement by statement."""

    def __init__(self, name: str, path: str, project: Project) -> None:
        super().__init__(name, path)
        self._project = project

    def exec_module(self, module: types.ModuleType) -> None:
        self._project.execute(module, Path(self.path))


class World(MetaPathFinder):
    """All projects of a candidate, one of them active: its modules and path are in `sys`."""

    def __init__(self) -> None:
        self.files: list[Path] = []
        self.projects: dict[Path, Project] = {}
        self.active: Project | None = None
        self.failures: list[tuple[Path, str]] = []
        self.executions: dict[tuple[str, str], Execution] = {}
        self._path = [p for p in sys.path if Path(p) != Path(__file__).parent]
        sys.meta_path.insert(sys.meta_path.index(BuiltinImporter), self)

    def project_of(self, file: Path, level: int) -> Project:
        """The project of a file, whose relative imports go up to `level` folders."""
        root = file.parent
        for _ in range(level):
            root = root.parent
        while (root / "__init__.py").exists():
            root = root.parent
        if (file.parent / "__init__.py").exists() and root == file.parent:
            root = root.parent
        if root not in self.projects:
            self.projects[root] = Project(self, root)
        return self.projects[root]

    def activate(self, project: Project) -> None:
        if self.active is project:
            return
        if self.active is not None:
            for name in [n for n in sys.modules if n in self.active.names]:
                self.active.modules[name] = sys.modules.pop(name)
        self.active = project
        sys.modules.update(project.modules)
        sys.path[:] = project.path + self._path

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> ModuleSpec | None:
        """The candidate's own modules, to be loaded by `Loader`."""
        project = self.active
        if project is None or fullname.partition(".")[0] in self._taken(fullname):
            return None
        if path is not None and fullname.rpartition(".")[0] not in project.names:
            return None
        spec = PathFinder.find_spec(fullname, path or self._own_path(project))
        if spec is None:
            return None
        if spec.origin is None:
            installed = PathFinder.find_spec(fullname) if path is None else None
            if installed is not None and installed.origin is not None:
                return None  # a package that is installed comes before a plain folder
        project.names.add(fullname)
        if type(spec.loader) is SourceFileLoader:
            spec.loader = Loader(fullname, str(spec.origin), project)
        return spec

    def _taken(self, fullname: str) -> frozenset[str]:
        """Names of the standard library, unless the candidate itself asks for them."""
        frame = sys._getframe(1)
        while frame.f_back is not None:
            frame = frame.f_back
            file = frame.f_code.co_filename
            if not file.startswith("<frozen importlib") and file != __file__:
                asked = MARK in frame.f_builtins
                return frozenset() if asked else frozenset(sys.stdlib_module_names)
        return frozenset(sys.stdlib_module_names)

    def _own_path(self, project: Project) -> list[str]:
        added = [p for p in sys.path if p not in self._path and p not in project.path]
        near = [str(project.root / p) for p in added if not Path(p).is_absolute()]
        return project.path + near + added
