"""Start a worker: `python -I candidates/worker READING WRITING` (two inherited descriptors)."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUT_OF_REACH = ("properties", "reference", "candidates", "benchmarks", "tests")


class SuiteIsOutOfReach(MetaPathFinder):
    """Refuses to load more of the suite once the candidate runs."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
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


def main() -> None:
    reading, writing = int(sys.argv[1]), int(sys.argv[2])
    sys.path.insert(0, str(ROOT))
    from candidates.conventions import import_all
    from candidates.worker.serve import Server

    import_all()
    sys.path.remove(str(ROOT))
    sys.meta_path.insert(0, SuiteIsOutOfReach(allowed=tuple(sys.argv[3:])))
    sys.argv[1:] = []
    Server(reading, writing).serve()


if __name__ == "__main__":
    main()
