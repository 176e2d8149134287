"""The command line: `layerproof check`, `grade`, `bench`, `train`, `data`, `operators` ..."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import inspect
import itertools
import os
import sys
import textwrap
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy or torch is imported

from candidates import limits as limiting  # noqa: E402
from candidates.archives import opened  # noqa: E402
from candidates.client import Found, LoadFailed, Worker  # noqa: E402
from candidates.conventions import find_convention  # noqa: E402
from candidates.errors import USAGE, UsageError  # noqa: E402
from candidates.grading import options as grading  # noqa: E402
from candidates.limits import Limits  # noqa: E402
from candidates.reports.terminal import notes  # noqa: E402
from candidates.spelling import ANY, Convention  # noqa: E402
from candidates.worker.loading import MODEL, SUFFIXES, Target  # noqa: E402

PATHS = "a .py file, a notebook, a package, a folder, a zip file, an .onnx file, or module:Object"

ONNX = ("onnx", "onnxruntime")  # what a model needs, an extra


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options)
    except UsageError as error:
        print(f"layerproof: {error}", file=sys.stderr)
        for line in error.frames:
            print(line, file=sys.stderr)
        return USAGE
    except KeyboardInterrupt as stopped:
        print(f"layerproof: {str(stopped) or 'stopped'}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output, head say, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="layerproof", description="Verify layers by property.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser("check", help="judge every known function of a candidate")
    check.add_argument("path", metavar="PATH", help=PATHS)
    check.add_argument("--operator", action="append", default=[], metavar="NAME")
    check.add_argument("--function", action="append", default=[], metavar="NAME")
    check.add_argument("--property", action="append", default=[], metavar="NAME")
    check.add_argument("--convention", metavar="NAME", help="its name, or a file that defines one")
    check.add_argument("--examples", type=_positive, default=200, metavar="N")
    check.add_argument("--seed", type=int, default=0, metavar="N", help="of the cases drawn")
    check.add_argument("--case", metavar="JSON", help="replay this one case")
    check.add_argument(
        "--hints",
        choices=("none", "gentle", "full"),
        default="gentle",
        help="say nothing of the cause, what to look at (default), or the mistake's name",
    )
    check.add_argument("--strict", action="store_true", help="count what lies beyond the promise")
    check.add_argument(
        "--dtype",
        action="append",
        default=[],
        choices=("float16", "bfloat16", "tf32"),
        help="judge this precision as well; tf32 on a CUDA device",
    )
    check.add_argument("--require", action="append", default=[], metavar="OPERATOR")
    check.add_argument("--json", metavar="FILE", help="write the verdict there as well")
    check.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N")
    limiting.add_options(check)
    check.set_defaults(run=run_check)
    grading.add_parser(commands, _positive, run_grade)
    from benchmarks import options as benching
    from benchmarks.training import options as training

    benching.add_parser(commands, _positive, run_bench)
    training.add_parsers(commands, _positive)
    operators = commands.add_parser("operators", help="list the operators there are")
    operators.add_argument("name", nargs="*", metavar="NAME")
    operators.add_argument(
        "--coverage", action="store_true", help="which attribute values and corners are drawn"
    )
    operators.add_argument("--examples", type=_positive, default=400, metavar="N")
    operators.add_argument("--seed", type=int, default=0, metavar="N", help="of the cases drawn")
    operators.set_defaults(run=run_operators)
    conventions = commands.add_parser("conventions", help="list the conventions, or one of them")
    conventions.add_argument("name", nargs="?", metavar="NAME")
    conventions.set_defaults(run=run_conventions)
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text!r}")
    return int(text)


def operator_files() -> list[str]:
    """Names of all operators, without importing any of them."""
    folder = Path(__file__).resolve().parents[1] / "properties" / "operators"
    return sorted(p.stem for p in folder.glob("*.py") if not p.stem.startswith("_"))


def check_operators(names: Sequence[str], known: Sequence[str]) -> None:
    """Raises UsageError for a name that is no operator's."""
    for name in names:
        if name not in known:
            raise UsageError(f"operator must be one of {', '.join(known)}, got {name!r}")


def run_check(options: argparse.Namespace) -> int:
    operators = operator_files()
    check_operators([*options.operator, *options.require], operators)
    with opened(Path(options.path)) as path:
        return _check(options, operators, path)


def _check(options: argparse.Namespace, operators: Sequence[str], path: Path) -> int:
    limits = limiting.from_options(options)
    _check_path(path, Path(options.path))
    loaded = threading.Event()
    # The candidate's process loads its libraries meanwhile. Nobody waits for it after an error.
    importing = threading.Thread(target=_import_what_judges, args=(loaded,), daemon=True)
    importing.start()
    with _loaded(options, operators, path, limits) as (worker, found, absent):
        worker.close()
    loaded.set()
    importing.join()  # judges are forked from a process of one thread
    from candidates import running

    candidate = running.Candidate(
        path.resolve(), worker.convention or "", worker.stubbed, worker.failed
    )
    if options.case is not None:
        return running.replay(options, limits, candidate, operators, found)
    return running.check(options, limits, candidate, operators, found, absent)


def _import_what_judges(loaded: threading.Event) -> None:
    """Import Hypothesis and torch, which take seconds; what is amiss is said where it is used.

    What torch's optimizers import when the first is made comes last, where there is still time: a
    candidate that has torch itself takes longer to load.
    """
    with contextlib.suppress(Exception):
        importlib.import_module("torch")
        importlib.import_module("candidates.running")
        if not loaded.is_set():
            importlib.import_module("torch._dynamo")


@contextlib.contextmanager
def _loaded(
    options: argparse.Namespace, operators: Sequence[str], path: Path, limits: Limits
) -> Iterator[tuple[Worker, list[Found], list[str]]]:
    """A worker with the candidate, what is to be judged and what is absent, and says so."""
    if limits.forbid_ops:
        from candidates.worker.operations import unknown

        if reason := unknown(limits.forbid_ops):
            raise UsageError(f"--forbid-ops: {reason}")
    shown = Path(options.path)
    worker = load_candidate(path, options.convention, operators, limits, shown)
    try:
        found, absent = _select(worker, shown, options)
        _check_dtypes(options, worker)
        print(_found_line(options.path, worker, found), flush=True)
        yield worker, found, absent
    finally:
        worker.close()


def _check_dtypes(options: argparse.Namespace, worker: Worker) -> None:
    """Raises UsageError for a precision that the candidate's numbers cannot have."""
    name = worker.convention or ""
    if "bfloat16" in options.dtype and not find_convention(name).needs_torch:
        raise UsageError(f"--dtype bfloat16 is for tensors; {name} hands arrays, of float16")
    if "tf32" in options.dtype:
        from properties.tf32 import tf32_problem

        device = worker.limits.device
        if problem := tf32_problem(device):
            raise UsageError(f"--dtype tf32 needs a CUDA device that has it (--device): {problem}")


def run_bench(options: argparse.Namespace) -> int:
    operators = operator_files()
    check_operators(options.operator, operators)
    if options.path is None:
        from benchmarks.command import bench_references

        return bench_references(options, operators)
    limits = limiting.from_options(options)
    with (
        opened(Path(options.path)) as path,
        _loaded(options, operators, path, limits) as (worker, found, _),
    ):
        from benchmarks.command import bench_candidate

        return bench_candidate(options, path.resolve(), operators, found, worker)


def run_grade(options: argparse.Namespace) -> int:
    return grading.run_grade(options, operator_files())


def load_candidate(
    path: Path,
    convention: str | None,
    operators: Sequence[str],
    limits: Limits = Limits(),  # noqa: B008  (it is frozen)
    shown: Path | None = None,
) -> Worker:
    """A worker with the candidate loaded. Raises UsageError, one sentence, where it cannot be.

    `shown` is the path as the user gave it, where that is another one.
    """
    shown = shown or path
    _check_path(path, shown)
    convention = checked_convention(convention)
    try:
        return Worker(path.resolve(), convention, operators, limits)
    except LoadFailed as error:
        if str(error).startswith("the convention "):
            raise UsageError(str(error)) from None
        raise UsageError(f"{shown} cannot be loaded: it {error}", error.frames) from None


def _check_path(path: Path, shown: Path) -> None:
    """Raises UsageError for a path that names no candidate."""
    target = Target.of(path)
    if target.dotted:
        return
    if not target.path.exists():
        raise UsageError(f"the candidate {str(shown)!r} does not exist")
    if not target.path.is_dir() and target.path.suffix not in (*SUFFIXES, MODEL):
        raise UsageError(f"the candidate must be {PATHS}, got {str(shown)!r}")
    if target.path.is_dir() and target.object:
        raise UsageError(f"an object is taken from a module, not from a folder, got {str(shown)!r}")
    if target.path.suffix == MODEL and not all(map(importlib.util.find_spec, ONNX)):
        raise UsageError(f"{shown} needs {' and '.join(ONNX)}: pip install 'layerproof[onnx]'")
    if not os.access(target.path, os.R_OK):
        raise UsageError(f"the candidate {str(shown)!r} may not be read")


def checked_convention(name: str | None) -> str | None:
    """The convention that is asked for, a file by its whole path. Raises UsageError."""
    if name is None:
        return None
    if name.endswith(".py"):
        name = str(Path(name).resolve())
    try:
        find_convention(name)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return name


def _select(
    worker: Worker, path: Path, options: argparse.Namespace
) -> tuple[list[Found], list[str]]:
    """The functions to judge, and the operators asked for that are absent."""
    if worker.convention is None or not worker.found:
        forced = f" of the convention {options.convention}" if options.convention else ""
        raise UsageError(
            f"{path} has no function{forced} that is known; see layerproof conventions",
            [*notes(worker.stubbed, worker.failed), *_passed_over(worker)],
        )
    found = worker.found
    for name in options.function:
        if not any(name in f.functions for f in found):
            known = ", ".join(dict.fromkeys(n for f in found for n in f.functions))
            raise UsageError(f"function must be one of {known}, got {name!r}")
    if options.function:
        found = [f for f in found if set(f.functions) & set(options.function)]
    if options.operator:
        found = [f for f in found if f.operator in options.operator]
    there = {f.operator for f in found}
    absent = [n for n in dict.fromkeys(options.operator + options.require) if n not in there]
    if not found:
        raise UsageError(f"{path} has no function for {', '.join(options.operator)}")
    return found, absent


def _found_line(path: str, worker: Worker, found: Sequence[Found]) -> str:
    """What was found, and where its convention defines an operator differently from PyTorch."""
    known = find_convention(worker.convention or "")
    spellings = known.spellings(operator_files())
    lines = [f"{path} follows {known.name}:"]
    for f in found:
        differs = spellings[f.spelling].promised(f.told).differs
        functions = ", ".join(f"{n} ({p})" if p else n for n, p in f.named)
        lines.append(f"  {f.operator}: {functions}" + (f" ({differs})" * bool(differs)))
    return "\n".join(lines + _passed_over(worker))


def _passed_over(worker: Worker) -> list[str]:
    """Functions of a known name that are not judged, and why."""
    return [f"  not judged: {name}: {reason}" for name, reason in worker.passed_over.items()]


def run_operators(options: argparse.Namespace) -> int:
    from candidates import listing

    known = operator_files()
    check_operators(options.name, known)
    if not options.coverage:
        print(listing.operators(options.name or known))
        return 0
    for name in options.name or known:
        print(listing.coverage(name, options.examples, options.seed), end="\n\n")
    return 0


def run_conventions(options: argparse.Namespace) -> int:
    from candidates.conventions import convention_names

    try:
        names = [options.name] if options.name else convention_names()
        for convention in map(find_convention, names):
            print(f"{convention.name}: {convention.summary}")
            if options.name:
                print(_documented(convention))
    except ValueError as error:
        raise UsageError(str(error)) from None
    return 0


def _documented(convention: Convention) -> str:
    """What a convention promises, and each function with its call, shapes and defaults."""
    parts = [inspect.cleandoc(convention.text)] if convention.text else []
    spellings = convention.spellings(operator_files())
    for _, group in itertools.groupby(spellings, lambda s: (s.operator, id(s.adapter))):
        first, *others = group
        differs = f" ({first.promise.differs})" * bool(first.promise.differs)
        names = [s.forward for s in (first, *others)] if others else first.names
        names = ["of any name" if name == ANY else name.replace(ANY, "Trainer") for name in names]
        lines = textwrap.wrap(f"{first.operator}: {', '.join(names)}{differs}", 94)
        lines += inspect.cleandoc(first.adapter.__doc__ or "").splitlines()
        parts.append("\n    ".join(lines))
    return "\n" + "\n".join(textwrap.indent(part, "  ") + "\n" for part in parts)
