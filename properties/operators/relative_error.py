"""relative_error: strategy over near and far arrays, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._activations import draw_shape
from properties.operators._corners import each
from properties.values import Values

OVER = ("elements", "largest", "norms")
DISTANCES = ("near", "mixed", "tiny", "equal")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        "over": draw(domain.choice("over", OVER)),
        "shape": draw_shape(draw, domain.restricted(empty=(False,)), (2, 3, 1, 2, 4, 0)),
        "distance": draw(domain.choice("distance", ("near", "mixed", *DISTANCES))),
        "floor": draw(domain.choice("floor", (1e-8, 0.5))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Two arrays: near each other, near or far by element, below the floor, or equal."""
    x, y = (values.array(name, at["shape"]) for name in ("x", "y"))
    if at["distance"] == "near":
        return {"x": x / 4, "y": x / 4 + y / 64}
    if at["distance"] == "tiny":
        return {"x": x * 2.0**-36, "y": y * 2.0**-36}
    if at["distance"] == "equal":
        return {"x": x, "y": x.copy()}
    kind = values.rng("kind").integers(0, 4, at["shape"])
    return {"x": x, "y": np.select([kind == 0, kind == 1], [x + y / 64, 0 * x], y)}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    x, y, floor = tensors["x"], tensors["y"], at["floor"]
    if at["over"] == "norms":
        error, size = (x - y).norm(), x.norm() + y.norm()
    elif at["over"] == "largest":
        error, size = (x - y).abs().amax(), (x.abs() + y.abs()).amax()
    else:
        error, size = (x - y).abs(), x.abs() + y.abs()
    return {"error": (error / size.clamp(min=floor)).amax()}


def symmetric(run: Any, case: Case, inputs: Arrays) -> Pairs:
    exchanged = {"x": inputs["y"], "y": inputs["x"]}
    yield "error of y and x", run(exchanged)["error"], run(inputs)["error"]


def even(run: Any, case: Case, inputs: Arrays) -> Pairs:
    negative = {name: -a for name, a in inputs.items()}
    yield "error of -x and -y", run(negative)["error"], run(inputs)["error"]


def at_most_one(run: Any, case: Case, inputs: Arrays) -> Pairs:
    error = run(inputs)["error"]
    yield "error above 1", np.maximum(error - 1, 0), np.asarray(0.0)


def large_pair(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Two equal numbers that are larger than all others make the error over the largest small."""
    x, y = (a.copy() for a in inputs.values())
    large = 8 + 8 * max(np.abs(x).max(), np.abs(y).max())
    x[(0,) * x.ndim] = y[(0,) * y.ndim] = large
    error = run({"x": x, "y": y})["error"]
    yield "error with a large pair", error, np.asarray(np.abs(x - y).max() / (2 * large))


def equal_end(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Two equal numbers at the end leave the largest error of the others what it is."""
    x, y = (a.ravel() for a in inputs.values())
    ended = {"x": np.append(x, x[:1]), "y": np.append(y, x[:1])}
    yield "error with an equal pair", run(ended)["error"], run({"x": x, "y": y})["error"]


ERROR = "error, total = abs(a - b), abs(a) + abs(b)"
LARGEST = "largest = max(largest, error / max(floor, total))"
MAXIMA = "distance, size = max(distance, error), max(size, total)"
OF_MAXIMA = "largest = distance / max(floor, size)"
NORMS = "largest = apart / max(floor, of_x + of_y)"
RETURN = "return np.asarray(largest, x.dtype)"

MISTAKES = (
    edit(
        "denominator left out",
        "the error is not divided by the size of the numbers",
        LARGEST,
        "largest = max(largest, error)",
    ),
    edit(
        "denominator of x alone",
        "the error is relative to the first array",
        LARGEST,
        "largest = max(largest, error / max(floor, abs(a)))",
        OF_MAXIMA,
        "largest = distance / max(floor, np.abs(x).max())",
        NORMS,
        "largest = apart / max(floor, of_x)",
    ),
    edit(
        "denominator of the larger alone",
        "the error is relative to max(|x|, |y|), not to their sum",
        LARGEST,
        "largest = max(largest, error / max(floor, abs(a), abs(b)))",
    ),
    edit(
        "signs of sizes kept",
        "x and y are added up without abs, and cancel where their signs differ",
        LARGEST,
        "largest = max(largest, error / max(floor, abs(a + b)))",
    ),
    edit(
        "difference with its sign",
        "a difference counts only where x is the larger",
        ERROR,
        "error, total = a - b, abs(a) + abs(b)",
    ),
    edit(
        "floor forgotten",
        "two zeros are divided by each other",
        "floor = check_relative_error(x, y, floor, over)",
        "floor = 0 * check_relative_error(x, y, floor, over)\n    np.seterr(all='ignore')",
    ),
    edit(
        "floor added",
        "the floor is added to the size of the numbers",
        LARGEST,
        "largest = max(largest, error / (floor + total))",
    ),
    edit(
        "floor as a ceiling",
        "`min` limits the size from above",
        LARGEST,
        "largest = max(largest, error / (min(floor, total) or floor))",
    ),
    edit(
        "floor of its own",
        "the size is at least 1",
        LARGEST,
        "largest = max(largest, error / max(1.0, total))",
    ),
    edit(
        "mean instead of the largest",
        "the errors of the elements are averaged, so that one wrong number hides",
        LARGEST,
        "largest = largest + error / max(floor, total) / x.size",
    ),
    edit(
        "last element's error",
        "each element's error replaces the one before",
        LARGEST,
        "largest = error / max(floor, total)",
    ),
    edit(
        "largest difference over the largest size",
        "numerator and denominator have their maxima at different elements",
        'if over == "largest":',
        'if over != "norms":',
    ),
    edit(
        "each element by its own size",
        "the quotient's maximum is taken where that of the parts is asked for",
        OF_MAXIMA,
        "pass",
    ),
    edit(
        "norm of the sum",
        "the distance is divided by |x + y|, not by |x| + |y|",
        NORMS,
        "largest = apart / max(floor, float(np.sqrt(np.sum((x + y) ** 2))))",
    ),
    edit(
        "squared norms",
        "the roots are forgotten",
        "apart, of_x, of_y = (math.sqrt(s) for s in squares)",
        "apart, of_x, of_y = squares",
    ),
    edit(
        "doubled",
        "the mean of |x| and |y| is the size, not their sum",
        RETURN,
        "largest *= 2\n    " + RETURN,
    ),
)

CORNERS: Corners = {
    **each("distance", DISTANCES),
    **each("over", OVER),
    "one number": lambda case: case.attributes["shape"] == (),
    "below the floor": lambda case: (
        case.attributes["distance"] == "tiny" and case.attributes["floor"] == 1e-8
    ),
}

operator = Operator(
    name="relative_error",
    source="torch.amax",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("error",),
    regimes=("normal", "large", "rows", "sparse", "integers"),
    laws=(
        Law("symmetry", "x and y may be exchanged", symmetric),
        Law("sign", "both signs turned round change nothing", even),
        Law(
            "equal end",
            "an equal pair at the end leaves the largest error of all elements",
            equal_end,
            applies=lambda case: case.attributes["over"] == "elements",
        ),
        Law(
            "large pair",
            "the largest difference is divided by the largest size",
            large_pair,
            applies=lambda case: case.attributes["over"] == "largest",
        ),
        Law("bound", "the error is 1 at most", at_most_one),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
