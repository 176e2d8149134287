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
LONG = {"epochs": 8, "learning_rate": 10.0, "momentum": 0.0, "gamma": 1.0, "plateau": None}
"""A training in which a patience is lost and found again: its steps are large and stay so."""
PLATEAUS, WATCHED = (None, 0, 1), ("loss", "accuracy")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Rates are large, so that a later epoch is often worse than one before it.

    Batches of the validation have one size where something depends on its loss: a mean over batches
    then decides as a mean over samples does. There are as many samples as classes at least.
    """
    plateau = draw(domain.choice("plateau", (None, *PLATEAUS)))
    # A training that stops early says little of its schedule.
    patience = draw(domain.choice("patience", (2, *PATIENCES) if plateau is None else (None, 2)))
    waits = patience == 2  # steps that do not get smaller lead to better and worse in turns
    gammas = ((1.0, 1.0, 0.5) if waits else (0.5, *GAMMAS)) if plateau is None else (0.5, 0.1)
    many = waits or plateau is not None
    keep = draw(domain.choice("keep", KEPT))
    shapes = _loops.attributes(draw, domain)
    size = draw(domain.choice("val_batch", (2, 3, 1)))
    fewest = -(-shapes["classes"] // size)
    more = (3, 1) if many else (1, 0)
    sizes = (size,) * (fewest + draw(domain.choice("more_batches", more)))
    if keep == "last" and patience is None and plateau is None:
        sizes = (*sizes, draw(domain.integer("val_last", 1, size)))
    return {
        **shapes,
        "val_batch_sizes": sizes,
        "learning_rate": draw(domain.choice("learning_rate", (3.0, 3.0, 1.0))),
        "momentum": draw(domain.choice("momentum", (0.0, 0.0, 0.0 if waits else 0.9))),
        # Only after many epochs does it show how they were counted.
        "epochs": draw(domain.choice("epochs", (8, 8, 4) if many else (4, 2, 4, 1))),
        "gamma": draw(domain.choice("gamma", gammas)),
        "keep": keep,
        "ties": draw(domain.choice("ties", TIES)),
        "patience": patience,
        "plateau": plateau,
        "watch": draw(domain.choice("watch", WATCHED)),
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
    schedule = _schedule(optimizer, at)
    rows: list[list[Any]] = []
    states: list[dict[str, Any]] = []
    best = 0
    for i in range(at["epochs"]):
        with torch.enable_grad():
            trained = _loops.epoch(tensors, at, leaves, moved, optimizer)
        states.append(_held(leaves, moved))
        of_validation = {"x": tensors["x_val"], "y": tensors["y_val"], **states[-1]}
        found = _loops.evaluated(of_validation, at["val_batch_sizes"], [m.clone() for m in moved])
        rows.append([*trained, *found])
        told = () if at["plateau"] is None else (found[at["watch"] == "accuracy"],)
        schedule.step(*told)
        if i and _better(rows[i], rows[best], at):
            best = i
        if at["patience"] is not None and i - best >= at["patience"]:
            break
    columns = (torch.stack(c).to(tensors["x"].dtype) for c in zip(*rows, strict=True))
    kept = states[-1 if at["keep"] == "last" else best]
    return dict(zip(EPOCH_RESULTS, columns, strict=True)) | kept


def margin(at: Attributes, outputs: Arrays) -> float:
    """The least distance of a validation loss from the best before it, or from what a plateau takes
    for better, in parts of it; losses that are the same to the last bit are the same anywhere."""
    losses = outputs.get("val_losses", ())  # not everybody tells them
    kept = at["keep"] != "accuracy"
    watched = at["plateau"] is not None and at["watch"] == "loss"
    least, best = np.inf, np.inf
    for loss in losses:
        edges = [best] * kept + [best * (1 - PLATEAU_THRESHOLD)] * watched
        found = [
            abs(loss / edge - 1) for edge in edges if np.isfinite(edge) and edge not in (0, loss)
        ]
        least, best = min([least, *found]), min(best, loss)
    return float(least)


PLATEAU_THRESHOLD = 1e-4  # of ReduceLROnPlateau, by default


def _schedule(optimizer: Any, at: Attributes) -> Any:
    from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR

    if at["plateau"] is None:
        return StepLR(optimizer, step_size=1, gamma=at["gamma"])
    mode = "max" if at["watch"] == "accuracy" else "min"
    return ReduceLROnPlateau(optimizer, mode, factor=at["gamma"], patience=at["plateau"])


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


def waits(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """A training that may stop has the epochs of one that may not, up to where it has waited."""
    by_accuracy = case.attributes["keep"] == "accuracy"
    name = "val_accuracies" if by_accuracy else "val_losses"
    whole = run(inputs, **LONG, patience=None).get(name, np.zeros(0))
    scores = whole if by_accuracy else -whole
    for patience in (2, 3):
        stopped = run(inputs, **LONG, patience=patience)
        epochs = _waited(scores, patience, case.attributes["ties"] == "last")
        if len(scores):
            yield f"{name} with patience {patience}", stopped[name], whole[:epochs]


def _waited(scores: np.ndarray, patience: int, equal: bool) -> int:
    """The number of epochs until as many in a row as the patience were no better."""
    best = 0
    for i in range(1, len(scores)):
        if scores[i] > scores[best] or (equal and scores[i] == scores[best]):
            best = i
        if i - best >= patience:
            return i + 1
    return len(scores)


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
TOLD = 'told = np.array([row[3] if watch == "accuracy" else row[2] for row in history])'
MODE = '"max" if watch == "accuracy" else "min"'
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
        "schedule told the training loss",
        "the rate falls where the training is on a plateau, not the validation",
        TOLD,
        TOLD.replace("row[3]", "row[1]").replace("row[2]", "row[0]"),
    ),
    edit(
        "schedule told the loss before",
        "the rate follows the validation of the epoch before",
        TOLD,
        TOLD.replace("in history", "in [history[0], *history[:-1]]"),
    ),
    edit(
        "schedule told the accuracy as a loss",
        "a rising accuracy counts as a plateau",
        MODE,
        '"min"',
    ),
    edit(
        "schedule told nothing",
        "the rate falls after each epoch, plateau or not",
        "if plateau is None:",
        "if True:",
    ),
    edit(
        "optimizer built before the model is replaced",
        "the optimizer has the parameters of another model than the one that is trained (before "
        "`model = copy.deepcopy(model)`, say), so that none moves",
        TRAINED,
        TRAINED.replace("learning_rate=rate", "learning_rate=0.0"),
    ),
    edit(
        "head replaced after the optimizer was built",
        "the last layer is another one than the optimizer has (`model.fc = ...`), and stays",
        TRAINED,
        "head = {n: model.parameters[n] for n in ('W2', 'b2')}\n"
        "        rows = []\n"
        "        for batch in batches:\n"
        "            row = train_epoch(\n"
        "                model, [batch], velocities, learning_rate=rate, momentum=momentum\n"
        "            )\n"
        "            model.parameters.update(head)\n"
        "            rows.append(np.array(row) * len(batch[1]))\n"
        "        trained = tuple(sum(rows) / sum(len(y) for _, y in batches))",
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
    **each("plateau", PLATEAUS),
    **each("watch", WATCHED),
}

operator = Operator(
    name="train_model",
    source="torch.optim.SGD",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    margin=margin,
    outputs=(*EPOCH_RESULTS, *PARAMETERS, *STATISTICS),
    regimes=("normal",),
    laws=(
        Law("no rate", "with a learning rate of 0 the parameters stay", stands_still),
        Law("an epoch less", "the epochs before are as they were", one_epoch_less),
        Law(
            "patience",
            "training stops where it has waited, and not before",
            waits,
            applies=lambda case: case.attributes["patience"] is not None,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
