"""clip_grad_value: strategy over bounds, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators import _clipping
from properties.operators._clipping import clipped, draw_shapes, inputs


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    bound = draw(domain.choice("clip_value", (2.0, 0.5, 100.0, 0.01, 1.0)))
    return {**draw_shapes(draw, domain), "clip_value": bound}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.utils import clip_grad_value_

    return clipped(tensors, lambda ps: clip_grad_value_(ps, at["clip_value"]))[0]


def idempotent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    once = run(inputs)
    for name, twice in run(once).items():
        yield name, twice, once[name]


EACH = "c[i] = min(max(g[i], -clip_value), clip_value)"
LOOP = "for g in (g1, g2, g3):"
RETURN = "return c1, c2, c3"

MISTAKES = (
    edit("upper bound only", "large negative numbers stay", EACH, "c[i] = min(g[i], clip_value)"),
    edit("lower bound only", "large positive numbers stay", EACH, "c[i] = max(g[i], -clip_value)"),
    edit("clipped to zero", "the lower bound is 0", EACH, "c[i] = min(max(g[i], 0), clip_value)"),
    edit(
        "clip_value ignored",
        "the bounds are -1 and 1",
        EACH,
        "c[i] = min(max(g[i], -1.0), 1.0)",
    ),
    edit("nothing clipped", "gradients come back as they are", EACH, "c[i] = g[i]"),
    edit(
        "large numbers dropped",
        "numbers outside the bounds become 0",
        EACH,
        "c[i] = g[i] if abs(g[i]) <= clip_value else 0",
    ),
    edit(
        "small numbers raised",
        "every number becomes a bound",
        EACH,
        "c[i] = clip_value if g[i] > 0 else -clip_value if g[i] < 0 else 0",
    ),
    edit(
        "bounds exchanged",
        "the bounds are -clip_value above and clip_value below",
        EACH,
        "c[i] = max(min(g[i], -clip_value), clip_value)",
    ),
    edit(
        "sign lost",
        "large numbers become positive",
        EACH,
        "c[i] = clip_value if abs(g[i]) > clip_value else g[i]",
    ),
    edit(
        "scaled instead of clipped",
        "a gradient is divided until its largest number is clip_value",
        EACH,
        "c[i] = g[i] * min(1.0, clip_value / max(abs(g).max(), 1e-300))",
    ),
    edit(
        "clipped by norm",
        "a gradient shrinks until its norm is clip_value",
        EACH,
        "c[i] = g[i] * min(1.0, clip_value / max((g**2).sum() ** 0.5, 1e-300))",
    ),
    edit(
        "last gradient not clipped",
        "the gradient of the last parameter stays as it was",
        RETURN,
        "return c1, c2, g3.copy()",
    ),
    edit(
        "first gradient only",
        "the gradients of the other parameters stay as they were",
        RETURN,
        "return c1, g2.copy(), g3.copy()",
    ),
    edit(
        "gradients changed in place",
        "the caller's gradients are clipped where they stand",
        EACH,
        f"{EACH}\n            g[i] = c[i]",
    ),
    edit(
        "computed in float16",
        "numbers are rounded to half precision",
        EACH,
        f"{EACH}\n            c[i] = c.astype('e')[i]",
    ),
)

VALUE_CORNERS: Corners = {
    **_clipping.CORNERS,
    "loose bound": lambda case: case.attributes["clip_value"] == 100,
    "tight bound": lambda case: case.attributes["clip_value"] == 0.01,
}

operator = Operator(
    name="clip_grad_value",
    source="torch.nn.utils.clip_grad_value_",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("g1", "g2", "g3"),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(*_clipping.LAWS, Law("idempotence", "what is clipped stays as it is", idempotent)),
    mistakes=MISTAKES,
    corners=VALUE_CORNERS,
)
