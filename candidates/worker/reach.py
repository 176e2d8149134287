"""What of the suite a candidate can import: nothing but what the worker has loaded already."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUT_OF_REACH = ("properties", "reference", "candidates", "benchmarks", "tests")


class SuiteIsOutOfReach(MetaPathFinder):
    """Refuses to load more of the suite once the candidate runs."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._refused = tuple(name for name in OUT_OF_REACH if name not in allowed)

    def find_spec(self, fullname, path, target=None):  # type: ignore[no-untyped-def]
        top = fullname.partition(".")[0]
        loaded = getattr(sys.modules.get(top), "__file__", None)
        ours = loaded is not None and Path(loaded).is_relative_to(ROOT)
        if top in self._refused and (ours or (path is None and self._is_ours(top))):
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None

    @staticmethod
    def _is_ours(name: str) -> bool:
        """Whether the first entry of the path that has the module is the suite's own."""
        for entry in sys.path:
            here = Path(entry or ".")
            if (here / name).is_dir() or (here / f"{name}.py").exists():
                return here.resolve() == ROOT
        return True


def hide_the_suite(allowed: Sequence[str], candidate: str) -> None:
    """Take the suite off the path, and let go of what a fresh interpreter would not have."""
    suite = {str(ROOT), str(Path(__file__).parent)}
    sys.path[:] = [entry for entry in sys.path if entry not in suite]
    sys.meta_path.insert(0, SuiteIsOutOfReach(allowed))
    sys.argv[1:] = []
    sys.dont_write_bytecode = True  # the candidate's folder stays as it is
    _know_the_folders_of(Path(candidate))


def _know_the_folders_of(path: Path) -> None:
    """Read the listings that imports beside the candidate need, before they are out of reach."""
    import pkgutil

    inside = path if path.is_dir() else path.parent
    known = [inside, inside.parent] if path.is_dir() else [inside]
    while (inside / "__init__.py").exists() and inside != inside.parent:
        inside = inside.parent
        known.append(inside)
    for folder in known:
        finder = pkgutil.get_importer(str(folder))
        if finder is not None:
            finder.find_spec("none_of_this_name")
