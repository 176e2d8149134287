"""Write homework files for tests: the right example with some functions replaced."""

from __future__ import annotations

import textwrap
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "candidates" / "examples"


def write(folder: Path, *functions: str, name: str = "layers.py") -> Path:
    """A file with the given functions (source text) only."""
    path = folder / name
    source = "\n\n".join(textwrap.dedent(function) for function in functions)
    path.write_text("import numpy as np\n\n\n" + source)
    return path


RELU_BACKWARD = """
def relu_backward(dout, cache):
    return dout * (cache > 0)
"""


def relu(body: str, before: str = "") -> str:
    """`relu_forward` with the given body (right but for it), and what stands before it."""
    return f"{textwrap.dedent(before)}\n\ndef relu_forward(x):\n{textwrap.indent(body, '    ')}\n"
