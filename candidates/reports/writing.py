"""Writing a report: whole or not at all, and names that a terminal can show."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def write_whole(path: Path, parts: Iterable[str]) -> None:
    """Write UTF-8 text to a file at once: it is there whole, or as it was before.

    Bytes of file names that are no UTF-8 become escapes. Raises OSError.
    """
    partial = partial_path(path, os.getpid())
    try:
        with partial.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.writelines(parts)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def partial_path(path: Path, process: int) -> Path:
    """Where a process writes before the file is whole."""
    return path.with_name(f".{path.name}.{process}.partial")


def printable(text: str) -> str:
    """One line that moves no cursor: what a terminal does not print becomes an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
