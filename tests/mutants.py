"""Mutants of the references: does every small change of a reference die by the properties?

`python -m tests.mutants [FILE ...]` changes the files of `reference/` one token at a time, with the
operators of cosmic-ray, and runs the properties of every operator that uses the file, the calls
with bad arguments, the corners that the properties do not draw, and all this in small blocks, each
mutant in a process of its own. A survivor must be one of those in `equivalent_mutants.json`, which
says why no test can tell it from the original. Sizes of blocks, which change no result, are left
as they are.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib
import importlib.abc
import importlib.util
import inspect
import json
import multiprocessing
import multiprocessing.connection
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

ROOT = Path(__file__).resolve().parents[1]
EXPLAINED = Path(__file__).parent / "equivalent_mutants.json"
EXAMPLES = 200
FEW_EXAMPLES = 10  # of every operator, first: most mutants of a file that many use die of these
FEW_BYTES = 200  # in a block: some blocks have one part, some a few
SECONDS = 60.0  # for four operators, after which a mutant counts as dead: it does not end

COMPOSED = ("models", "training")  # composed of the layers, whose path is an argument

KINDS = (
    "NumberReplacer",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "AddNot",
    "ZeroIterationForLoop",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_USub",
    "ReplaceUnaryOperator_Delete_Invert",
    *(
        f"ReplaceComparisonOperator_{change}"
        for change in (
            *("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is"),
            *("Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Lt_GtE", "Gt_LtE"),
        )
    ),
    *(
        f"ReplaceBinaryOperator_{change}"
        for change in (
            *("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "Mul_Add", "FloorDiv_Mul"),
            *("Mod_FloorDiv", "Pow_Mul", "BitAnd_BitOr", "BitOr_BitAnd"),
        )
    ),
)
"""One or two replacements for each token: what tells those apart tells the rest of a family too."""

SIZES = ("bytes_each", "BLOCK", "FEW_TAPS", "SCRATCH_BYTES")
"""Names of sizes of blocks: any positive number gives the same results, faster or slower."""


@dataclass(frozen=True)
class Mutant:
    """One changed file of `reference/`, and the lines in which it differs."""

    path: str
    line: int
    before: str
    after: str
    source: str = field(repr=False)

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").replace("/", ".")

    @property
    def key(self) -> tuple[str, str, str]:
        return self.path, self.before, self.after


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file, but those that differ only in what has no effect on right calls."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    original = path.read_text()
    meaning, seen = _meaning(original), set()
    for kind in KINDS:
        change = get_operator(f"core/{kind}")()
        nodes = list(ast_nodes(get_ast(original)))
        for occurrence in range(sum(len(list(change.mutation_positions(n))) for n in nodes)):
            source = mutate_code(original, change, occurrence)
            if source is None or source in seen or _meaning(source) == meaning:
                continue
            seen.add(source)
            yield _located(path, original, source)


def _meaning(source: str) -> str:
    """The code without what has no effect on a right call; empty where it is no Python.

    That is annotations, docstrings, zip's strict, sizes of blocks, and which negative number
    stands for the rest in a reshape.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        elif _has_no_effect(node):
            node.value = ast.Constant(None)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "reshape":
            node.args = [REST if _is_negative(size) else size for size in node.args]
    return ast.dump(tree)


REST = ast.UnaryOp(ast.USub(), ast.Constant(1))


def _is_negative(size: ast.AST) -> bool:
    return (
        isinstance(size, ast.UnaryOp)
        and isinstance(size.op, ast.USub)
        and isinstance(size.operand, ast.Constant)
        and size.operand.value > 0
    )


def _has_no_effect(node: ast.AST) -> bool:
    if isinstance(node, ast.keyword):
        return node.arg == "strict"
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id in SIZES
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _located(path: Path, original: str, source: str) -> Mutant:
    old, new = original.splitlines(), source.splitlines()
    changes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    _, i, j, k, m = next(change for change in changes if change[0] != "equal")
    before, after = (" ".join(map(str.strip, lines)) for lines in (old[i:j], new[k:m]))
    return Mutant(path.relative_to(ROOT).as_posix(), i + 1, before, after, source)


def users(path: Path) -> list[tuple[str, str]]:
    """(operator, path) of every reference that imports the file, directly or through others."""
    module = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    composed = path.parent.name in COMPOSED
    folders = COMPOSED if composed else ("naive", "vectorized")
    names = [p for f in folders for p in ROOT.glob(f"reference/{f}/*.py") if p.stem[0] != "_"]
    used = [path] if path in names else [p for p in names if module in _imports(p)]
    return sorted((p.stem, "vectorized" if composed else p.parent.name) for p in used)


def _imports(path: Path) -> set[str]:
    """Names of the modules of `reference` that a file needs, the file itself left out."""
    needed: set[str] = set()
    todo = [path]
    while todo:
        for node in ast.walk(ast.parse(todo.pop().read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("reference"):
                names = {str(node.module), *(f"{node.module}.{a.name}" for a in node.names)}
                for name in names - needed:
                    file = ROOT / f"{name.replace('.', '/')}.py"
                    if file.exists():
                        needed.add(name)
                        todo.append(file)
    return needed


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the mutant in the place of the original."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != self._mutant.module:
            return None
        return importlib.util.spec_from_loader(name, self)

    def exec_module(self, module: Any) -> None:
        exec(compile(self._mutant.source, self._mutant.path, "exec"), vars(module))


def killer(mutant: Mutant, of: Iterable[tuple[str, str]]) -> str | None:
    """What tells the mutant from the original, or None. Changes this process for good."""
    from properties.operator import find_operator

    for name in [name for name in sys.modules if name.partition(".")[0] == "reference"]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Mutated(mutant))
    try:
        if mutant.module == "reference._exports":
            return None if _exports() else "what the packages export"
        composed = mutant.path.split("/")[1] in COMPOSED
        for name, path in () if composed else of:
            if not _refuses(name, path):
                return f"arguments of {name}"
        for name in () if composed else dict(of):
            if not _agree(name):
                return f"corners of {name}"
        for examples in (FEW_EXAMPLES, EXAMPLES):
            for name, path in of:
                if failing := _failing(name, path, examples):
                    return f"{failing} of {name}"
                if not composed and not _refuses_cotangents(find_operator(name), path):
                    return f"cotangents of {name}"
        _cut_small()
        for name, path in () if composed else of:
            if path == "vectorized" and not _agree(name):
                return f"corners of {name} in small blocks"
            if path == "vectorized" and (failing := _failing(name, path, EXAMPLES // 3)):
                return f"{failing} of {name} in small blocks"
    except Exception as error:
        return type(error).__name__
    return None


def _failing(name: str, path: str, examples: int) -> str | None:
    """The first property that fails on a reference."""
    from properties.explore import explore
    from properties.operator import find_operator
    from properties.promise import Promise
    from properties.references import reference

    operator = find_operator(name)
    implementation = reference(operator, path)
    exploration = explore(
        operator, implementation, Promise(), examples=examples, seed=0, until_first=True
    )
    return next((finding.property.name for finding in exploration.failing), None)


def _exports() -> bool:
    """Whether each path gives the functions of all its files by name, and no others."""
    for path in ("naive", "vectorized"):
        package = importlib.import_module(f"reference.{path}")
        listed = dir(package)
        stems = [p.stem for p in ROOT.glob(f"reference/{path}/*.py") if p.stem[0] != "_"]
        modules = {stem: importlib.import_module(f"reference.{path}.{stem}") for stem in stems}
        own = {n: m for stem, m in modules.items() for n in vars(m) if n.startswith(f"{stem}_")}
        if listed != sorted(own) or any(getattr(package, n) is not vars(own[n])[n] for n in own):
            return False
        # Before its file is imported, and names that are none.
        del sys.modules[f"reference.{path}.relu"]
        if not hasattr(package, "relu_forward"):
            return False
        if any(hasattr(package, n) for n in ("relu_inward", "no_forward", "_arguments_forward")):
            return False
    return True


def _agree(name: str) -> bool:
    """Whether the two references agree on what the properties do not draw."""
    from tests.corners import CORNERS, disagreement

    return not any(disagreement(*corner) for corner in CORNERS if corner[0] == name)


def _cut_small() -> None:
    """Let blocks of the vectorized path hold a few elements, for good."""
    from tests.corners import TUNED

    for module, constant in TUNED:
        setattr(importlib.import_module(f"reference.vectorized.{module}"), constant, FEW_BYTES)


def _refuses(name: str, path: str) -> bool:
    """Whether the reference has its defaults, and refuses bad arguments as it should."""
    forward = getattr(importlib.import_module(f"reference.{path}.{name}"), f"{name}_forward")
    told = importlib.import_module(f"tests.arguments.{name}")
    parameters = inspect.signature(forward).parameters
    if {n: p.default for n, p in parameters.items() if p.default is not p.empty} != told.DEFAULTS:
        return False
    for arguments, options, error, sentence in told.BAD:
        try:
            forward(*arguments, **options)
        except error as raised:
            if re.search(sentence, str(raised)):
                continue
        except Exception:
            pass
        return False
    return True


def _refuses_cotangents(operator: Any, path: str) -> bool:
    """Whether backward takes no cotangent of another shape or dtype."""
    from properties.references import reference
    from tests.test_arguments import with_outputs_of_some_size

    if not operator.differentiable:
        return True
    case = with_outputs_of_some_size(operator)
    functions = reference(operator, path).functions
    outputs, cache = functions.forward(case.at(0), operator.arrays(case))
    cotangents = operator.cotangents(case, 0, outputs)
    first = next(iter(cotangents))
    right = cotangents[first]
    for wrong, error in ((right[..., None], ValueError), (right.astype("float32"), TypeError)):
        try:
            functions.backward({**cotangents, first: wrong}, cache)
        except error:
            continue
        return False
    return True


def survivors(found: list[Mutant], jobs: int) -> Iterator[tuple[Mutant, str | None]]:
    """Each mutant with what killed it, as they end; `jobs` at a time."""
    context = multiprocessing.get_context("fork")
    todo, running = iter(found), {}
    used = {path: users(ROOT / path) for path in dict.fromkeys(m.path for m in found)}
    while True:
        while len(running) < jobs and (mutant := next(todo, None)) is not None:
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=_report, args=(sender, mutant, used[mutant.path]))
            process.start()
            sender.close()
            running[receiver] = process, mutant, time.monotonic()
        if not running:
            return
        multiprocessing.connection.wait(list(running), 0.5)
        for receiver, (process, mutant, since) in list(running.items()):
            late = time.monotonic() - since > SECONDS * max(1, len(used[mutant.path]) / 4)
            if not late and not receiver.poll():
                continue
            try:
                result = "time" if late else receiver.recv()
            except EOFError:
                result = "a crash"
            process.kill()
            process.join()
            receiver.close()
            del running[receiver]
            yield mutant, result


def _prepare() -> None:
    """Import what every mutant needs; nothing is computed, so that the process may be forked."""
    import torch

    from properties.explore import explore  # noqa: F401
    from properties.operator import find_operator, operator_names

    torch.set_num_threads(1)
    for name in operator_names():
        find_operator(name)


def _report(sender: Any, mutant: Mutant, of: list[tuple[str, str]]) -> None:
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    sender.send(killer(mutant, of))


def explanations() -> dict[tuple[str, str, str], str]:
    """Why each known survivor is no mistake, by file, line before and line after."""
    known = json.loads(EXPLAINED.read_text())
    return {(e["file"], e["before"], e["after"]): e["why"] for e in known}


def main() -> int:
    """Print every survivor and the score; the exit status is 1 if one is not explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    files = [path.resolve() for path in options.files] or sorted(ROOT.glob("reference/**/*.py"))
    _prepare()
    why, unexplained, late, dead, total = explanations(), 0, 0, 0, 0
    for path in files:
        found = list(mutants(path))
        killed = 0
        for mutant, by in survivors(found, options.jobs):
            killed += by is not None
            if by == "time":
                late += 1
                print(f"{mutant.path}:{mutant.line} does not end: {mutant.after}", flush=True)
            if by is None:
                reason = why.get(mutant.key)
                unexplained += reason is None
                print(f"{mutant.path}:{mutant.line} survives: {reason or 'NOT EXPLAINED'}")
                print(f"    {mutant.before}\n    {mutant.after}", flush=True)
        print(f"{path.relative_to(ROOT)}: {killed} of {len(found)} die", flush=True)
        dead, total = dead + killed, total + len(found)
    share = f" ({100 * dead / total:.1f}%)" if total else ""
    print(
        f"{dead} of {total} mutants die{share}, {late} of them because they do not end; "
        f"{unexplained} survivors are not explained"
    )
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
