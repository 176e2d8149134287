"""solver: strategy over data sets and rates, oracle, laws and mistakes.

Which samples a solver draws is evidence: the oracle follows them, and laws judge them.
"""

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
from properties.tolerance import Failed
from properties.values import Values

PARAMETERS = ("W", "b")
HISTORIES = ("loss_history", "train_acc_history", "val_acc_history", "best_val_acc")
EVIDENCE = ("batch_ids", "checked_ids")
MOMENTA, DECAYS, RATES = (0.9, 0.0), (0.5, 1.0), (10.0, 3.0, 1.0, 0.25)
MANY, SAMPLES = 40, 8  # epochs of batches of two: right code misses a sample once in 1e17 runs


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Rates are large, so that the best parameters are often not the last ones.

    Half of the trainings are long and restless: accuracies rise again below the best one.
    """
    restless = draw(domain.boolean("restless"))
    size = draw(domain.choice("batch_size", (2, 1, 3)))
    left = draw(domain.integer("left", 0, size - 1))
    samples = draw(domain.choice("per_epoch", (2, 3, 1))) * size + left
    some = (None, samples - 1) if samples > 1 else (None,)
    dims = draw(domain.integer("feature_dims", 1, 3))
    return {
        "samples": samples,
        "batch_size": size,
        "features": tuple(draw(domain.integer("feature", 1, 2)) for _ in range(dims)),
        "classes": draw(domain.integer("classes", 2, 3)),
        "val_samples": draw(domain.choice("val_samples", (9, 12) if restless else (3, 5, 1, 0))),
        "epochs": draw(domain.choice("epochs", (8, 6) if restless else (3, 2, 4, 1))),
        "learning_rate": draw(domain.choice("learning_rate", RATES[:2] if restless else RATES[1:])),
        "momentum": draw(domain.choice("momentum", MOMENTA[::-1])),
        "lr_decay": draw(domain.choice("lr_decay", DECAYS[::-1] if restless else DECAYS)),
        "train_samples": draw(domain.choice("train_samples", some)),
        "seed": draw(domain.integer("seed", 0, 99)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """One sample has every class in the validation data, so that some accuracy is above 0."""
    C, features = at["classes"], at["features"]
    D = int(np.prod(features))
    one, others = (
        values.array("one", (1, *features)),
        values.array("x_val", (at["val_samples"], *features)),
    )
    return {
        "x": values.array("x", (at["samples"], *features)),
        "y": values.ids("y", (at["samples"],), C),
        "x_val": np.concatenate([np.repeat(one, C, axis=0), others]),
        "y_val": np.concatenate([np.arange(C), values.ids("y_val", (at["val_samples"],), C)]),
        "W": values.tame("W", (C, D)),
        "b": values.tame("b", (C,)),
    }


def steps_of(at: Attributes) -> tuple[int, list[int]]:
    """The number of steps, and those after which the accuracies are taken."""
    per_epoch = max(at["samples"] // at["batch_size"], 1)
    steps = at["epochs"] * per_epoch
    return steps, [t for t in range(steps) if t == 0 or (t + 1) % per_epoch == 0]


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch
    from torch.nn.functional import cross_entropy

    steps, checks = steps_of(at)
    batches, checked = followed(tensors, at, steps, checks)
    parameters = {name: tensors[name].detach().clone() for name in PARAMETERS}
    velocities = {name: torch.zeros_like(w) for name, w in parameters.items()}
    rate, losses, accuracies, kept = at["learning_rate"], [], [], []
    for t in range(steps):
        for w in parameters.values():
            w.requires_grad_()
        with torch.enable_grad():
            loss = cross_entropy(
                scores(parameters, tensors["x"][batches[t]]), tensors["y"][batches[t]]
            )
            gradients = torch.autograd.grad(loss, list(parameters.values()))
        for (name, w), gradient in zip(list(parameters.items()), gradients, strict=True):
            velocities[name] = at["momentum"] * velocities[name] - rate * gradient
            parameters[name] = w.detach() + velocities[name]
        losses.append(loss.detach())
        if (t + 1) % max(at["samples"] // at["batch_size"], 1) == 0:
            rate = rate * at["lr_decay"]
        if t in checks:
            ids = checked[checks.index(t)]
            sets = (tensors["x"][ids], tensors["y"][ids]), (tensors["x_val"], tensors["y_val"])
            accuracies.append(
                [(scores(parameters, x).argmax(1) == y).double().mean() for x, y in sets]
            )
            kept.append(dict(parameters))
    of_train, of_val = (
        torch.stack(a).to(tensors["x"].dtype) for a in zip(*accuracies, strict=True)
    )
    best = next(i for i, a in enumerate(of_val) if a == of_val.max())
    return {
        "loss_history": torch.stack(losses),
        "train_acc_history": of_train,
        "val_acc_history": of_val,
        "best_val_acc": of_val.max(),
        **kept[best],
    }


def scores(parameters: Mapping[str, Any], x: Any) -> Any:
    return x.flatten(1) @ parameters["W"].T + parameters["b"]


def followed(
    tensors: Mapping[str, Any], at: Attributes, steps: int, checks: list[int]
) -> tuple[Any, Any]:
    """The samples of every batch and every check, as they were drawn. Raises Failed.

    Where nothing was drawn yet, the samples in turn.
    """
    import torch

    few = at["train_samples"]
    shapes = (steps, at["batch_size"]), (len(checks), few if few else at["samples"])
    drawn = []
    what = "(steps, samples of a batch)", "(checks, samples checked)"
    for name, shape, words in zip(EVIDENCE, shapes, what, strict=True):
        if name not in tensors:
            found = torch.arange(shape[0] * shape[1]).reshape(shape) % at["samples"]
        else:
            found = tensors[name]
        drawn.append(found)
        if tuple(found.shape) != shape:
            raise Failed(f"{name} {words} has shape {tuple(found.shape)}, expected {shape}", name)
        if found.min() < 0 or found.max() >= at["samples"]:
            raise Failed(f"{name} holds samples that are no training data", name)
    return drawn[0], drawn[1]


def stands_still(run: Any, case: Case, inputs: Arrays) -> Pairs:
    after = run(inputs, learning_rate=0.0)
    for name in PARAMETERS:
        yield f"{name} after it", after[name], inputs[name]


def draws_all(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """In many batches each sample occurs, and no two batches in a row need be the same."""
    values = Values("normal", case.seed, 1)
    larger = {
        **inputs,
        "x": values.array("x", (SAMPLES, *case.attributes["features"])),
        "y": values.ids("y", (SAMPLES,), case.attributes["classes"]),
    }
    sizes = {"samples": SAMPLES, "batch_size": 2, "epochs": MANY, "train_samples": None}
    ids = run(larger, **sizes, learning_rate=0.0)["batch_ids"]
    yield "the samples that are drawn", np.unique(ids), np.arange(SAMPLES)
    pairs = np.unique(np.sort(ids, axis=1), axis=0)
    yield "that batches repeat", np.asarray(len(pairs) <= SAMPLES // 2), np.asarray(False)


def checks_all(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Where no number is given, the accuracy is that of all samples."""
    ids = run(inputs, train_samples=None)["checked_ids"]
    for row in ids:
        yield "the samples checked", np.sort(row), np.arange(case.attributes["samples"])


STEP = "velocities[name] = momentum * velocities[name] - rate * gradient"
MOVE = "model.parameters[name] += velocities[name]"
DECAYS_AT = "        if epoch_ends:\n            rate *= decay\n"
DRAW = "ids = rng.choice(len(x), size)"
LOSS = "loss, gradients = model.loss(x[ids], y[ids])"
RECORD = "history.losses.append(float(loss))"
CHECK = "if t == 0 or epoch_ends:"
OF_TRAIN = "history.train_accuracies.append(_accuracy(model, x[checked], y[checked]))"
OF_VAL = 'accuracy = _accuracy(model, data["x_val"], data["y_val"])'
BETTER = "if accuracy > max(history.val_accuracies, default=-1.0):"
KEEP = "best = {name: w.copy() for name, w in model.parameters.items()}"
RESTORE = "model.parameters = best"
STEPS = "for t in range(epochs * per_epoch):"
PER_EPOCH = "per_epoch = max(len(x) // size, 1)"
ACCURACY = "return float(np.mean(model.predict(x) == y))"
FEW = "checked = rng.choice(len(x), train_samples) if few else np.arange(len(x))"

MISTAKES = (
    edit(
        "rate decays after every step",
        "the learning rate is multiplied by lr_decay once a batch, not once an epoch",
        DECAYS_AT,
        "        rate *= decay\n",
    ),
    edit("rate does not decay", "lr_decay is ignored", DECAYS_AT, ""),
    edit(
        "rate decays only once",
        "the rate of every epoch but the first is the first one's times lr_decay",
        DECAYS_AT,
        "        if epoch_ends:\n            rate = learning_rate * decay\n",
    ),
    edit(
        "rate decays before the epoch",
        "the first epoch's rate is decayed already",
        STEPS,
        f"rate *= decay\n    {STEPS}",
    ),
    edit("last parameters kept", "the best parameters are not put back", RESTORE, "pass"),
    edit(
        "best parameters not copied",
        "training goes on to move the arrays that are kept, so that the last ones come back",
        KEEP,
        "best = dict(model.parameters)",
    ),
    edit(
        "best on the training data",
        "the parameters with the largest training accuracy are kept",
        BETTER,
        "if history.train_accuracies[-1] > max(history.train_accuracies[:-1], default=-1.0):",
    ),
    edit(
        "worst parameters kept",
        "the comparison is turned round",
        BETTER,
        "if accuracy < min(history.val_accuracies, default=2.0):",
    ),
    edit(
        "last improvement kept",
        "an accuracy is compared with the one before it, not with the best so far",
        BETTER,
        "if accuracy > (history.val_accuracies or [-1.0])[-1]:",
    ),
    edit(
        "first check left out",
        "nothing is checked after the first step",
        CHECK,
        "if epoch_ends:",
    ),
    edit("checked after every step", "the accuracies are taken once a batch", CHECK, "if True:"),
    edit(
        "last epoch not checked",
        "the accuracies are taken at the start of an epoch",
        CHECK,
        "if t % per_epoch == 0:",
    ),
    edit(
        "epochs taken for steps",
        "there are as many steps as there should be epochs",
        STEPS,
        "for t in range(epochs):",
    ),
    edit(
        "one epoch short",
        "epochs are counted from 1",
        STEPS,
        "for t in range(max(epochs - 1, 1) * per_epoch):",
    ),
    edit(
        "samples left over make a step",
        "the number of steps of an epoch is rounded up",
        PER_EPOCH,
        "per_epoch = -(-len(x) // size)",
    ),
    edit(
        "labels not drawn",
        "samples are drawn, and the first labels taken",
        LOSS,
        "loss, gradients = model.loss(x[ids], y[:size])",
    ),
    edit(
        "first batch every time",
        "the first samples are the batch of every step",
        DRAW,
        "ids = np.arange(size)",
    ),
    edit(
        "batch drawn once",
        "one random batch serves for all steps",
        STEPS,
        f"{DRAW}\n    {STEPS}",
        f"        {DRAW}\n",
        "",
    ),
    edit(
        "half of the data",
        "batches are drawn from the first half of the samples",
        DRAW,
        "ids = rng.choice(max(len(x) // 2, 1), size)",
    ),
    edit("batches of one", "batch_size is ignored", DRAW, "ids = rng.choice(len(x), 1)"),
    edit(
        "loss after the step",
        "the loss is taken of the parameters that the step has moved",
        f"        {RECORD}\n",
        "",
        "epoch_ends = (t + 1)",
        "history.losses.append(float(model.loss(x[ids], y[ids])[0]))\n        epoch_ends = (t + 1)",
    ),
    edit(
        "losses summed",
        "each entry of the history is the sum of all losses so far",
        RECORD,
        "history.losses.append(float(loss) + (history.losses or [0.0])[-1])",
    ),
    edit(
        "accuracy of the batch",
        "the training accuracy is that of the batch just seen",
        OF_TRAIN,
        "history.train_accuracies.append(_accuracy(model, x[ids], y[ids]))",
    ),
    edit(
        "validation on the training data",
        "the validation accuracy is the training accuracy",
        OF_VAL,
        "accuracy = _accuracy(model, x, y)",
    ),
    edit(
        "accuracy as a number of samples",
        "those classified rightly are counted, and not divided",
        ACCURACY,
        ACCURACY.replace("np.mean", "np.sum"),
    ),
    edit(
        "error rate",
        "the fraction classified wrongly is returned",
        ACCURACY,
        ACCURACY.replace("==", "!="),
    ),
    edit(
        "subsample too small",
        "the training accuracy is taken on one sample",
        FEW,
        "checked = np.arange(1)",
    ),
    edit(
        "gradient divided by the batch size twice",
        "gradients are averaged over the batch once more",
        STEP,
        STEP.replace("rate * gradient", "rate * gradient / size"),
    ),
    edit("uphill", "the gradient is added", STEP, STEP.replace("- rate", "+ rate")),
    edit(
        "velocity forgotten",
        "momentum starts anew with every step",
        STEP,
        STEP.replace("momentum", "0.0 * momentum"),
    ),
    edit(
        "velocity after the rate",
        "the step is the rate times the velocity, so that a decay acts on all of it",
        STEP,
        "velocities[name] = momentum * velocities[name] - gradient",
        MOVE,
        "model.parameters[name] += rate * velocities[name]",
    ),
    edit("no step", "the parameters stay as they were", MOVE, "pass"),
)

CORNERS: Corners = {
    "samples left over": lambda case: (
        case.attributes["samples"] % case.attributes["batch_size"] != 0
    ),
    "one step an epoch": lambda case: (
        case.attributes["samples"] // case.attributes["batch_size"] == 1
    ),
    "subsample": lambda case: case.attributes["train_samples"] is not None,
    "images": lambda case: len(case.attributes["features"]) == 3,
    **each("epochs", (1, 2, 3, 4, 6, 8)),
    **each("momentum", MOMENTA),
    **each("lr_decay", DECAYS),
}

operator = Operator(
    name="solver",
    source="torch.nn.functional.cross_entropy",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=(*HISTORIES, *PARAMETERS),
    evidence=EVIDENCE,
    regimes=("normal",),
    laws=(
        Law("no rate", "with a learning rate of 0 the parameters stay", stands_still),
        Law(
            "random batches",
            "each sample is drawn some time, and batches differ",
            draws_all,
            applies=lambda case: case.seed % 4 == 0,
        ),
        Law("all samples", "the accuracy without a number of samples is that of all", checks_all),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
