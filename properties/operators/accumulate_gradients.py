"""accumulate_gradients: strategy over batches, shares and rests, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators import _loops
from properties.operators._corners import each
from properties.operators._loops import PARAMETERS, RESULTS, STATISTICS

COUNTS = (2, 3, 1)
SHARES, RESTS = ("samples", "batches", "steps"), ("step", "drop", "keep")
MOMENTA, DECAYS = (0.0, 0.9), (0.0, 0.1)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Of most epochs the last batch is smaller, or fewer are left than make a step."""
    shapes = _loops.attributes(draw, domain)
    fewest = 3 if shapes["normalised"] else 1
    size = draw(domain.integer("batch_size", max(fewest, 2), 4))
    last = draw(domain.integer("last_batch", fewest, size))
    full = draw(domain.integer("full_batches", 1, 4))
    return {
        **shapes,
        "batch_sizes": (size,) * full + (last,),
        "accumulation_steps": draw(domain.choice("accumulation_steps", COUNTS)),
        "shares": draw(domain.choice("shares", SHARES)),
        "rest": draw(domain.choice("rest", RESTS)),
        "learning_rate": draw(domain.choice("learning_rate", (0.5, 0.1))),
        "momentum": draw(domain.choice("momentum", MOMENTA)),
        "weight_decay": draw(domain.choice("weight_decay", DECAYS)),
        "epochs": draw(domain.integer("epochs", 1, 2)),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    return _loops.trained(tensors, at, _epoch)


def _epoch(
    tensors: Mapping[str, Any],
    at: Attributes,
    leaves: Mapping[str, Any],
    moved: Any,
    optimizer: Any,
) -> tuple[Any, Any]:
    """As `_loops.epoch`, with a step after each group of batches."""
    from torch.nn.functional import cross_entropy

    total, correct = 0.0, 0.0
    sizes = at["batch_sizes"]
    for i, (x, y) in enumerate(_loops.batches(tensors, sizes)):
        scores = _loops.logits(leaves, x, moved, training=True)
        loss = cross_entropy(scores, y, reduction="sum")
        (loss / _divisor(at, sizes, i)).backward()
        rest = i + 1 == len(sizes) and at["rest"] == "step"
        if (i + 1) % at["accumulation_steps"] == 0 or rest:
            optimizer.step()
            optimizer.zero_grad()
        total = total + loss.detach()
        correct = correct + (scores.argmax(1) == y).sum().double()
    if at["rest"] == "drop":
        optimizer.zero_grad()
    samples = len(tensors["y"])
    return total / samples, correct / samples


def _divisor(at: Attributes, sizes: Sequence[int], i: int) -> int:
    """What the summed loss of batch i is divided by."""
    count = at["accumulation_steps"]
    group = sizes[i // count * count : i // count * count + count]
    of_batches = {"samples": sum(group), "batches": sizes[i] * len(group)}
    return of_batches.get(at["shares"], sizes[i] * count)


def large_batches(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Each group at once; of a batch norm's statistics that is not true."""
    at = case.attributes
    sizes, count = at["batch_sizes"], at["accumulation_steps"]
    joined = tuple(sum(sizes[i : i + count]) for i in range(0, len(sizes), count))
    form = {"shares": "samples", "rest": "step"}
    apart = run(inputs, **form)
    whole = run(inputs, **form, batch_sizes=joined, accumulation_steps=1)
    for name, expected in whole.items():
        yield f"{name} of groups", apart[name], expected


def stands_still(run: Any, case: Case, inputs: Arrays) -> Pairs:
    after = run(inputs, learning_rate=0.0)
    for name in PARAMETERS:
        if name in inputs:
            yield f"{name} after it", after[name], inputs[name]


COUNT = 'count = integer("accumulation_steps", accumulation_steps, 1)'
SHARE = "share = _share(shares, len(y), [len(labels) for _, labels in group], count)"
OF_SAMPLES = "return samples / sum(group)"
OF_BATCHES = 'return 1 / (len(group) if shares == "batches" else count)'
ADD = "gradients[name] = gradients.get(name, 0) + share * gradient"
WHOLE = "whole, last = (i + 1) % count == 0, i + 1 == len(batches)"
ENDS = 'if whole or (last and rest == "step"):'
CLEARED = "            gradients.clear()\n        total_loss"
DROPPED = '    if rest == "drop":\n        gradients.clear()\n'
LOSS = "total_loss += float(loss) * len(y)"
RETURN = "return total_loss / samples, correct / samples"
STEP = "step = gradient + decay * parameter"

MISTAKES = (
    edit(
        "loss not scaled",
        "the gradients of a group are added up as they are, so that the step is as many times "
        "too large as it has batches",
        SHARE,
        "share = 1.0",
    ),
    edit(
        "loss scaled by the number of batches",
        "each batch of a group counts alike, also a smaller one",
        OF_SAMPLES,
        "return 1 / len(group)",
    ),
    edit(
        "rest scaled as a whole group",
        "fewer batches at the end are divided by the number of a whole group",
        OF_SAMPLES,
        f"{OF_SAMPLES} * len(group) / count",
        OF_BATCHES,
        "return 1 / count",
    ),
    edit(
        "loss scaled twice",
        "the loss and the summed gradients are both divided",
        ADD,
        ADD.replace("share *", "share * share *"),
    ),
    edit(
        "loss scaled by its samples",
        "a mean loss is divided by the number of its samples again",
        ADD,
        ADD.replace("* gradient", "* gradient / len(y)"),
    ),
    edit(
        "gradients zeroed at every batch",
        "the step is taken by the last batch of a group alone",
        ADD,
        "gradients[name] = share * gradient",
    ),
    edit(
        "gradients never zeroed",
        "each step is taken with the gradients of the steps before",
        CLEARED,
        "            pass\n        total_loss",
        DROPPED,
        "",
    ),
    edit(
        "step after every batch",
        "each batch moves the parameters, by gradients that are zeroed after a whole group only",
        ENDS,
        ENDS.replace(
            "if whole or",
            "if not whole and not last:\n            _descend("
            "model, gradients, velocities, rate, momentum, decay)\n        if whole or",
        ),
    ),
    edit(
        "batches counted from zero",
        "a step comes after the first batch, and after that one batch early",
        WHOLE,
        WHOLE.replace("(i + 1) % count", "i % count"),
    ),
    edit(
        "batches counted one long",
        "a group has one batch more than it should",
        COUNT,
        f"{COUNT} + 1",
    ),
    edit(
        "one step an epoch",
        "the gradients of all batches make one step, at the end",
        WHOLE,
        WHOLE.replace("(i + 1) % count == 0,", "i + 1 == len(batches),"),
    ),
    edit(
        "rest dropped",
        "batches that are left at the end of an epoch move nothing",
        ENDS,
        "if whole:",
        DROPPED,
        DROPPED.replace('rest == "drop"', 'rest != "keep"'),
    ),
    edit(
        "rest kept for the next epoch",
        "gradients that are left at the end of an epoch go into the first step of the next",
        ENDS,
        "if whole:",
        DROPPED,
        "",
    ),
    edit(
        "rest stepped always",
        "batches that are left at the end of an epoch make a step that they should not",
        ENDS,
        "if whole or last:",
    ),
    edit(
        "weight decay of every batch",
        "the penalty's gradient enters a step as often as a group has batches",
        ADD,
        ADD.replace("share * gradient", "share * gradient + decay * model.parameters[name]"),
        STEP,
        "step = gradient",
    ),
    edit(
        "learning rate divided too",
        "the loss is scaled, and the learning rate as well",
        "_descend(model, gradients, velocities, rate,",
        "_descend(model, gradients, velocities, rate / count,",
    ),
    edit(
        "velocity forgotten",
        "momentum starts anew with every group",
        "if name in velocities:",
        "if False:",
    ),
    edit(
        "no training mode",
        "the running statistics do not move",
        "loss, found, scores = model.train(x, y)",
        "before = dict(model.state)\n        loss, found, scores = model.train(x, y)\n"
        "        model.state.update(before)",
    ),
    edit(
        "scaled loss returned",
        "the loss told is the one that was divided for the group",
        LOSS,
        LOSS.replace("float(loss)", "float(loss) * share"),
    ),
    edit(
        "loss averaged over batches",
        "a small last batch counts as much as a full one",
        LOSS,
        "total_loss += float(loss)",
        RETURN,
        "return total_loss / len(batches), correct / samples",
    ),
    edit(
        "loss averaged over groups",
        "the summed losses are divided by the number of steps, not of samples",
        LOSS,
        "total_loss += float(loss)",
        RETURN,
        "return total_loss / -(-len(batches) // count), correct / samples",
    ),
)


def _left(case: Case) -> int:
    return len(case.attributes["batch_sizes"]) % case.attributes["accumulation_steps"]


CORNERS: Corners = {
    **{n: c for n, c in _loops.CORNERS.items() if n != "one batch"},
    **each("accumulation_steps", COUNTS),
    **each("shares", SHARES),
    **each("rest", RESTS),
    **each("momentum", MOMENTA),
    **each("weight_decay", DECAYS),
    **each("epochs", (1, 2)),
    "whole groups": lambda case: case.attributes["accumulation_steps"] > 1 and not _left(case),
    "a rest": lambda case: _left(case) > 0,
    "fewer batches than a group": lambda case: (
        len(case.attributes["batch_sizes"]) < case.attributes["accumulation_steps"]
    ),
}

operator = Operator(
    name="accumulate_gradients",
    source="torch.optim.SGD",
    attributes=attributes,
    inputs=_loops.inputs,
    oracle=oracle,
    outputs=(*RESULTS, *PARAMETERS, *STATISTICS),
    regimes=("normal",),
    laws=(
        Law(
            "large batch",
            "batches that share a step, each by its samples, move the parameters as one batch does",
            large_batches,
            applies=lambda case: not case.attributes["normalised"],
        ),
        Law("no rate", "with a learning rate of 0 the parameters stay", stands_still),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
