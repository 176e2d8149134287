"""What a candidate's text says before it runs: which modules it imports. Nothing is executed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TORCH = {"torch", "torchvision"}
_IMPORT = re.compile(r"(?:^|[\"\s;])(?:import|from)[ \t]+([.\w]+(?:[ \t]*,[ \t]*[\w.]+)*)", re.M)


def needs_torch(path: Path) -> bool:
    """Whether a file or a folder's files import torch, wherever in their text."""
    files = [*path.rglob("*.py"), *path.rglob("*.ipynb")] if path.is_dir() else [path]
    return any(_imports_torch(_text(file)) for file in files)


def needs_cuda(path: Path) -> bool:
    """Whether a file or a folder's files speak of CUDA: it must not be forked once it runs."""
    files = path.rglob("*.py") if path.is_dir() else [path]
    return any("cuda" in _text(file) for file in files)


def gpu_is_there() -> bool:
    """Whether this machine has a GPU that torch could start to use."""
    return any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/kfd").exists()


def needs_optimizer(path: Path) -> bool:
    """Whether a file or a folder's files speak of an optimizer, as training loops do."""
    files = [*path.rglob("*.py"), *path.rglob("*.ipynb")] if path.is_dir() else [path]
    return any("optim" in _text(file) for file in files)


def _imports_torch(text: str) -> bool:
    """Text that is no Python, a notebook say, is only searched for what looks like an import."""
    if not _tops(text) & TORCH:
        return False
    try:
        names = set(_imported(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return bool({name.partition(".")[0] for name in names} & TORCH)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _tops(text: str) -> set[str]:
    """The top-level names of what looks like an import, those of relative imports included."""
    found = set()
    for names in _IMPORT.findall(text):
        found |= {re.split(r"[.\s]", name.strip().lstrip("."))[0] for name in names.split(",")}
    return found


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


def readable(path: Path, beside: bool) -> list[Path]:
    """What a candidate may read of its own: its file or folder, the package that it is part of,
    and with `beside` the modules in the same folder that its imports name, and theirs in turn."""
    top = path
    while (top.parent / "__init__.py").exists() and top != top.parent:
        top = top.parent
    if not beside or top.is_dir():
        return [top]
    found, unread = [top], [top]
    while unread:
        for name in sorted(_tops(_text(unread.pop()))):
            for module in _modules(top.parent, name):
                if module not in found:
                    found.append(module)
                    unread += [module] if module.suffix == ".py" else []
    return found


def _modules(folder: Path, name: str) -> list[Path]:
    """Files and packages of a folder that `import name` may mean; no link that leads out of it."""
    if not name.isidentifier():
        return []
    found, here = [folder / name, *folder.glob(f"{name}.*")], folder.resolve()
    return [p for p in found if p.exists() and p.resolve().is_relative_to(here)]
