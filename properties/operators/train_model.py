"""train_model: strategy over epochs, schedules and what is kept, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.models import EPOCH_RESULTS
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators import _loops
from properties.operators._corners import each
from properties.operators._loops import PARAMETERS, STATISTICS
from properties.values import Values

KEPT, TIES, GAMMAS, PATIENCES = (
    ("loss", "accuracy", "last"),
    ("first", "last"),
    (1.0, 0.5),
    (2, None, 1),
)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Rates are large, so that a later epoch is often worse than one before it.

    Batches of the validation have one size where something depends on its loss: a mean over batches
    then decides as a mean over samples does. There are as many samples as classes at least.
    """
    patience = draw(domain.choice("patience", (2, *PATIENCES)))
    keep = draw(domain.choice("keep", KEPT))
    shapes = _loops.attributes(draw, domain)
    size = draw(domain.choice("val_batch", (2, 3, 1)))
    fewest = -(-shapes["classes"] // size)
    sizes = (size,) * (fewest + draw(domain.choice("more_batches", (1, 0))))
    if keep == "last" and patience is None:
        sizes = (*sizes, draw(domain.integer("val_last", 1, size)))
    return {
        **shapes,
        "val_batch_sizes": sizes,
        "learning_rate": draw(domain.choice("learning_rate", (3.0, 3.0, 1.0))),
        "momentum": draw(domain.choice("momentum", (0.0, 0.0, 0.9))),
        # Only after many epochs does it show how they were counted.
        "epochs": draw(domain.choice("epochs", (8, 4) if patience == 2 else (4, 2, 1))),
        "gamma": draw(domain.choice("gamma", GAMMAS)),
        "keep": keep,
        "ties": draw(domain.choice("ties", TIES)),
        "patience": patience,
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """One sample has every class in the validation data, so that some accuracy is above 0."""
    C, others = at["classes"], sum(at["val_batch_sizes"]) - at["classes"]
    one, x = (values.array(n, (k, *at["features"])) for n, k in (("one", 1), ("x_val", others)))
    of_validation = {
        "x_val": np.concatenate([np.repeat(one, C, axis=0), x]),
        "y_val": np.concatenate([np.arange(C), values.ids("y_val", (others,), C)]),
    }
    return _loops.inputs(at, values) | of_validation


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    leaves = {n: tensors[n].detach().clone().requires_grad_() for n in PARAMETERS if n in tensors}
    moved = _loops.statistics(tensors)
    options = {"lr": at["learning_rate"], "momentum": at["momentum"]}
    optimizer = torch.optim.SGD(list(leaves.values()), **options)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=at["gamma"])
    rows: list[list[Any]] = []
    states: list[dict[str, Any]] = []
    best = 0
    for i in range(at["epochs"]):
        with torch.enable_grad():
            trained = _loops.epoch(tensors, at, leaves, moved, optimizer)
        schedule.step()
        states.append(_held(leaves, moved))
        of_validation = {"x": tensors["x_val"], "y": tensors["y_val"], **states[-1]}
        found = _loops.evaluated(of_validation, at["val_batch_sizes"], [m.clone() for m in moved])
        rows.append([*trained, *found])
        if i and _better(rows[i], rows[best], at):
            best = i
        if at["patience"] is not None and i - best >= at["patience"]:
            break
    columns = (torch.stack(c).to(tensors["x"].dtype) for c in zip(*rows, strict=True))
    kept = states[-1 if at["keep"] == "last" else best]
    return dict(zip(EPOCH_RESULTS, columns, strict=True)) | kept


def _held(leaves: Mapping[str, Any], moved: Any) -> dict[str, Any]:
    """Copies of the parameters and of the running statistics."""
    found = {name: leaf.detach().clone() for name, leaf in leaves.items()}
    return found | {n: m.clone() for n, m in zip(STATISTICS, moved, strict=False)}


def _better(row: list[Any], best: list[Any], at: Attributes) -> bool:
    """Whether an epoch is the one to keep rather than the best so far."""
    by = 3 if at["keep"] == "accuracy" else 2
    new, old = (float(r[by]) if by == 3 else -float(r[by]) for r in (row, best))
    return new > old or (new == old and at["ties"] == "last")


def stands_still(run: Any, case: Case, inputs: Arrays) -> Pairs:
    after = run(inputs, learning_rate=0.0)
    for name in PARAMETERS:
        if name in inputs:
            yield f"{name} after it", after[name], inputs[name]


def one_epoch_less(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """What comes later changes nothing of what was written down before."""
    fewer = max(case.attributes["epochs"] - 1, 1)
    short, whole = run(inputs, epochs=fewer), run(inputs)
    for name in EPOCH_RESULTS:
        if name in short and name in whole:
            length = min(len(short[name]), fewer)
            yield f"{name} with an epoch less", short[name], whole[name][:length]


TRAINED = "trained = train_epoch(model, batches, velocities, learning_rate=rate, momentum=momentum)"
FOUND = "found = evaluate(model, validation)"
APPEND = "history.append((*trained, *found))"
DECAY = "rate *= gamma"
SCORE = 'score = found[1] if keep == "accuracy" else -found[0]'
BETTER = 'if score > best or (score == best and ties == "last"):'
RESET = "best, waited = score, 0"
KEEP = "            kept = dict(model.parameters), dict(model.state)"
WAIT = "waited += 1"
STOP = "if patience is not None and waited >= patience:"
RESTORE = "model.parameters, model.state = kept"
EPOCHS = 'for _ in range(integer("epochs", epochs, 1)):'

MISTAKES = (
    edit(
        "schedule stepped after every batch",
        "the rate falls once a batch, not once an epoch",
        DECAY,
        "rate *= gamma ** len(batches)",
        TRAINED,
        "rows = []\n"
        "        for i, batch in enumerate(batches):\n"
        "            step = rate * gamma**i\n"
        "            row = train_epoch(\n"
        "                model, [batch], velocities, learning_rate=step, momentum=momentum\n"
        "            )\n"
        "            rows.append(np.array(row) * len(batch[1]))\n"
        "        trained = tuple(sum(rows) / sum(len(y) for _, y in batches))",
    ),
    edit("schedule never stepped", "the rate stays what it was", DECAY, "pass"),
    edit(
        "schedule stepped before the epoch",
        "the first epoch's rate has fallen already",
        DECAY,
        "pass",
        TRAINED,
        f"rate *= gamma\n        {TRAINED}",
    ),
    edit(
        "schedule stepped by the validation too",
        "the rate falls twice an epoch",
        DECAY,
        "rate *= gamma**2",
    ),
    edit(
        "velocity forgotten",
        "an optimizer is made for each epoch, so that momentum starts anew",
        TRAINED,
        f"velocities = {{}}\n        {TRAINED}",
    ),
    edit("best parameters not put back", "the last ones are returned", RESTORE, "pass"),
    edit(
        "best parameters not copied",
        "what is kept goes on being trained (`state_dict()` without a copy)",
        KEEP,
        "            kept = model.parameters, model.state",
    ),
    edit(
        "best parameters without the running statistics",
        "the buffers are those of the last epoch",
        RESTORE,
        "model.parameters = kept[0]",
    ),
    edit(
        "best of the training",
        "the epoch with the best training loss or accuracy is kept",
        SCORE,
        'score = trained[1] if keep == "accuracy" else -trained[0]',
    ),
    edit(
        "best and worst exchanged",
        "the epoch with the largest loss, or the smallest accuracy, is kept",
        SCORE,
        'score = -found[1] if keep == "accuracy" else found[0]',
    ),
    edit(
        "best never updated",
        "every epoch is compared with the first, and those better than it replace one another",
        RESET,
        "best, waited = best if np.isfinite(best) else score, 0",
    ),
    edit(
        "patience counted over all epochs",
        "the count is not reset by an epoch that is better",
        RESET,
        "best = score",
    ),
    edit(
        "patience one too long",
        "training stops one epoch late",
        STOP,
        STOP.replace(">=", ">"),
    ),
    edit(
        "patience one too short",
        "training stops one epoch early",
        STOP,
        STOP.replace(">= patience", ">= patience - 1"),
    ),
    edit("patience ignored", "all epochs are run", STOP, "if False:"),
    edit(
        "patience against the epoch before",
        "an epoch is compared with the one before it, not with the best",
        WAIT,
        "waited += 1\n            best = score",
    ),
    edit(
        "one epoch short",
        "epochs are counted from 1",
        EPOCHS,
        EPOCHS.replace("1)", "1) - 1 or 1"),
    ),
    edit(
        "validation on the training data",
        "the validation's loss and accuracy are those of the training data",
        FOUND,
        "found = evaluate(model, batches)",
    ),
    edit(
        "validation before the epoch",
        "the model is validated as it was before it was trained",
        f"        {FOUND}\n",
        "",
        TRAINED,
        f"{FOUND}\n        {TRAINED}",
    ),
    edit(
        "validation trained on",
        "the parameters are moved by the validation data too",
        FOUND,
        "found = train_epoch(model, validation, velocities, learning_rate=rate, momentum=momentum)",
    ),
    edit(
        "validation in training mode",
        "batch norm uses the batch's statistics in the validation, and moves its own",
        FOUND,
        "rows = [(model.train(x, y), y) for x, y in validation]\n"
        "        samples = sum(len(y) for _, y in rows)\n"
        "        loss = sum(float(row[0]) * len(y) for row, y in rows) / samples\n"
        "        hits = sum(int(np.sum(np.argmax(row[2], axis=1) == y)) for row, y in rows)\n"
        "        found = loss, hits / samples",
    ),
    edit(
        "first batch of the validation only",
        "the rest of the validation data is left out",
        FOUND,
        "found = evaluate(model, validation[:1])",
    ),
    edit(
        "last epoch's results for all",
        "the history has one entry, the last one, again and again",
        "    return history\n",
        "    return [history[-1]] * len(history)\n",
    ),
    edit(
        "loss and accuracy exchanged",
        "the columns of the validation are in the wrong order",
        APPEND,
        "history.append((*trained, *found[::-1]))",
    ),
    edit(
        "losses of all epochs summed",
        "the running loss is not set back at the start of an epoch",
        APPEND,
        "before = history[-1][0] if history else 0.0\n"
        "        history.append((trained[0] + before, trained[1], *found))",
    ),
)

CORNERS: Corners = {
    "stops early": lambda case: case.attributes["patience"] == 1 and case.attributes["epochs"] > 2,
    "normalised": _loops.CORNERS["normalised"],
    "last batch smaller": _loops.CORNERS["last batch smaller"],
    "last batch of the validation smaller": lambda case: (
        len(set(case.attributes["val_batch_sizes"])) == 2
    ),
    **each("keep", KEPT),
    **each("patience", PATIENCES),
    **each("gamma", GAMMAS),
    **each("ties", TIES),
}

operator = Operator(
    name="train_model",
    source="torch.optim.SGD",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=(*EPOCH_RESULTS, *PARAMETERS, *STATISTICS),
    regimes=("normal",),
    laws=(
        Law("no rate", "with a learning rate of 0 the parameters stay", stands_still),
        Law("an epoch less", "the epochs before are as they were", one_epoch_less),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
