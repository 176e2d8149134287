"""perplexity: strategy over shapes and ignored ids, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.values import WILD, Values

NEVER = -(2**31)
"""An id that no array holds, for torch, which must be told one to ignore."""

GAP = 800.0
"""How far below the largest score one id is among large scores: exp(-800) is 0 in float64."""


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    classes = draw(domain.choice("classes", (2, 3, 4, 5, 1)))
    ignored = draw(domain.boolean("ignored"))
    # A class may be ignored too, if another is left: there is no mean over no id.
    ignorable = (-1, -100, 255, 0) if classes > 1 else (-1, -100, 255)
    ndim = draw(domain.choice("ndim", (1, 2, 0, 2)))
    return {
        "lead": tuple(draw(domain.choice("size", (2, 3, 4, 1))) for _ in range(ndim)),
        "classes": classes,
        "ignored": ignored,
        "ignore_index": draw(domain.choice("ignore_index", ignorable)) if ignored else None,
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Wild scores make the perplexity of any other id than the likeliest infinite.

    There all ids are the likeliest ones. Of large scores the last position has an id that is far
    below the likeliest one, and the first position has larger scores than the others.
    """
    shape, C = at["lead"], at["classes"]
    scores = values.array("scores", (*shape, C))
    rows, y = scores.reshape(-1, C), np.asarray(values.ids("y", shape, C))
    if values.regime in WILD:
        y = np.asarray(scores.argmax(axis=-1))
    if values.regime == "large" and len(rows) > 1:
        rows[0] += 2 * GAP
        if C > 1:
            y.flat[-1] = (y.flat[-1] + 1) % C
            rows[-1, y.flat[-1]] = rows[-1].max() - GAP
    if at["ignored"]:
        y[values.rng("ignored").random(shape) < 0.4] = at["ignore_index"]
        y.flat[0] = C - 1
        if values.regime in WILD:
            rows[0, -1] = rows[0].max()
    return {"scores": scores, "y": y}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import cross_entropy

    ignored = NEVER if at["ignore_index"] is None else at["ignore_index"]
    rows = tensors["scores"].reshape(-1, at["classes"])
    return {"out": cross_entropy(rows, tensors["y"].reshape(-1), ignore_index=ignored).exp()}


def shift_invariant(run: Any, case: Case, inputs: Arrays) -> Pairs:
    shift = Values("normal", case.seed, 1).array("shift", (*inputs["y"].shape, 1))
    yield "out", run(inputs | {"scores": inputs["scores"] + shift})["out"], run(inputs)["out"]


def uniform(run: Any, case: Case, inputs: Arrays) -> Pairs:
    alike = inputs | {"scores": np.ones_like(inputs["scores"])}
    yield "out", run(alike)["out"], np.asarray(float(case.attributes["classes"]))


def certain(run: Any, case: Case, inputs: Arrays) -> Pairs:
    C = case.attributes["classes"]
    sure = 2e4 * np.eye(C)[inputs["y"] % C] - 1e4
    yield "out", run(inputs | {"scores": sure})["out"], np.ones(())


def relabelling(run: Any, case: Case, inputs: Arrays) -> Pairs:
    C = case.attributes["classes"]
    turned = {"scores": inputs["scores"][..., ::-1].copy(), "y": np.asarray(C - 1 - inputs["y"])}
    yield "out", run(turned)["out"], run(inputs)["out"]


def order(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = {name: a[::-1].copy() for name, a in inputs.items()}
    yield "out", run(turned)["out"], run(inputs)["out"]


COUNTED = "counted = check_perplexity(scores, y, ignore_index)"
SKIPPED = "if counted[n]:"
SHIFTED = "shifted = scores[n] - np.max(scores[n])"
LOGP = "logp = shifted - np.log(np.sum(np.exp(shifted)))"
LOSS = "losses.append(-logp[y[n]])"
RESULT = "return np.asarray(np.exp(sum(losses) / len(losses)), scores.dtype)"


def result(value: str) -> str:
    return f"return np.asarray({value}, scores.dtype)"


MISTAKES = (
    edit(
        "overflow in exp",
        "the largest score is not subtracted before exp, so large scores give inf or nan",
        SHIFTED,
        "shifted = scores[n]",
    ),
    edit(
        "largest score of the whole batch subtracted",
        "rows far below the largest one underflow to log(0)",
        SHIFTED,
        "shifted = scores[n] - np.max(scores)",
    ),
    edit(
        "log(0)",
        "the probability underflows to 0 before its logarithm is taken",
        LOGP,
        "logp = np.log(np.exp(shifted) / np.sum(np.exp(shifted)))",
    ),
    edit(
        "logarithm guarded by a small constant",
        "1e-8 is added to the probability before its logarithm is taken",
        LOGP,
        "logp = np.log(np.exp(shifted) / np.sum(np.exp(shifted)) + 1e-8)",
    ),
    edit(
        "softmax applied twice",
        "the scores go through a softmax before the log-softmax takes its own",
        SHIFTED,
        f"{SHIFTED}\n            shifted = np.exp(shifted) / np.sum(np.exp(shifted))",
    ),
    edit(
        "scores taken for log-probabilities",
        "no softmax is taken",
        LOGP,
        "logp = scores[n]",
    ),
    edit(
        "2 to the power of nats",
        "the mean of natural logarithms is put into a power of 2",
        RESULT,
        result("2.0 ** (sum(losses) / len(losses))"),
    ),
    edit(
        "exp of bits",
        "logarithms are taken to base 2 and put into exp",
        LOSS,
        "losses.append(-logp[y[n]] / np.log(2))",
    ),
    edit(
        "mean over padding",
        "ignored positions count in the denominator of the mean",
        RESULT,
        result("np.exp(sum(losses) / y.size)"),
    ),
    edit(
        "padding scored",
        "ignored positions have a loss like any other",
        SKIPPED,
        "if counted[n] or y[n] < len(scores[n]):",
    ),
    edit(
        "exp of a sum",
        "losses are not divided by their number",
        RESULT,
        result("np.exp(sum(losses))"),
    ),
    edit(
        "mean of exps",
        "the perplexities of the positions are averaged",
        RESULT,
        result("np.mean(np.exp(losses))"),
    ),
    edit(
        "mean of the perplexities of the sequences",
        "each row of a batch has a perplexity of its own, and these are averaged",
        COUNTED,
        f"{COUNTED}\n    if y.ndim == 2 and counted.any(axis=1).all():\n"
        "        rows = [perplexity_forward(s, t, ignore_index=ignore_index)\n"
        "                for s, t in zip(scores, y)]\n"
        "        return np.asarray(np.mean(rows), scores.dtype)",
    ),
    edit(
        "mean of the means of the sequences",
        "short sequences count as much as long ones",
        COUNTED,
        f"{COUNTED}\n    if y.ndim == 2 and counted.any(axis=1).all():\n"
        "        rows = [perplexity_forward(s, t, ignore_index=ignore_index)\n"
        "                for s, t in zip(scores, y)]\n"
        "        return np.asarray(np.exp(np.mean(np.log(rows))), scores.dtype)",
    ),
    edit("cross-entropy", "exp is not taken", RESULT, result("sum(losses) / len(losses)")),
    edit(
        "sign dropped",
        "the mean probability of the right ids is given, below 1",
        RESULT,
        result("np.exp(-sum(losses) / len(losses))"),
    ),
    edit(
        "divided by the classes",
        "it is given as a share of V",
        RESULT,
        result("np.exp(sum(losses) / len(losses)) / scores.shape[-1]"),
    ),
    edit(
        "likeliest id",
        "the largest probability counts, whatever y is",
        LOSS,
        "losses.append(-np.max(logp))",
    ),
    edit(
        "first position left out",
        "targets are shifted once more",
        RESULT,
        f"losses = losses[1:] or losses\n    {RESULT}",
    ),
    edit(
        "capped",
        "losses above 100 count as 100, so that exp stays small",
        RESULT,
        result("np.exp(min(sum(losses) / len(losses), 100))"),
    ),
    edit(
        "scores changed in place",
        "the largest score is subtracted in the caller's array",
        SHIFTED,
        f"{SHIFTED}\n            scores[n] -= np.max(scores[n])",
    ),
    edit(
        "computed in float16",
        "scores are rounded to half precision",
        SHIFTED,
        "shifted = np.float16(scores[n]).astype(scores.dtype) - np.max(np.float16(scores[n]))",
    ),
    edit(
        "result always float64",
        "float32 scores give a float64 perplexity",
        RESULT,
        "return np.asarray(np.exp(sum(losses) / len(losses)), np.float64)",
    ),
)

CORNERS: Corners = {
    "ignored class": lambda case: case.attributes["ignore_index"] == 0,
    "one class": lambda case: case.attributes["classes"] == 1,
    "one position": lambda case: case.attributes["lead"] == (),
    "sequences": lambda case: len(case.attributes["lead"]) == 2,
    "large scores": lambda case: case.regime == "large",
    **each("ignored", (False, True)),
}

operator = Operator(
    name="perplexity",
    source="torch.nn.functional.cross_entropy",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=("integers", "normal", "large", "offset"),
    laws=(
        Law("shift invariance", "a constant added to all scores of a position", shift_invariant),
        Law("uniform scores", "scores that are all alike give V", uniform),
        Law("certainty", "scores that are sure of y give 1", certain),
        Law(
            "relabelling",
            "classes renamed in scores and y alike",
            relabelling,
            applies=lambda case: not case.attributes["ignored"],
        ),
        Law(
            "order",
            "positions in another order change nothing",
            order,
            applies=lambda case: len(case.attributes["lead"]) > 0,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
