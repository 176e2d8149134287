"""gradient_noise: strategy over steps and sizes of the noise, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators import _clipping
from properties.operators._clipping import NAMES, draw_shapes
from properties.operators._corners import each
from properties.values import Values

ETAS, GAMMAS, STEPS = (0.3, 1.0, 0.01, 4.0), (0.55, 1.0, 0.0, 2.0), (3, 1, 0, 8, 1000)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        **draw_shapes(draw, domain),
        "eta": draw(domain.choice("eta", ETAS)),
        "gamma": draw(domain.choice("gamma", GAMMAS)),
        "t": draw(domain.choice("t", STEPS)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Gradients, and a draw for each of their numbers: a normal one, or a whole number."""
    draws = {f"z{n[1:]}": values.tame(f"z{n[1:]}", at[f"{n}_shape"]) for n in NAMES}
    return _clipping.inputs(at, values) | draws


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    sigma = (at["eta"] * (1.0 + at["t"]) ** -at["gamma"]) ** 0.5
    return {n: tensors[n].add(tensors[f"z{n[1:]}"], alpha=sigma) for n in NAMES}


def _still(inputs: Arrays) -> Arrays:
    """The same draws on gradients of 0."""
    return {name: a * 0 if name in NAMES else a for name, a in inputs.items()}


def linear(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Draws of twice the size are twice the noise."""
    still = _still(inputs)
    once, twice = run(still), run({name: 2 * a for name, a in still.items()})
    for name in NAMES:
        yield name, twice[name], 2 * once[name]


def falls(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """The noise of step t is that of the first, divided by (1 + t)**(gamma / 2)."""
    still, at = _still(inputs), case.attributes
    first, now = run(still, t=0), run(still)
    for name in NAMES:
        yield name, (1 + at["t"]) ** (at["gamma"] / 2) * now[name], first[name]


def independent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """The noise is the same whatever the gradients are."""
    still = run(_still(inputs))
    for name, got in run(inputs).items():
        yield name, got, inputs[name] + still[name]


VARIANCE = "variance = eta / (1 + t) ** gamma"
SIGMA = "sigma = math.sqrt(variance)"
PAIRS = "for g, z in ((g1, z1), (g2, z2), (g3, z3)):"
NEW = "out = np.empty_like(g)"
ADD = "out[i] = g[i] + sigma * z[i]"

MISTAKES = (
    edit(
        "variance for the deviation",
        "the draws are multiplied by eta / (1 + t)**gamma without its root",
        SIGMA,
        "sigma = variance",
    ),
    edit(
        "eta not under the root",
        "the root is taken of the decay alone",
        SIGMA,
        "sigma = eta * math.sqrt(variance / eta) if eta else 0.0",
    ),
    edit(
        "decay not under the root",
        "the root is taken of eta alone",
        SIGMA,
        "sigma = math.sqrt(eta) / (1 + t) ** gamma",
    ),
    edit(
        "steps counted from 1",
        "the first step has the noise of the second",
        VARIANCE,
        VARIANCE.replace("1 + t", "2 + t"),
    ),
    edit(
        "1 missing in the decay",
        "the noise falls with t, not 1 + t, which at the first step is 0",
        VARIANCE,
        "variance = eta / max(t, 1) ** gamma",
    ),
    edit(
        "noise grows",
        "the exponent has the wrong sign",
        VARIANCE,
        VARIANCE.replace("** gamma", "** -gamma"),
    ),
    edit("noise does not fall", "t is ignored", VARIANCE, "variance = eta"),
    edit(
        "gamma ignored",
        "the exponent is 0.55, whatever gamma says",
        VARIANCE,
        VARIANCE.replace("gamma", "0.55"),
    ),
    edit(
        "decay times gamma",
        "1 + t is multiplied by gamma, not raised to it",
        VARIANCE,
        "variance = eta / (1 + t * gamma)",
    ),
    edit(
        "exponential decay",
        "the variance falls as exp(-gamma t)",
        VARIANCE,
        "variance = eta * math.exp(-gamma * t)",
    ),
    edit("eta ignored", "the variance begins at 1", VARIANCE, VARIANCE.replace("eta", "1.0")),
    edit(
        "one number for all",
        "each gradient gets its first draw everywhere",
        ADD,
        "out[i] = g[i] + sigma * z.flat[0]",
    ),
    edit(
        "one draw for all gradients",
        "the draws of the first parameter serve for the others too",
        ADD,
        "out[i] = g[i] + sigma * np.resize(z1, z.shape)[i]",
    ),
    edit(
        "draws of each row shared",
        "all rows of a gradient get the noise of the first",
        ADD,
        "out[i] = g[i] + sigma * z[(0, *i[1:]) if len(i) > 1 else i]",
    ),
    edit(
        "noise scaled by the gradient",
        "the draws are multiplied by the gradient as well",
        ADD,
        "out[i] = g[i] + sigma * z[i] * g[i]",
    ),
    edit(
        "noise scaled by the gradient's size",
        "the deviation is a share of the gradient's norm",
        ADD,
        "out[i] = g[i] + sigma * np.sqrt((g * g).sum()) * z[i]",
    ),
    edit("noise returned", "the gradient itself is lost", ADD, "out[i] = sigma * z[i]"),
    edit("no noise", "gradients come back as they are", ADD, "out[i] = g[i]"),
    edit("noise taken off", "the noise is subtracted", ADD, ADD.replace("+", "-")),
    edit(
        "noise of one sign",
        "the sizes of the draws are added",
        ADD,
        ADD.replace("z[i]", "abs(z[i])"),
    ),
    edit(
        "vectors left out",
        "gradients of biases get no noise",
        ADD,
        "out[i] = g[i] + sigma * z[i] * (g.ndim > 1)",
    ),
    edit(
        "last gradient left out",
        "the gradient of the last parameter stays as it was",
        ADD,
        "out[i] = g[i] + sigma * z[i] * (z is not z3)",
    ),
    edit(
        "gradients changed in place",
        "the caller's gradients get the noise",
        NEW,
        "out = g",
    ),
    edit(
        "computed in float16",
        "the noise is rounded to half precision",
        ADD,
        "out[i] = g[i] + np.float16(sigma * z[i])",
    ),
)

CORNERS: Corners = {
    **_clipping.CORNERS,
    **each("t", STEPS),
    **each("eta", ETAS),
    **each("gamma", GAMMAS),
}

operator = Operator(
    name="gradient_noise",
    source="torch.Tensor.add",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=NAMES,
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        Law("linearity", "draws of twice the size are twice the noise", linear),
        Law(
            "annealing", "the noise of step t is that of the first over (1 + t)**(gamma / 2)", falls
        ),
        Law("independence", "the noise does not depend on the gradients", independent),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
