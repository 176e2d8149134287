"""train_epoch: strategy over batches and steps of descent, oracle, laws and mistakes."""

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

MOMENTA = (0.0, 0.9)
DECAYS = (0.0, 0.1)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        **_loops.attributes(draw, domain),
        "learning_rate": draw(domain.choice("learning_rate", (0.1, 0.5, 0.01))),
        "momentum": draw(domain.choice("momentum", MOMENTA)),
        "weight_decay": draw(domain.choice("weight_decay", DECAYS)),
        "epochs": draw(domain.integer("epochs", 1, 2)),
        "max_norm": draw(domain.choice("max_norm", (None, 0.5, None, 0.1))),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    return _loops.trained(tensors, at, _loops.epoch)


def stands_still(run: Any, case: Case, inputs: Arrays) -> Pairs:
    after = run(inputs, learning_rate=0.0)
    for name in PARAMETERS:
        if name in inputs:
            yield f"{name} after it", after[name], inputs[name]


LOSS = "total_loss += float(loss) * len(y)"
CORRECT = "correct += int(np.sum(np.argmax(scores, axis=1) == y))"
RETURN = "return total_loss / samples, correct / samples"
TRAIN = "loss, gradients, scores = model.train(x, y)"
START = "total_loss, correct, samples = 0.0, 0, 0"
MOVE = "model.parameters[name] = parameter - rate * step"

FACTOR = "factor = min(1.0, bound / (float(norm) + 1e-6))"

MISTAKES = (
    edit("clipping forgotten", "max_norm is not looked at", FACTOR, "factor = 1.0"),
    edit(
        "gradients clipped while they are scaled",
        "`clip_grad_norm_` comes before `scaler.unscale_`, so that next to nothing is left",
        FACTOR,
        FACTOR.replace("float(norm)", "65536 * float(norm)"),
    ),
    edit(
        "gradients clipped by a norm of each parameter",
        "the norm is not that of all gradients",
        "for name, gradient in gradients.items():",
        "for name, gradient in gradients.items():\n"
        "            factor = min(1.0, bound / (float(np.sqrt(np.sum(gradient**2))) + 1e-6))",
    ),
    edit(
        "gradients always brought to max_norm",
        "small ones are enlarged",
        FACTOR,
        "factor = 1.0 if max_norm is None else bound / (float(norm) + 1e-6)",
    ),
    edit(
        "gradients still scaled",
        "the optimizer steps with gradients of the scaled loss: `scaler.step(optimizer)` unscales",
        FACTOR,
        f"{FACTOR} * 65536",
    ),
    edit(
        "gradients not zeroed",
        "each step is taken with the sum of all gradients so far",
        START,
        f"{START}\n    summed: dict = {{}}",
        TRAIN,
        f"{TRAIN}\n        summed = {{n: g + summed.get(n, 0) for n, g in gradients.items()}}\n"
        "        gradients = summed",
    ),
    edit("no step", "the parameters stay as they were", MOVE, "pass"),
    edit(
        "optimizer built before the model is replaced",
        "a copy that the optimizer does not have is trained (`model = copy.deepcopy(model)`): "
        "nothing moves, nor do the running statistics of the model that was handed in",
        TRAIN,
        f"kept = dict(model.state)\n        {TRAIN}\n        model.state.update(kept)",
        MOVE,
        "pass",
    ),
    edit(
        "head replaced after the optimizer was built",
        "the last layer is another one than the optimizer has (`model.fc = ...`), and stays",
        MOVE,
        f"if name not in ('W2', 'b2'):\n                {MOVE}",
    ),
    edit(
        "no training mode",
        "the running statistics do not move",
        TRAIN,
        f"kept = dict(model.state)\n        {TRAIN}\n        model.state.update(kept)",
    ),
    edit(
        "one step an epoch",
        "only the last batch moves the parameters",
        START,
        f"{START}\n    batches = list(batches)",
        MOVE,
        f"if x is batches[-1][0]:\n                {MOVE}",
    ),
    edit(
        "last batch left out",
        "the batches are counted one short",
        "for x, y in batches:",
        "batches = list(batches)\n    for x, y in batches[: max(len(batches) - 1, 1)]:",
    ),
    edit(
        "loss averaged over batches",
        "a small last batch counts as much as a full one",
        LOSS,
        "total_loss += float(loss)",
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
        "loss of the last batch",
        "the loss of the epoch is that of its last batch",
        LOSS,
        "total_loss = float(loss)",
        RETURN,
        "return total_loss, correct / samples",
    ),
    edit(
        "loss summed over the batches",
        "the losses of the batches are added up, and not divided",
        LOSS,
        "total_loss += float(loss)",
        RETURN,
        "return total_loss, correct / samples",
    ),
    edit(
        "loss divided by the batch size twice",
        "mean losses are divided by the number of samples again",
        LOSS,
        "total_loss += float(loss)",
    ),
    edit(
        "results of the last epoch's end",
        "loss and accuracy are those after the epoch, not during it",
        RETURN,
        "scored = [(model.scores(x), y) for x, y in batches]\n"
        "    correct = sum(int(np.sum(np.argmax(s, axis=1) == y)) for s, y in scored)\n"
        f"    {RETURN}",
    ),
    edit(
        "accuracy along the wrong axis",
        "the largest score of each class is looked for, not of each sample",
        CORRECT,
        "correct += int(np.sum(np.argmax(scores, axis=0)[:1] == y))",
    ),
    edit(
        "velocity forgotten",
        "momentum starts anew with every batch",
        "if name in velocities:",
        "if False:",
    ),
    edit(
        "weight decay twice",
        "the penalty is in the loss's gradient and in the optimizer",
        "step = factor * gradient + decay * parameter",
        "step = factor * gradient + 2 * decay * parameter",
    ),
)

operator = Operator(
    name="train_epoch",
    source="torch.optim.SGD",
    attributes=attributes,
    inputs=_loops.inputs,
    oracle=oracle,
    outputs=(*RESULTS, *PARAMETERS, *STATISTICS),
    regimes=("normal",),
    laws=(Law("no rate", "with a learning rate of 0 the parameters stay", stands_still),),
    mistakes=MISTAKES,
    corners={
        **_loops.CORNERS,
        **each("momentum", MOMENTA),
        **each("weight_decay", DECAYS),
        **each("epochs", (1, 2)),
        **each("max_norm", (None, 0.5)),
    },
)
