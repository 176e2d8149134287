"""evaluate: strategy over batches, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Law, Operator, Pairs
from properties.operators import _loops
from properties.operators._corners import each
from properties.operators._loops import PARAMETERS, RESULTS, STATISTICS

DROPPED = (0.0, 0.5)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {**_loops.attributes(draw, domain), "p": draw(domain.choice("p", DROPPED))}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    loss, accuracy = _loops.evaluated(tensors, at["batch_sizes"], _loops.statistics(tensors))
    told = {"losses": loss[None], "accuracies": accuracy[None].to(loss.dtype)}
    after = {n: tensors[n] for n in (*PARAMETERS, *STATISTICS) if n in tensors}
    return told | after


def any_batches(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """The same samples in one batch."""
    whole = run(inputs, batch_sizes=(sum(case.attributes["batch_sizes"]),))
    apart = run(inputs)
    for name in RESULTS:
        yield f"{name} in one batch", whole[name], apart[name]


def any_order(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = {name: inputs[name][::-1].copy() for name in ("x", "y")}
    other, ours = run({**inputs, **turned}), run(inputs)
    for name in RESULTS:
        yield f"{name} of the samples in reverse", other[name], ours[name]


SCORES = "scores = model.scores(x)"
LOSS = "total_loss += float(losses)"
SUMMED = 'reduction="sum"'
CORRECT = "correct += int(np.sum(np.argmax(scores, axis=1) == y))"
RETURN = "return total_loss / samples, correct / samples"

MISTAKES = (
    edit(
        "left in training mode",
        "batch norm uses the batch's statistics, and moves its own",
        SCORES,
        "scores = model._forward(x, training=not model.p)[0]",
    ),
    edit(
        "running statistics moved",
        "the scores are right, and the running statistics move all the same",
        SCORES,
        f"{SCORES}\n        model.state.update({{n: 0.9 * a for n, a in model.state.items()}})",
    ),
    edit(
        "a step in the evaluation",
        "the parameters are trained on what is evaluated",
        SCORES,
        f"{SCORES}\n        model.parameters['b2'] = model.parameters['b2'] - 0.1",
    ),
    edit(
        "loss averaged over batches",
        "a small last batch counts as much as a full one",
        SUMMED,
        'reduction="mean"',
        RETURN,
        "return total_loss / len(list(batches)), correct / samples",
    ),
    edit(
        "accuracy averaged over batches",
        "the accuracy is the mean of the batches' accuracies",
        CORRECT,
        "correct += float(np.mean(np.argmax(scores, axis=1) == y))",
        RETURN,
        "return total_loss / samples, correct / len(list(batches))",
    ),
    edit(
        "accuracy divided by the number of batches",
        "the number classified rightly is divided by the number of batches",
        RETURN,
        "return total_loss / samples, correct / len(list(batches))",
    ),
    edit(
        "accuracy of the last batch",
        "only the last batch's samples count as right",
        CORRECT,
        CORRECT.replace("+=", "="),
    ),
    edit(
        "loss summed over the batches",
        "the losses of the batches are added up, and not divided",
        SUMMED,
        'reduction="mean"',
        RETURN,
        "return total_loss, correct / samples",
    ),
    edit(
        "loss divided by the number of samples twice",
        "mean losses are divided by the number of samples again",
        SUMMED,
        'reduction="mean"',
    ),
    edit(
        "last batch left out",
        "the batches are counted one short",
        "for x, y in batches:",
        "batches = list(batches)\n    for x, y in batches[: max(len(batches) - 1, 1)]:",
    ),
    edit(
        "first batch only",
        "the evaluation returns after one batch",
        "samples += len(y)",
        "samples += len(y)\n        break",
    ),
    edit(
        "probability for the loss",
        "the loss is that of scores which have passed softmax already",
        SCORES,
        f"{SCORES}\n        scores = model.call('softmax_forward', scores)[0]",
    ),
)

operator = Operator(
    name="evaluate",
    source="torch.nn.functional.cross_entropy",
    attributes=attributes,
    inputs=_loops.inputs,
    oracle=oracle,
    outputs=(*RESULTS, *PARAMETERS, *STATISTICS),
    regimes=("normal", "large"),
    laws=(
        Law("batches", "the samples in one batch have the same loss and accuracy", any_batches),
        Law("order", "so have the samples in another order", any_order),
    ),
    mistakes=MISTAKES,
    corners={**_loops.CORNERS, **each("p", DROPPED)},
)
