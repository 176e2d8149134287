"""The checked argument of gradient centralization, shared by both paths."""

from __future__ import annotations

from typing import Any

from reference._arguments import array


def check_gradient(dw: Any) -> None:
    """Refuse anything but a real floating array, with TypeError."""
    if array("dw", dw).dtype.kind == "c":
        raise TypeError(f"dw must be real, got an array of {dw.dtype}")
