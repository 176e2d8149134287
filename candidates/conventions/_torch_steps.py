"""One step of training as a function: `train_step(model, x, y, optimizer, criterion, scaler)`.

It is called for each batch of an epoch, and what it leaves in the model is compared with an epoch
of training. Samples and class ids are two parameters, or one that is a pair of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from candidates.conventions._torch_batches import other_loss, parsed, takes_logarithms
from candidates.conventions._torch_foreign import foreign
from candidates.conventions._torch_returned import LOSS, returned_texts
from candidates.conventions._torch_scaling import mixed_precision, refuse_stale, wants_text
from candidates.conventions._torch_training import (
    PROMISE,
    ROLES,
    Training,
    bound_of,
    has_gpu,
    named_roles,
    small_run,
    spared,
)
from candidates.spelling import Signature, Spelling

SAMPLES = (
    r"x|xb|inputs?|data|images?|imgs?|features?|samples?|batch_x|x_batch|batch_inputs?|x_train"
)
LABELS = r"y|yb|targets?|labels?|batch_y|y_batch|batch_(targets|labels)|y_true|y_train"
STEP_ROLES = {
    "x": SAMPLES,
    "y": LABELS,
    "batch": "batch|minibatch|mini_batch",
    **{
        role: names for role, names in ROLES.items() if role not in ("loader", "epochs", "settings")
    },
}
NAMES = """
    train_step training_step train_batch train_on_batch step_train train_one_step
    train_one_batch train_single_batch train_step_amp amp_train_step train_iteration
    train_step_mixed_precision mixed_precision_step mixed_precision_train_step fit_batch
""".split()


def roles(function: Any) -> dict[str, str]:
    return spared(function, named_roles(function, STEP_ROLES))


def is_step(function: Any) -> bool:
    """Whether it takes a model, an optimizer and one batch."""
    if not inspect.isfunction(function):
        return False
    found = set(roles(function).values())
    return {"model", "optimizer"} <= found and ({"x", "y"} <= found or "batch" in found)


class Step(Training):
    """`train_step(model, x, y, optimizer, ...)`, called for each batch of an epoch.

    It may return the loss of its batch, alone or first. Given or making a `GradScaler`, it scales
    its loss; it may clip the norm of its gradients.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._function, self._roles = forward, roles(forward)
        self._told, self._logarithms = gives_loss(forward), takes_logarithms(forward)
        source, names = parsed(forward)[0], {r: name for name, r in self._roles.items()}
        self._sets_mode = ".train(" in source
        self._names_device = "device" in names and wants_text(source, names["device"])
        self._parts, self._settings, self._percent = None, None, False

    def run(self, made: Mapping[str, Any]) -> dict[str, Any]:
        import torch

        total = samples = 0.0
        with torch.enable_grad(), mixed_precision(self.scale), self._watched(made["loader"]):
            for x, y in made["loader"]:
                known = {**made, "x": x, "y": y, "batch": (x, y)}
                result = self._function(**{n: known[role] for n, role in self._roles.items()})
                if self._told:
                    total += len(y) * self._loss(result)
                samples += len(y)
        refuse_stale(made["scaler"])
        return {"losses": total / samples} if self._told else {}

    def _loss(self, result: Any) -> float:
        place = self._told["losses"]
        if isinstance(result, (tuple, list, dict)):
            result = result[place]
        return float(result)


def gives_loss(function: Any) -> dict[str, Any]:
    """Where in its result the mean loss of a batch is, if what it returns is called so."""
    for place, text in returned_texts(function):
        if LOSS.search(f"{place} {text}") and not set(text) & set("*/+"):
            return {"losses": place}
    return {}


def obstacle(function: Any) -> str:
    """Why a step cannot be run on a classifier and a batch (x, y), in words; "" where it can."""
    unknown = [name for name, role in roles(function).items() if role == "?"]
    if unknown:
        return f"what {', '.join(unknown)} should be cannot be told"
    source, _ = parsed(function)
    if "accumulation" in roles(function).values():
        return "it adds up the gradients of several batches"
    if "clip_grad_value" in source:
        return "it clips each number of its gradients"
    if ".cuda(" in source and "is_available" not in source and not has_gpu():
        return "it moves batches to a GPU, and there is none"
    if loss := other_loss(function):
        return f"its loss {loss} is none of class ids"
    return foreign(lambda: small_run(Step, function), function)


def told(function: Any, backward: Any) -> dict[str, Any]:
    """The outputs that can be judged, and the norm that gradients are clipped to."""
    left = ("W1", "b1", "gamma1", "beta1", "W2", "b2", "running_mean1", "running_var1")
    bound = bound_of(function, Step)
    words = {"differs": f"gradients are clipped to a norm of {bound:g}"} if bound else {}
    outputs = [*gives_loss(function), *left]
    return {"outputs": outputs, "domain": {"max_norm": [bound]}, **words}


def spellings() -> Iterator[Spelling]:
    for name in NAMES:
        yield Spelling(
            "train_epoch",
            name,
            None,
            Step,
            PROMISE,
            when=is_step,
            obstacle=obstacle,
            tells=told,
            needs_torch=True,
        )
