"""The checked arguments of a step with scaled gradients, shared by both paths."""

from __future__ import annotations

from typing import Any

from reference._arguments import array, integer, integers, number, same_dtype, shaped

Numbers = tuple[float, float, float, int, float | None]


def check_mixed_precision_step(
    w: Any,
    b: Any,
    dw: Any,
    db: Any,
    scale: Any,
    growth_tracker: Any,
    lr: Any,
    growth_factor: Any,
    backoff_factor: Any,
    growth_interval: Any,
    max_norm: Any,
) -> Numbers:
    """lr, growth_factor, backoff_factor, growth_interval and max_norm.

    Raises TypeError or ValueError naming the bad argument.
    """
    for name, parameter, gradient in (("dw", w, dw), ("db", b, db)):
        shaped(name, array(name, gradient), array(name[1], parameter).shape)
    shaped("scale", array("scale", scale), ())
    shaped("growth_tracker", integers("growth_tracker", growth_tracker), ())
    same_dtype(w=w, b=b, dw=dw, db=db, scale=scale)
    if not scale > 0:
        raise ValueError(f"scale must be above 0, got {scale}")
    if growth_tracker < 0:
        raise ValueError(f"growth_tracker must be at least 0, got {growth_tracker}")
    growth = number("growth_factor", growth_factor)
    if not growth > 1:
        raise ValueError(f"growth_factor must be above 1, got {growth_factor}")
    backoff = number("backoff_factor", backoff_factor)
    if not 0 < backoff < 1:
        raise ValueError(f"backoff_factor must be between 0 and 1, got {backoff_factor}")
    most = None if max_norm is None else number("max_norm", max_norm, 0)
    return (
        number("lr", lr, 0),
        growth,
        backoff,
        integer("growth_interval", growth_interval, 1),
        most,
    )
