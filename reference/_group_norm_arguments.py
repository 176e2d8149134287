"""The checked arguments of group normalisation, shared by both paths of group_norm."""

from __future__ import annotations

from typing import Any

from reference._arguments import array, integer, same_dtype, shaped


def check_group_norm(x: Any, gamma: Any, beta: Any, groups: Any) -> int:
    """The number of groups. Raises TypeError or ValueError naming the bad argument."""
    array("x", x, "N C ...")
    vectors = {"gamma": gamma, "beta": beta}
    for name, vector in vectors.items():
        if vector is not None:
            shaped(name, array(name, vector), (x.shape[1],))
    same_dtype(x=x, **vectors)
    groups = integer("groups", groups, 1)
    if x.shape[1] % groups:
        raise ValueError(f"groups must divide the {x.shape[1]} channels of x, got {groups}")
    return groups
