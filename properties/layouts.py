"""Memory layouts in which an array can be handed over: the values are the same, the strides not."""

from __future__ import annotations

import numpy as np

LAYOUTS = (
    *("fortran", "strided", "reversed", "offset", "channels_last"),
    *("broadcast", "big_endian"),
)
"""Those that a function may be handed, where its convention does not say otherwise."""


class Bfloat16(np.ndarray):
    """float32 numbers that bfloat16 has: a tensor made of them is one of bfloat16."""


class Tf32(np.ndarray):
    """float32 numbers that a device may multiply as TF32."""


MARKED = {"bfloat16": Bfloat16, "tf32": Tf32}
"""What arrays in no layout of their own are handed over as."""


def lay_out(array: np.ndarray, layout: str) -> np.ndarray:
    """A fresh array equal to `array`, laid out as named. Raises ValueError for an unknown name."""
    array = np.asarray(array)  # arithmetic on arrays without dimensions gives scalars
    if layout == "readonly":
        copy = array.copy(order="C")
        copy.flags.writeable = False
        return copy
    if layout == "big_endian":
        return array.astype(array.dtype.newbyteorder(">"))
    if layout == "contiguous" or (array.ndim == 0 and layout in LAYOUTS):
        return array.copy(order="C")
    if layout in MARKED:
        copy = array.copy(order="C")
        return copy.view(MARKED[layout]) if copy.dtype == np.float32 else copy
    if layout == "broadcast":
        return _broadcast(array)
    if layout == "fortran":
        return array.copy(order="F")
    if layout == "channels_last":  # the second axis innermost, as torch lays out images
        channels = min(1, array.ndim - 1)
        return np.moveaxis(np.moveaxis(array, channels, -1).copy(order="C"), -1, channels)
    if layout == "strided":
        buffer = np.zeros(tuple(2 * n for n in array.shape), array.dtype)
        view = buffer[tuple(slice(None, None, 2) for _ in array.shape)]
    elif layout == "reversed":
        buffer = np.zeros(array.shape, array.dtype)
        view = buffer[tuple(slice(None, None, -1) for _ in array.shape)]
    elif layout == "offset":
        buffer = np.zeros(array.size + 3, array.dtype)
        view = buffer[3:].reshape(array.shape)
    else:
        known = f"contiguous, readonly, bfloat16, tf32 or one of {LAYOUTS}"
        raise ValueError(f"layout must be {known}, got {layout!r}")
    view[...] = array
    return view


def _broadcast(array: np.ndarray) -> np.ndarray:
    """Strides of 0 along every axis on which nothing changes, not the sign of a zero either.

    It is read-only, as what `np.broadcast_to` gives: a number may be in many places at once.
    """
    held = array
    for axis in range(array.ndim):
        first = held[(slice(None),) * axis + (slice(0, 1),)]
        if np.broadcast_to(first, held.shape).tobytes() == held.tobytes():
            held = first
    return np.broadcast_to(held.copy(order="C"), array.shape)
