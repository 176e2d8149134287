"""Load a candidate: a Python file, a package or a model, unchanged, from wherever it lies."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from pathlib import Path

from candidates.worker import backends


def load(path: Path) -> types.ModuleType:
    """The module at `path`, a `.py` file or a folder with an `__init__.py`.

    A file inside a package is loaded as part of it, so that its relative imports work. Whatever
    the candidate raises at import passes through. A `.onnx` file is its one node.
    """
    if path.suffix == ".onnx":
        from candidates.conventions.onnx import ROWS
        from candidates.worker.onnx_models import load_onnx

        return load_onnx(path, [row.name for row in ROWS])
    backends.install()
    inside = path if path.is_dir() else path.parent
    name = path.name if path.is_dir() else path.stem
    parts = [] if path.is_dir() else [name]
    while (inside / "__init__.py").exists():
        parts.insert(0, inside.name)
        inside = inside.parent
    sys.path[:0] = [str(inside)] + ([str(path.parent)] if len(parts) > 1 else [])
    if len(parts) > 1 or path.is_dir():
        return importlib.import_module(".".join(parts))
    if name in sys.modules or name in sys.stdlib_module_names:
        name = f"candidate_{name}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
