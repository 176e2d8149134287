"""clip_grad_norm: strategy over norms and their bounds, oracle, laws and mistakes."""

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
    return {
        **draw_shapes(draw, domain),
        "max_norm": draw(domain.choice("max_norm", (2.0, 0.5, 100.0, 0.01, 10.0))),
        "norm_type": draw(domain.choice("norm_type", (2.0, 1.0, "inf", 3.0))),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.utils import clip_grad_norm_

    gradients, norm = clipped(
        tensors, lambda ps: clip_grad_norm_(ps, at["max_norm"], norm_type=at["norm_type"])
    )
    return {**gradients, "norm": norm}


def one_factor(run: Any, case: Case, inputs: Arrays) -> Pairs:
    outputs = run(inputs)
    largest = abs(inputs["g1"]).argmax()
    before, after = (arrays["g1"].reshape(-1)[largest] for arrays in (inputs, outputs))
    for name in ("g2", "g3"):
        yield name, before * outputs[name], after * inputs[name]


SIZE = "size = abs(g[i])"
LARGEST = "total = max(total, size)"
SUM = "total = total + size**norm_type"
NORM = "norm = total if norm_type == math.inf else total ** (1 / norm_type)"
FACTOR = "factor = min(max_norm / (norm + 1e-6), 1.0)"
CLIP = "c1, c2, c3 = (np.asarray(factor * g, g.dtype) for g in gradients)"
RETURN = "return c1, c2, c3, np.asarray(norm)"

MISTAKES = (
    edit(
        "small gradients scaled up",
        "gradients below the bound are stretched until their norm is max_norm",
        FACTOR,
        "factor = max_norm / (norm + 1e-6)",
    ),
    edit(
        "1e-6 missing",
        "the norm is divided by as it is",
        FACTOR,
        FACTOR.replace(" + 1e-6", " + 1e-300"),
    ),
    edit("max_norm ignored", "the bound is 1", FACTOR, FACTOR.replace("max_norm", "1.0")),
    edit("nothing clipped", "gradients come back as they are", FACTOR, "factor = 1.0"),
    edit(
        "factor inverted",
        "gradients are multiplied by the norm over max_norm",
        FACTOR,
        "factor = max(norm / max_norm, 1.0)",
    ),
    edit(
        "factor squared",
        "max_norm and the norm are squared in the factor",
        FACTOR,
        f"{FACTOR}\n    factor = factor**2",
    ),
    edit(
        "each gradient by its own norm",
        "every parameter's gradient is clipped on its own",
        CLIP,
        "def own(g):\n"
        "        if norm_type == math.inf:\n"
        "            return abs(g).max()\n"
        "        return (abs(g) ** norm_type).sum() ** (1 / norm_type)\n\n"
        "    c1, c2, c3 = (\n"
        "        np.asarray(min(max_norm / (own(g) + 1e-6), 1.0) * g, g.dtype) for g in gradients\n"
        "    )",
    ),
    edit(
        "norm of the last gradient",
        "the sum starts again with each parameter",
        "for g in gradients:\n        for",
        "for g in gradients:\n        total = g.dtype.type(0)\n        for",
    ),
    edit(
        "norms added up",
        "the norms of the parameters are added, as if their numbers were of one sign",
        NORM,
        "norm = total\n"
        "    if norm_type != math.inf:\n"
        "        norm = sum((abs(g) ** norm_type).sum() ** (1 / norm_type) for g in gradients)",
    ),
    edit("root missing", "the sum of powers is taken for the norm", NORM, "norm = total"),
    edit(
        "norm averaged",
        "the powers are averaged over the numbers, not added up",
        NORM,
        "count = g1.size + g2.size + g3.size\n"
        "    norm = total if norm_type == math.inf else (total / count) ** (1 / norm_type)",
    ),
    edit(
        "norm_type ignored",
        "the norm is the Euclidean one, whatever norm_type says",
        "gradients = (g1, g2, g3)",
        "gradients = (g1, g2, g3)\n    norm_type = 2.0",
    ),
    edit(
        "sizes with their signs",
        "negative numbers count as negative",
        SIZE,
        "size = g[i]",
        NORM,
        NORM.replace("total **", "abs(total) **"),
    ),
    edit(
        "infinity as the smallest size",
        "for infinity the sizes' minimum is taken",
        LARGEST,
        "total = min(total, size) if total else size",
    ),
    edit(
        "clipped by value",
        "each number is moved into [-max_norm, max_norm]",
        CLIP,
        "c1, c2, c3 = (np.asarray(np.clip(g, -max_norm, max_norm)) for g in gradients)",
    ),
    edit(
        "norm after clipping returned",
        "the norm is that of the clipped gradients",
        RETURN,
        "return c1, c2, c3, np.asarray(factor * norm)",
    ),
    edit(
        "factor returned",
        "the factor comes back in the place of the norm",
        RETURN,
        "return c1, c2, c3, np.asarray(factor, g1.dtype)",
    ),
    edit(
        "last gradient not clipped",
        "the gradient of the last parameter stays as it was",
        RETURN,
        "return c1, c2, g3.copy(), np.asarray(norm)",
    ),
    edit(
        "gradients changed in place",
        "the caller's gradients are multiplied where they stand",
        RETURN,
        f"for g in gradients:\n        g *= factor\n    {RETURN}",
    ),
    edit(
        "computed in float16",
        "the powers are added up in half precision",
        SUM,
        f"{SUM}\n                total = np.float16(total)",
    ),
)

NORM_CORNERS: Corners = {
    **_clipping.CORNERS,
    "largest size": lambda case: case.attributes["norm_type"] == "inf",
    "sum of sizes": lambda case: case.attributes["norm_type"] == 1,
    "loose bound": lambda case: case.attributes["max_norm"] == 100,
}

operator = Operator(
    name="clip_grad_norm",
    source="torch.nn.utils.clip_grad_norm_",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("g1", "g2", "g3", "norm"),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(*_clipping.LAWS, Law("one factor", "all gradients shrink by one factor", one_factor)),
    mistakes=MISTAKES,
    corners=NORM_CORNERS,
)
