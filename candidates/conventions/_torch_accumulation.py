"""Epochs of training on torch that step after several batches: `accumulation_steps` and the like.

A loop of `_torch_training` that takes such a number is judged as an epoch of steps after each
batch, where it is 1, and here. Two tiny epochs with an optimizer that moves nothing show which
batches, and how much of each, were in the gradients of each step. So the verdict says what the loop
does with batches that are left at the end of an epoch (a step too; dropped; kept for the next
epoch), and with smaller ones (a share of its samples; as any of its group; one of a whole group).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from candidates.conventions._probing import asked
from candidates.conventions._tensors import warm_up
from candidates.conventions._torch_scaling import mixed_precision
from candidates.conventions._torch_training import (
    PROMISE,
    TRAINING,
    Training,
    bound_of,
    is_loop,
    obstacle,
    of_classes,
    roles,
    told,
)
from candidates.spelling import Signature, Spelling

NAMES = (
    *TRAINING,
    *("train_with_accumulation", "train_with_gradient_accumulation", "train_accumulate"),
    *("train_epoch_accum", "train_one_epoch_accum", "train_epoch_with_accumulation"),
    *("train_gradient_accumulation", "train_with_grad_accumulation"),
)
SHARES = {
    "samples": "",
    "batches": "batches of a step count alike, also a smaller one",
    "steps": "each batch counts as one of a whole group",
}
RESTS = {
    "step": "",
    "drop": "batches that are left at the end of an epoch are dropped",
    "keep": "batches that are left at the end of an epoch go into the next one's first step",
}
COUNT = 3
PROBES = ((2, 2, 2, 2, 1), (2, 2, 1))
"""Batches of which some are left, and a group that has a smaller one."""

CLOSE = 1e-3
Steps = list[list[float]]


def planned(sizes: Sequence[int], shares: str, rest: str) -> Steps:
    """How much of each batch's mean gradient is in each step of two epochs."""
    steps: Steps = []
    found = [0.0] * len(sizes)
    for _ in range(2):
        for i, size in enumerate(sizes):
            group = sizes[i - i % COUNT :][:COUNT]
            whole = {"samples": sum(group) / size, "batches": len(group), "steps": COUNT}
            found[i] += 1 / whole[shares]
            if (i + 1) % COUNT == 0 or (rest == "step" and i + 1 == len(sizes)):
                steps.append(found)
                found = [0.0] * len(sizes)
        if rest == "drop":
            found = [0.0] * len(sizes)
    return steps


def taken(function: Any, sizes: Sequence[int]) -> Steps:
    """The same of a loop that is run."""
    loop = Training(function, None, Signature((), ()))
    at = {"batch_sizes": sizes, "accumulation_steps": COUNT, "weight_decay": 0.0}
    made = loop.made({**at, "learning_rate": 0.0, "momentum": 0.0}, _arrays(sum(sizes)))
    alone = _gradients(made["model"], made["loader"])
    made["optimizer"] = _recorder(made["model"])
    for epoch in range(2):
        given = {**made, "epoch": epoch}
        with mixed_precision():
            function(**{name: given[role] for name, role in roles(function).items()})
    seen = made["optimizer"].seen
    return [np.linalg.lstsq(alone.T, step, rcond=None)[0].tolist() for step in seen]


def _arrays(samples: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    arrays = {n: rng.standard_normal(s) for n, s in (("x", (samples, 4)), ("W1", (3, 4)))}
    arrays |= {"b1": np.zeros(3), "W2": rng.standard_normal((3, 3)), "b2": np.zeros(3)}
    return {**arrays, "y": np.arange(samples) % 3}


def _gradients(model: Any, loader: Any) -> np.ndarray:
    """The gradient of each batch's mean loss, a row each."""
    import torch

    rows = []
    for x, y in loader:
        loss = torch.nn.functional.cross_entropy(model(x), y)
        found = torch.autograd.grad(loss, list(model.parameters()))
        rows.append(torch.cat([g.flatten() for g in found]).double().numpy())
    return np.array(rows)


def _recorder(model: Any) -> Any:
    """An optimizer that moves nothing, and has `seen` the gradients of each step."""
    import torch

    class Recorder(torch.optim.SGD):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(model.parameters(), lr=0.0)
            self.seen: list[np.ndarray] = []

        def step(self, closure: Any = None) -> None:
            rows = [torch.zeros_like(p) if p.grad is None else p.grad for p in model.parameters()]
            self.seen.append(torch.cat([g.flatten() for g in rows]).double().numpy())

    return Recorder()


def form_of(function: Any) -> tuple[str, str]:
    """Which shares and which rest a loop has.

    Where they are none of the known, the rest is told by which batches are in which step, if it can
    be: then the shares are wrong, whichever were meant.
    """
    warm_up()
    steps = asked(lambda: [taken(function, sizes) for sizes in PROBES])
    if isinstance(steps, list):
        forms = list(itertools.product(SHARES, RESTS))
        for form in forms:
            if _alike(steps, [planned(sizes, *form) for sizes in PROBES], exactly=True):
                return form
        for form in reversed(forms):
            if _alike(steps, [planned(sizes, *form) for sizes in PROBES], exactly=False):
                return form
    return "samples", "step"


def _alike(got: Sequence[Steps], expected: Sequence[Steps], *, exactly: bool) -> bool:
    for a, b in zip(got, expected, strict=True):
        if len(a) != len(b):
            return False
        left, right = np.array(a), np.array(b)
        if not exactly:
            left, right = np.abs(left) > CLOSE, right > CLOSE
        if not np.allclose(left, right, 0, CLOSE):
            return False
    return True


class OfAccumulation:
    """`train_epoch(model, loader, optimizer, accumulation_steps, ...)`: a step after so many."""

    def __init__(self) -> None:
        self._forms: dict[Any, tuple[str, str]] = {}

    def tells(self, function: Any, backward: Any) -> Mapping[str, Any]:
        if function not in self._forms:
            self._forms[function] = form_of(function)
        shares, rest = self._forms[function]
        words = ", ".join(filter(None, (SHARES[shares], RESTS[rest])))
        domain = {**of_classes(function), "shares": [shares], "rest": [rest]}
        return {
            **told(function, backward),
            "domain": domain,
            **({"differs": words} if words else {}),
        }

    def __call__(self, forward: Any, backward: Any, signature: Signature) -> Training:
        return Training(forward, backward, signature)


def _obstacle(function: Any) -> str:
    if why := obstacle(function):
        return why
    clips = bound_of(function) is not None
    return "it clips the gradients of several batches, which is not judged" if clips else ""


def spellings() -> Iterator[Spelling]:
    """One for each name."""
    of = OfAccumulation()
    of.__doc__ = OfAccumulation.__doc__
    for name in NAMES:
        yield Spelling(
            "accumulate_gradients",
            name,
            None,
            of,
            PROMISE,
            when=is_loop("model", "loader", "optimizer", "accumulation"),
            obstacle=_obstacle,
            tells=of.tells,
            needs_torch=True,
        )
