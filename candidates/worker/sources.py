"""Read the text of a candidate, and say in one sentence why Python cannot."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Sequence
from pathlib import Path

from properties.implementation import Refused

MAX_BYTES = 10 << 20
MERGE = re.compile(r"^(<{7} |={7}$|>{7} )")
PYTHON2 = re.compile(
    r"""^\s*print\b(?!\s*\()              # print "x"
    | ^\s*print\s*>>                      # print >>file, "x"
    | ^\s*exec\s+[^(=\s]                  # exec code in names
    | ^\s*raise\s+[\w.]+\s*,              # raise E, "x"
    | ^\s*except\s+[\w.]+\s*,\s*\w+\s*:   # except E, e:
    | <>
    | `\w                                 # `x`
    | \b\d+[lL]\b
    | \b0[0-7]+\b
    | \bur['"]
    | \blambda\s*\(
    | ^\s*def\s+\w+\(.*\(.*,.*\).*\)\s*:  # def f(a, (b, c)):
    """,
    re.VERBOSE,
)
PYTHON2_NAMES = frozenset(
    """xrange unicode basestring long unichr raw_input reduce cmp execfile reload file izip imap
    ifilter""".split()
)


class Unloadable(Refused):
    """A file, or the whole candidate, cannot be loaded: one sentence, and lines to show."""

    def __init__(self, sentence: str, frames: Sequence[str] = ()) -> None:
        super().__init__("missing", sentence)
        self.frames = list(frames)


def read(path: Path) -> str:
    """The text of a file. Raises Unloadable."""
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except OSError as error:
        raise Unloadable(f"cannot be read: {error.strerror}") from None
    if data is None:
        raise Unloadable(f"is larger than {MAX_BYTES >> 20} MB")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Unloadable("is UTF-16 text, where Python reads UTF-8")
    if b"\0" in data:
        raise Unloadable("holds null bytes: it is no text")
    return decode(data)


def decode(data: bytes) -> str:
    """Text in the encoding that it declares, UTF-8 without one. Raises Unloadable."""
    encoding = "utf-8"
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unloadable(f"is not {encoding} in line {line}, and declares nothing else") from None
    except (SyntaxError, LookupError):
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise Unloadable(f"is not utf-8 in line {line}, and declares nothing else") from None
        raise Unloadable("declares an encoding that Python does not know") from None
    return io.IncrementalNewlineDecoder(None, translate=True).decode(text, final=True)


def parse(text: str, name: str) -> ast.Module:
    """The syntax tree; `name` is the file's in tracebacks. Raises Unloadable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a string
            return ast.parse(text, name)
    except SyntaxError as error:
        raise Unloadable(*_why(error, text, Path(name).name)) from None
    except (RecursionError, MemoryError):
        raise Unloadable("is nested too deeply for Python") from None


def _why(error: SyntaxError, text: str, name: str) -> tuple[str, list[str]]:
    """The sentence for a syntax error, and the lines to show with it."""
    lines = text.splitlines()
    number = min(max(error.lineno or 1, 1), max(len(lines), 1))
    line = lines[number - 1].strip() if lines else ""
    for i, marked in enumerate(lines, 1):
        if MERGE.match(marked):
            return f"holds an unresolved merge (line {i}: {marked[:60]})", []
    if "codec" in str(error.msg):
        return f"raised SyntaxError: {error.msg}", []
    if isinstance(error, TabError):
        return f"mixes tabs and spaces (line {number}), as only Python 2 allows", []
    if PYTHON2.search(lines[number - 1] if lines else "") or "call to 'print'" in str(error.msg):
        return f"is Python 2 (line {number}: {line[:60]}), and this is Python 3", []
    frames = [f'  File "{name}", line {number}', f"    {line}"]
    return f"raised SyntaxError: {error.msg} ({name}, line {number})", frames
