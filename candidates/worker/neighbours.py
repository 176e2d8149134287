"""Where a course keeps what its files import: the folders above a file, and some beside those."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

ANCESTORS = 4
BESIDE = ("", "python", "src", "code", "lib")


def folders(file: Path) -> Iterator[Path]:
    """Folders to look into for what a file imports, the nearest first."""
    outside = {Path("/"), Path.home(), Path(tempfile.gettempdir())}
    for folder in list(file.parents)[:ANCESTORS]:
        if folder in outside:
            return
        for beside in BESIDE:
            if (folder / beside).is_dir():
                yield folder / beside


def home_of(top: str, file: Path) -> Path | None:
    """The nearest folder that has the module or package, or None."""
    return next((folder for folder in folders(file) if _holds(folder, top)), None)


def _holds(folder: Path, top: str) -> bool:
    try:
        if (folder / f"{top}.py").is_file():
            return True
        package = folder / top
        return package.is_dir() and next(package.glob("*.py"), None) is not None
    except OSError:
        return False
