"""The plain convention: this suite's own names, `NAME_forward` and `NAME_backward`.

A function takes the arrays and attributes of the operator by parameter name and returns its
outputs and a cache; the backward takes `(dout, cache)` and returns the gradients in the order of
the inputs. It promises everything that the operator defines, PyTorch's choices at kinks included.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from candidates.spelling import Convention, Signature, Spelling
from properties.plain import PlainFunctions


def adapter(forward: Any, backward: Any, signature: Signature) -> PlainFunctions:
    """Arrays and attributes by parameter name, as in `reference/naive/OPERATOR.py`."""
    return PlainFunctions(forward, backward, signature.outputs, signature.gradients)


def spellings(operators: Sequence[str]) -> list[Spelling]:
    return [Spelling(name, f"{name}_forward", f"{name}_backward", adapter) for name in operators]


convention = Convention(
    "plain", "this suite's own names, NAME_forward and NAME_backward", spellings, text=__doc__
)
