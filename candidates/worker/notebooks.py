"""The code cells of a notebook, without what only a notebook can run."""

from __future__ import annotations

import contextlib
import json
import linecache
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from candidates.worker.sources import Unloadable, parse

# %matplotlib inline, !pip install, ?np.dot, np.dot?, files = !ls, t = %timeit -o f()
LINE_MAGIC = re.compile(r"^(\s*)([%!?].*|[\w.]+\?\??\s*|[\w, ]+=\s*[%!].*)$")
OTHER_LANGUAGE = re.compile(
    r"^%%(bash|sh|script|html|HTML|javascript|js|latex|markdown|svg|perl|ruby|cython|system|!|R)\b"
)
WRITES_OTHER = re.compile(r"^%%(writefile|file)\b(?!.*\.py\s*$)")


def code_cells(path: Path, text: str) -> Iterator[tuple[str, str]]:
    """Name and source of each code cell, counted from 1 with the cells of text.

    The source has the lines of the cell, so that line numbers are the cell's; tracebacks find it
    under the name. Raises Unloadable where the file is no notebook.
    """
    for number, cell in enumerate(_cells(text), 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source: Any = cell.get("source", cell.get("input", ""))
        source = source if isinstance(source, str) else "".join(map(str, source))
        name = f"{path}, cell {number}"
        lines = [line + "\n" for line in source.split("\n")]
        linecache.cache[name] = (len(source), None, lines, name)
        yield name, plain(source)


def _cells(text: str) -> list[Any]:
    """The cells, as nbformat reads them (old versions too) or, without it, as they stand."""
    try:
        notebook: Any = json.loads(text)
    except (ValueError, RecursionError):
        notebook = None
    sheets = notebook.get("worksheets", [notebook]) if isinstance(notebook, dict) else None
    if not isinstance(sheets, list) or not all(map(_is_sheet, sheets)):
        raise Unloadable("is no notebook: it is not JSON with cells")
    with contextlib.suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import nbformat

        return list(nbformat.reads(text, as_version=4).cells)
    return [cell for sheet in sheets for cell in sheet["cells"]]


def _is_sheet(sheet: Any) -> bool:
    return isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)


def plain(source: str) -> str:
    """Python alone: magics and shell lines become `pass`, cells in other languages nothing."""
    if OTHER_LANGUAGE.match(source) or WRITES_OTHER.match(source):
        return ""
    with contextlib.suppress(Unloadable):
        parse(source, "cell")
        return source
    lines, indent, continued = [], "", False
    for line in source.split("\n"):
        magic = LINE_MAGIC.match(line)
        if magic and not continued:
            indent = magic.group(1)
        if magic or continued:
            continued = line.rstrip().endswith("\\")
            line = f"{indent}pass"
        lines.append(line)
    return "\n".join(lines)
