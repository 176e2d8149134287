"""temporal_cross_entropy: strategy over masks and reductions, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators._corners import each
from properties.values import Values

REDUCTIONS = ("mean", "batch", "sum", "none")
COUNTED = ("every", "first", "scattered", "last")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    batch, time = (draw(domain.choice(name, (1, 2, 3, 4, 3))) for name in ("batch", "time"))
    # Most often what goes wrong most: a mean, over sequences of which different steps count.
    reduction = draw(domain.choice("reduction", (*REDUCTIONS, "mean", "mean")))
    counted = draw(domain.choice("counted", (*COUNTED, "first", "scattered")))
    # The mean over no step is not a number, so one sequence has a step then.
    fewest = [1 if n == batch - 1 and reduction == "mean" else 0 for n in range(batch)]
    first = tuple(draw(domain.integer("length", low, time)) for low in fewest)
    return {
        "batch": batch,
        "time": time,
        "vocabulary": draw(domain.choice("vocabulary", (2, 3, 5, 3, 5, 1))),
        "reduction": reduction,
        "counted": counted,
        "lengths": first if counted == "first" else (),
        "pad_id": draw(domain.choice("pad_id", (0, -100))) if counted != "every" else None,
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    N, T, V = at["batch"], at["time"], at["vocabulary"]
    x, y = values.array("x", (N, T, V)), values.ids("y", (N, T), V)
    if at["counted"] == "every":
        return {"x": x, "y": y}
    mask = _mask(at, values)
    return {"x": x, "y": np.where(mask, y, at["pad_id"]), "mask": mask}


def _mask(at: Attributes, values: Values) -> np.ndarray:
    """Bool (N, T): the first steps of each sequence, its last one, or any, count."""
    steps = np.tile(np.arange(at["time"]), (at["batch"], 1))
    if at["counted"] == "first":
        return steps < np.array(at["lengths"])[:, None]
    if at["counted"] == "last":
        return steps == at["time"] - 1
    mask = values.rng("mask").random(steps.shape) < 0.6
    mask[-1, 0] |= at["reduction"] == "mean" and not mask.any()
    return mask


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import cross_entropy

    x, y, reduction = tensors["x"], tensors["y"], at["reduction"]
    if "mask" in tensors:
        y = y.masked_fill(~tensors["mask"], -100)
    if reduction == "batch":
        return {"loss": cross_entropy(x.transpose(1, 2), y, reduction="sum") / len(x)}
    return {"loss": cross_entropy(x.transpose(1, 2), y, reduction=reduction)}


def masked(case: Case) -> bool:
    return case.attributes["counted"] != "every"


def masked_steps_are_free(run: Any, case: Case, inputs: Arrays) -> Pairs:
    other = Values("normal", case.seed, 1).array("x", inputs["x"].shape)
    x = np.where(inputs["mask"][..., None], inputs["x"], other)
    yield "loss", np.asarray(run(inputs | {"x": x})["loss"]), run(inputs)["loss"]


def time_reversed(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = {name: array[:, ::-1].copy() for name, array in inputs.items()}
    yield "loss", run(turned)["loss"], run(inputs)["loss"]


def shift_invariant(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x = inputs["x"]
    shift = Values("normal", case.seed, 1).array("shift", (*x.shape[:2], 1))
    yield "loss", np.asarray(run(inputs | {"x": x + shift})["loss"]), run(inputs)["loss"]


def gradient_sums_to_zero(run: Any, case: Case, inputs: Arrays) -> Pairs:
    dloss = Values("normal", case.seed, 1).array("dloss", run(inputs)["loss"].shape)
    total = run.gradients(inputs, {"loss": np.asarray(dloss)})["x"].sum(axis=2)
    yield "dx summed over the vocabulary", total, np.zeros_like(total)


CHECK = "counted = check_temporal_cross_entropy(x, y, mask, reduction)"
SHIFTED = "shifted = x[n, t] - np.max(x[n, t].real)"
LOGP = "logp = shifted - np.log(np.sum(np.exp(shifted)))"
COUNTS = "            if counted[n, t]:\n                losses"
LOSS = "losses[n, t] = -logp[y[n, t]]"
SUM = "loss = np.sum(losses)"
DIVIDE = "loss = loss / terms if terms else np.nan"
COUNT = "return int(np.sum(counted))"
BATCH = "return len(counted)"
DFULL = "dlosses = np.full((N, T), dloss, p.dtype)"
DDIVIDE = "dlosses = dlosses / max(_terms(counted, reduction), 1)"
DCOUNTS = "            if counted[n, t]:\n                dx"
DX = "dx[n, t] = p[n, t] * dlosses[n, t]"
DLABEL = "dx[n, t, y[n, t]] -= dlosses[n, t]"

MISTAKES = (
    edit(
        "mean instead of sum over time",
        "the sum is divided by the number of steps that count, not by N",
        BATCH,
        "return int(np.sum(counted))",
    ),
    edit(
        "divided by N times T",
        "the sum is divided by the number of all steps, not by N",
        BATCH,
        "return counted.size",
    ),
    edit(
        "sum over the batch",
        "the sum over time and batch is not divided by N",
        BATCH,
        "return 1",
    ),
    edit(
        "divided by N in the mean",
        "the loss is divided by the number of sequences, not by the number of steps",
        COUNT,
        "return len(counted)",
    ),
    edit(
        "masked steps counted in the denominator",
        "the mean is divided by N times T, whatever the mask",
        COUNT,
        "return counted.size",
    ),
    edit(
        "masked steps counted in the loss",
        "the losses of all steps are added up, whatever the mask",
        COUNTS,
        "            if True:\n                losses",
    ),
    edit(
        "masked steps cost the logarithm of V",
        "the scores are multiplied by the mask, so that a masked step has a uniform softmax",
        SHIFTED,
        "scores = x[n, t] * counted[n, t]\n            shifted = scores - np.max(scores.real)",
        COUNTS,
        "            if True:\n                losses",
        LOSS,
        "losses[n, t] = -logp[y[n, t] if counted[n, t] else 0]",
    ),
    edit(
        "mask dropped in backward",
        "dx is not zero at masked steps",
        DCOUNTS,
        "            if True:\n                dx",
    ),
    edit(
        "mask inverted",
        "the steps that should not count are those that do",
        CHECK,
        "counted = check_temporal_cross_entropy(x, y, mask, reduction)\n"
        "    if mask is not None:\n"
        "        counted = ~mask",
    ),
    edit(
        "mask of the first sequence for all",
        "every sequence is masked as the first one is",
        CHECK,
        CHECK + "\n    counted = np.repeat(counted[:1], len(counted), axis=0)",
    ),
    edit(
        "mask one step late",
        "the mask of the step before is used, so the first step always counts",
        CHECK,
        CHECK + "\n    counted[:, 1:] = counted[:, :-1].copy()\n    counted[:, 0] = True",
    ),
    edit(
        "mean of the means of the sequences",
        "each sequence is averaged over its own steps, then the batch over those that have any",
        SUM,
        "lengths = np.maximum(np.sum(counted, axis=1), 1)\n"
        "        loss = np.sum(losses)\n"
        '        if reduction == "mean":\n'
        "            losses = losses / lengths[:, None]\n"
        "            loss = np.sum(losses) / np.sum(np.any(counted, axis=1)) * np.sum(counted)",
    ),
    edit(
        "last step dropped",
        "the loss ends one step before the end",
        COUNTS,
        "            if counted[n, t] and t < T - 1:\n                losses",
    ),
    edit(
        "last step only",
        "only the last step is scored, as in classifying a sequence",
        COUNTS,
        "            if counted[n, t] and t == T - 1:\n                losses",
    ),
    edit(
        "x flattened in the wrong order",
        "x is flattened time first and y batch first",
        CHECK,
        CHECK + "\n    x = x.transpose(1, 0, 2).reshape(x.shape)",
    ),
    edit(
        "softmax over time",
        "probabilities add up to one over the steps, not over the vocabulary",
        LOGP,
        "over = x[n, :, :] - np.max(x[n].real)\n"
        "            logp = over[t] - np.log(np.sum(np.exp(over), axis=0))",
    ),
    edit(
        "overflow in exp",
        "the largest score is not subtracted before exp, so large scores give inf or nan",
        SHIFTED,
        "shifted = x[n, t]",
    ),
    edit(
        "largest score of the whole batch subtracted",
        "steps far below the largest score underflow to log(0)",
        SHIFTED,
        "shifted = x[n, t] - np.max(x.real)",
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
    edit("sign dropped", "the loss is the log-probability itself", LOSS, LOSS.replace("-", "")),
    edit(
        "gradient not divided",
        "the loss is a mean, its gradient that of a sum",
        DDIVIDE,
        "dlosses = dlosses / 1",
    ),
    edit(
        "gradient divided by N times T",
        "the gradient is that of a mean over all steps",
        DDIVIDE,
        "dlosses = dlosses / counted.size",
    ),
    edit(
        "label not subtracted",
        "dx is the softmax alone, without the minus one at the id",
        DLABEL,
        "pass",
    ),
    edit(
        "gradient negated",
        "dx has the wrong sign",
        DFULL,
        "dlosses = np.full((N, T), -dloss, p.dtype)",
    ),
    edit(
        "dloss ignored",
        "the gradient takes the upstream gradient to be one",
        DFULL,
        "dlosses = np.ones((N, T), p.dtype)",
    ),
    edit(
        "cache consumed by backward",
        "one is subtracted in the cached probabilities, so a second backward is wrong",
        DLABEL,
        f"{DLABEL}\n                p[n, t, y[n, t]] -= 1",
    ),
    edit(
        "scores changed in place",
        "the largest score is subtracted in the caller's x",
        SHIFTED,
        f"{SHIFTED}\n            x[n, t] -= np.max(x[n, t].real)",
    ),
    edit(
        "ids changed in place",
        "the caller's ids of masked steps are set to -1",
        CHECK,
        CHECK + "\n    y[~counted] = -1",
    ),
    edit(
        "accumulated in float16",
        "losses are added up in half precision",
        SUM,
        "loss = np.sum(losses, dtype=None if x.dtype.kind == 'c' else np.float16)",
    ),
)


def empty_sequence(case: Case) -> bool:
    return case.attributes["batch"] > 1 and 0 in case.attributes["lengths"]


CORNERS: Corners = {
    **each("reduction", REDUCTIONS),
    **each("counted", COUNTED),
    "a whole sequence masked": empty_sequence,
    "nothing counts": lambda case: set(case.attributes["lengths"]) == {0},
    "ids out of range where masked": lambda case: case.attributes["pad_id"] == -100,
    "one sequence": lambda case: case.attributes["batch"] == 1,
    "one step": lambda case: case.attributes["time"] == 1,
    "one word": lambda case: case.attributes["vocabulary"] == 1,
    "large scores": lambda case: case.regime == "large",
}

operator = Operator(
    name="temporal_cross_entropy",
    source="torch.nn.functional.cross_entropy",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("loss",),
    differentiable=("x",),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        Law(
            "masked steps are free",
            "other scores at masked steps change nothing",
            masked_steps_are_free,
            applies=masked,
        ),
        Law(
            "time order",
            "steps in reverse order add up to the same loss",
            time_reversed,
            applies=lambda case: case.attributes["reduction"] != "none",
        ),
        Law("shift invariance", "a constant added to all scores of a step", shift_invariant),
        Law(
            "conservation",
            "dx of a step sums to zero",
            gradient_sums_to_zero,
            needs_backward=True,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "captions",
            {
                "batch": 64,
                "time": 16,
                "vocabulary": 1004,
                "reduction": "batch",
                "counted": "scattered",
                "lengths": (),
                "pad_id": 0,
            },
        ),
    ),
)
