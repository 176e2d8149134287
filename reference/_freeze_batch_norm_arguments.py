"""The checked arguments of freeze_batch_norm, shared by both paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reference._arguments import array, boolean, number, same_dtype, shaped
from reference._metric_arguments import one_of

NORMS = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d")
KINDS = (*NORMS, "Conv2d", "Dropout")

Layer = tuple[str, str, bool, bool]


def check_freeze_batch_norm(
    arrays: dict[str, Any], layers: Any, frozen: Any, affine: Any, momentum: Any, eps: Any
) -> tuple[tuple[Layer, ...], float, float]:
    """Layers, momentum and eps. Raises TypeError or ValueError naming the bad argument."""
    boolean("frozen", frozen)
    boolean("affine", affine)
    checked = _layers(layers)
    norms = sum(kind in NORMS for _, kind, *_ in checked)
    x = array("x", arrays["x"], "N C L")
    if x.shape[0] * x.shape[2] < 2:
        raise ValueError(f"x must have more than one value per channel, got shape {x.shape}")
    for name, each in arrays.items():
        if name != "x":
            shaped(name, array(name, each), (norms, x.shape[1]))
    same_dtype(**arrays)
    return checked, number("momentum", momentum, 0), number("eps", eps, 0)


def _layers(layers: Any) -> tuple[Layer, ...]:
    if not isinstance(layers, Sequence) or isinstance(layers, str):
        raise TypeError(f"layers must be a tuple of layers, got {type(layers).__name__}")
    paths: set[str] = set()
    for place, layer in enumerate(layers):
        if not isinstance(layer, Sequence) or isinstance(layer, str) or len(layer) != 4:
            raise ValueError(f"layers[{place}] must be (path, kind, mode, learns), got {layer!r}")
        path, kind, mode, learns = layer
        if not isinstance(path, str) or path in paths:
            raise ValueError(f"layers[{place}] must have a path of its own, got {path!r}")
        paths.add(path)
        one_of(f"the kind of {path}", kind, KINDS)
        boolean(f"the mode of {path}", mode)
        boolean(f"whether {path} learns", learns)
    return tuple((path, kind, bool(mode), bool(learns)) for path, kind, mode, learns in layers)
