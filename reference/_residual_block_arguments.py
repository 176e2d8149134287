"""The checked arguments of a residual block, shared by both paths."""

from __future__ import annotations

from typing import Any

from reference._arguments import array, integer, number, same_dtype, shaped


def check_residual_block(
    x: Any,
    w1: Any,
    gamma1: Any,
    beta1: Any,
    w2: Any,
    gamma2: Any,
    beta2: Any,
    w_skip: Any,
    gamma_skip: Any,
    beta_skip: Any,
    stride: Any,
    eps: Any,
) -> None:
    """Refuse what is no basic block, with TypeError or ValueError naming the bad argument."""
    array("x", x, "N C H W")
    C, F = x.shape[1], len(array("w1", w1, "F C 3 3"))
    vectors = {"gamma1": gamma1, "beta1": beta1, "gamma2": gamma2, "beta2": beta2}
    skip = {"w_skip": w_skip, "gamma_skip": gamma_skip, "beta_skip": beta_skip}
    shaped("w1", w1, (F, C, 3, 3))
    shaped("w2", array("w2", w2), (F, F, 3, 3))
    if len({a is None for a in skip.values()}) > 1:
        names = [name for name, a in skip.items() if a is None]
        raise ValueError(
            f"w_skip, gamma_skip and beta_skip must be all given or all None, got None for {names}"
        )
    if w_skip is not None:
        shaped("w_skip", array("w_skip", w_skip), (F, C, 1, 1))
        vectors |= {"gamma_skip": gamma_skip, "beta_skip": beta_skip}
    for name, vector in vectors.items():
        shaped(name, array(name, vector), (F,))
    same_dtype(x=x, w1=w1, w2=w2, w_skip=w_skip, **vectors)
    stride = integer("stride", stride, 1)
    if w_skip is None and (stride != 1 or C != F):
        raise ValueError(
            f"w_skip must be given where stride is not 1 or w1 changes the number of channels, "
            f"got None for stride {stride}, {C} channels and {F} filters"
        )
    number("eps", eps, 0)
    values = x[:, 0, ::stride, ::stride].size if C else 0
    if values == 1:
        raise ValueError(f"x must have more than 1 value per channel after stride, got {x.shape}")
