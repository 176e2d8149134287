"""What the models have in common: parameters, training steps, margins from kinks, mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import Mistake, edit
from properties.models import (
    BETA2,
    DEEPEST,
    EPS,
    SLOTS,
    ModelFunctions,
    find_model,
    numbered,
    parts,
)
from properties.operator import Arrays, Corners, Law, Pairs
from properties.operators._corners import each
from properties.values import Values

LEARNING_RATES = (0.1, 0.01, 1.0)
MOMENTA = (0.5, 0.9)
REGS = (0.0, 0.5, 0.01, 3.0)
REGIMES = ("normal", "large")
MARGIN = 1e-3  # from kinks, in units of what a layer gives
LEAST_MARGIN = 1e-5  # well above what float32 is off
ATTEMPTS = 20


def steps(draw: DrawFn, domain: Domain) -> tuple[Attributes, ...]:
    """One batch, or a few with a step of an optimizer after each; plain descent comes first."""
    count = draw(domain.integer("steps", 1, 4))
    if count == 1:
        return ({"learning_rate": None},)
    drawn = {
        "learning_rate": draw(domain.choice("learning_rate", LEARNING_RATES)),
        "optimizer": draw(domain.choice("optimizer", tuple(SLOTS))),
        "momentum": draw(domain.choice("momentum", MOMENTA)),
    }
    return tuple(drawn | {"step": i} for i in range(count))


def with_slots(at: Attributes, inputs: Arrays) -> Arrays:
    """The inputs and, where a step follows, what its optimizer keeps: zeros at first."""
    if at["learning_rate"] is None:
        return inputs
    zeros = {
        f"{slot}_{name}": np.zeros_like(array)
        for slot in SLOTS[at["optimizer"]]
        for name, array in parts(inputs)[0].items()
    }
    return inputs | zeros


def scaled(values: Values, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """A weight (out, in, ...) whose outputs are about as large as its inputs."""
    fan_in = int(np.prod(shape[1:]))
    return values.tame(name, shape) / np.sqrt(max(fan_in, 1))


def settled(name: str, at: Attributes, draw_inputs: Callable[[str], Arrays]) -> Arrays:
    """Inputs that keep a margin from every kink in the training pass, by moving biases.

    At a kink the gradient is a choice, and close to one rounding makes it. `draw_inputs` takes a
    suffix of the names to draw by; ties in pooling windows, and what is constant where it is to
    be normalised, are left by drawing again.
    """
    module = find_model(name)
    assert module is not None
    inputs: Arrays = {}
    for attempt in range(ATTEMPTS):
        inputs = draw_inputs("" if attempt == 0 else f" {attempt}")
        net = ModelFunctions(module, "vectorized").network(at, inputs)
        if _settle(net, inputs):
            break
    return with_slots(at, inputs)


def _settle(net: Any, inputs: Arrays) -> bool:
    """Move the biases before each relu; whether no window has a near tie, no batch no spread."""
    x: np.ndarray = inputs["x"]
    before: Any = None
    for layer in net.chain():
        if getattr(layer, "name", "") == "relu":
            shift = _to_widest_gap(x)
            bias = f"beta{before.number}" if hasattr(before, "number") else before.b
            moved = (inputs[bias] + shift).astype(np.float32).astype(np.float64)
            x = x + (moved - inputs[bias]).reshape(1, -1, *[1] * (x.ndim - 2))
            inputs[bias][...] = moved
        if hasattr(layer, "running_var_update") and _nearly_constant(x):
            return False
        if getattr(layer, "size", 1) > 1 and _nearly_tied(x, layer.size, layer.stride):
            return False
        x, before = layer.forward(net, x, True)[0], layer
    return True


def _nearly_constant(x: np.ndarray) -> bool:
    """Whether a channel (axis 1) has next to no spread, so that normalised it is rounding alone."""
    rows = np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)
    return bool(np.any(rows.std(axis=1) <= MARGIN * np.abs(rows).max(axis=1, initial=0.0)))


def _margin(count: int) -> float:
    """The margin for so many numbers: among thousands there are always some that are close."""
    return max(LEAST_MARGIN, min(MARGIN, 0.25 / count))


def _to_widest_gap(x: np.ndarray) -> np.ndarray:
    """For each channel (axis 1), what moves 0 into a wide gap between its values; mostly 0."""
    rows = np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)
    return np.array([_shift(row) for row in rows])


def _shift(values: np.ndarray) -> float:
    size = max(float(np.abs(values).max(initial=0.0)), 1.0)
    margin = _margin(max(values.size, 1)) * size
    if np.abs(values).min(initial=np.inf) >= margin:
        return 0.0
    inner = np.sort(values)
    gaps = np.concatenate([[inner[0] - size], inner, [inner[-1] + size]])
    widths = np.diff(gaps)
    fit = np.flatnonzero(widths >= min(4 * margin, widths.max()))
    middles = (gaps[fit] + gaps[fit + 1]) / 2
    return -float(middles[np.argmin(np.abs(middles))])


def _nearly_tied(x: np.ndarray, size: int, stride: int) -> bool:
    """Whether a window's two largest numbers are close, and not the zeros that relu leaves."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    ordered = np.sort(windows[:, :, ::stride, ::stride].reshape(-1, size * size), axis=1)
    largest, second = ordered[:, -1], ordered[:, -2]
    near = largest - second < _margin(len(ordered)) * np.maximum(np.abs(largest), 1e-30)
    return bool(np.any(near & (largest > 0)))


def judged(
    tensors: Mapping[str, Any],
    at: Attributes,
    network: Callable[[Mapping[str, Any], bool], Any],
    parameters: tuple[str, ...],
) -> dict[str, Any]:
    """Scores in evaluation, loss in training and, where asked for, what a step of descent gives.

    `network(tensors, training)` gives the logits by PyTorch.
    """
    from torch.nn.functional import cross_entropy

    def loss_of(tensors: Mapping[str, Any]) -> Any:
        weights = [tensors[name] for name in parameters if name.startswith("W")]
        loss = cross_entropy(network(tensors, True), tensors["y"])
        return loss + 0.5 * at["reg"] * sum((w * w).sum() for w in weights)

    outputs = {"scores": network(tensors, False), "loss": loss_of(tensors)}
    return outputs | descended(tensors, at, loss_of, parameters)


def descended(
    tensors: Mapping[str, Any],
    at: Attributes,
    loss_of: Callable[[Mapping[str, Any]], Any],
    parameters: tuple[str, ...],
) -> dict[str, Any]:
    """The parameters after a step on a loss, and what its optimizer keeps, where one is asked for.

    All but plain descent is a step of `torch.optim`.
    """
    import torch

    if at["learning_rate"] is None:
        return {}
    with torch.enable_grad():
        leaves = {n: tensors[n].detach().clone().requires_grad_() for n in parameters}
        gradients = torch.autograd.grad(loss_of({**tensors, **leaves}), list(leaves.values()))
    for leaf, gradient in zip(leaves.values(), gradients, strict=True):
        leaf.grad = gradient
    return stepped(tensors, at, leaves)


KEPT = {"adam": {"velocity": "exp_avg", "square": "exp_avg_sq"}}
"""What torch calls what an optimizer keeps; of the others, a momentum buffer."""


def stepped(
    tensors: Mapping[str, Any], at: Attributes, leaves: Mapping[str, Any]
) -> dict[str, Any]:
    """One step of torch's optimizer on parameters that have their gradients, and its state."""
    import torch

    rate, momentum = at["learning_rate"], at["momentum"]
    if at["optimizer"] == "descent":
        return {name: leaf.detach() - rate * leaf.grad for name, leaf in leaves.items()}
    kept = KEPT.get(at["optimizer"], {"velocity": "momentum_buffer"})
    optimizer: torch.optim.Optimizer
    if at["optimizer"] == "adam":
        optimizer = torch.optim.Adam(leaves.values(), lr=rate, betas=(momentum, BETA2), eps=EPS)
    else:
        nesterov = at["optimizer"] == "nesterov"
        optimizer = torch.optim.SGD(leaves.values(), lr=rate, momentum=momentum, nesterov=nesterov)
    for name, leaf in leaves.items():
        state = {
            theirs: tensors[f"{ours}_{name}"].detach().clone() for ours, theirs in kept.items()
        }
        optimizer.state[leaf] = {"step": torch.tensor(float(at["step"])), **state}
    optimizer.step()
    return {name: leaf.detach() for name, leaf in leaves.items()} | {
        f"{ours}_{name}": optimizer.state[leaf][theirs].detach()
        for name, leaf in leaves.items()
        for ours, theirs in kept.items()
    }


def batch_normalized(
    tensors: Mapping[str, Any],
    at: Attributes,
    i: int,
    x: Any,
    training: bool,
    state: dict[str, Any],
) -> Any:
    """Layer i's batch norm by PyTorch; in training the new running statistics go to `state`."""
    from torch.nn.functional import batch_norm

    mean, var = (tensors[f"running_{name}{i}"].detach().clone() for name in ("mean", "var"))
    scales = tensors[f"gamma{i}"], tensors[f"beta{i}"]
    out = batch_norm(x, mean, var, *scales, training=training)
    if training:
        if at["running_var_update"] == "biased":
            others = [axis for axis in range(x.ndim) if axis != 1]
            biased = x.detach().var(dim=others, unbiased=False)
            var = 0.9 * tensors[f"running_var{i}"].detach() + 0.1 * biased
        state.update({f"running_mean{i}": mean, f"running_var{i}": var})
    return out


def present(tensors: Mapping[str, Any], *stems: str, last: int = DEEPEST) -> tuple[str, ...]:
    """The parameters of a case, layer by layer."""
    return tuple(name for name in numbered(*stems, last=last) if name in tensors)


def class_order(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Classes in another order: the last layer's rows and the ids with them."""
    last = max(int(name[1:]) for name in inputs if name.startswith("W"))
    turned = {name: inputs[name][::-1].copy() for name in (f"W{last}", f"b{last}")}
    classes = len(inputs[f"b{last}"])
    other = run({**inputs, **turned, "y": classes - 1 - inputs["y"]})
    ours = run(inputs)
    if "scores" in ours:
        yield "scores", other["scores"], ours["scores"][:, ::-1]
    yield "the loss", other["loss"], ours["loss"]


def batch_independent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    few = max(len(inputs["x"]) - 1, 1)
    together = run(inputs)
    if "scores" in together:
        yield "scores", run(_first(inputs, few))["scores"], together["scores"][:few]


def _first(inputs: Arrays, count: int) -> Arrays:
    whole = len(inputs["x"])
    return {
        name: array[:count].copy() if name in ("x", "y") or name.startswith("mask") else array
        for name, array in inputs.items()
        if whole
    }


def uniform_at_zero(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """With a last layer of zeros, no class is preferred: the loss is log(classes)."""
    last = max(int(name[1:]) for name in inputs if name.startswith("W"))
    empty = {name: np.zeros_like(inputs[name]) for name in (f"W{last}", f"b{last}")}
    others = (inputs[n] for n in inputs if n.startswith("W") and n != f"W{last}")
    penalty = 0.5 * case.attributes["reg"] * sum(float(np.sum(w * w)) for w in others)
    loss = run({**inputs, **empty})["loss"]
    yield "the loss", loss, np.asarray(np.log(len(inputs[f"b{last}"])) + penalty)


LAWS = (
    Law("class order", "classes in another order give their scores and the same loss", class_order),
    Law(
        "first loss",
        "without a preference the loss is log(classes) and the penalty",
        uniform_at_zero,
    ),
)

CHAIN = "    def chain(self) -> list[Layer]:"


def inserted(name: str, explanation: str, method: str, *old_new: str, hint: str = "") -> Mistake:
    """A mistake that overrides what models share, by a method more before `chain`."""
    mistake = edit(name, explanation, CHAIN, f"{method}\n{CHAIN}", *old_new)
    return Mistake(mistake.name, mistake.explanation, mistake.edits, hint)


PENALTY = "    def penalty(self):\n        return {}\n"
WEIGHTS = "sum((self.parameters[n] ** 2).sum() for n in self.penalised())"
LOSS = """    def loss(self, x, y):
        loss, gradients = super().loss(x, y)
        {}
        return loss, gradients
"""

MISTAKES = (
    inserted(
        "penalty without the factor 1/2",
        "the loss has reg times the sum of squared weights, the gradients have reg times them",
        PENALTY.format(f"self.reg * {WEIGHTS}"),
    ),
    inserted(
        "penalty missing in the loss",
        "the loss is that of the scores alone",
        PENALTY.format("0.0"),
    ),
    inserted(
        "penalty missing in the gradients",
        "the weights' gradients are those of the scores alone",
        LOSS.format(
            "gradients = {n: g - self.reg * self.parameters[n] if n in self.penalised() else g "
            "for n, g in gradients.items()}"
        ),
    ),
    inserted(
        "penalty of the gradients twice as large",
        "the weights' gradients have 2 reg times the weights added, as without the factor 1/2",
        LOSS.format(
            "gradients = {n: g + self.reg * self.parameters[n] if n in self.penalised() else g "
            "for n, g in gradients.items()}"
        ),
    ),
    inserted(
        "penalty of the gradients summed over the weights",
        "every weight's gradient has reg times the sum of the weights added, not reg times its own",
        LOSS.format(
            "p = self.parameters\n        "
            "gradients = {n: g + self.reg * (p[n].sum() - p[n]) if n in self.penalised() else g "
            "for n, g in gradients.items()}"
        ),
    ),
    inserted(
        "biases under the penalty",
        "the penalty counts the biases too",
        "    def penalised(self):\n"
        "        return [n for n in self.parameters if n.startswith(('W', 'b'))]\n",
    ),
    inserted(
        "first weights alone under the penalty",
        "the penalty counts W1 only",
        "    def penalised(self):\n        return ['W1']\n",
    ),
    inserted(
        "penalty of the norm",
        "the penalty is the root of the sum of squares",
        PENALTY.format(f"0.5 * self.reg * np.sqrt({WEIGHTS})").replace(
            "        return", "        import numpy as np\n\n        return"
        ),
    ),
    inserted(
        "loss summed over the batch",
        "the loss of the scores is not divided by the number of samples",
        LOSS.format("loss = (loss - self.penalty()) * len(x) + self.penalty()"),
    ),
    inserted(
        "gradients summed over the batch",
        "the gradients are those of the sum over the samples",
        LOSS.format(
            "decay = {n: self.reg * self.parameters[n] if n in self.penalised() else 0.0 "
            "for n in gradients}\n        "
            "gradients = {n: (g - decay[n]) * len(x) + decay[n] for n, g in gradients.items()}"
        ),
    ),
    inserted(
        "gradients of the first layer missing its bias",
        "db1 is zero",
        LOSS.format("gradients['b1'] = 0 * gradients['b1']"),
    ),
    inserted(
        "probabilities for scores",
        "the scores are normalised by softmax, and so again in the loss",
        "    def scores(self, x):\n"
        "        return self.call('softmax_forward', super().scores(x))[0]\n",
    ),
    inserted(
        "parameters changed by the loss",
        "a call of the loss already moves the parameters",
        LOSS.format("self.parameters['b1'] -= 0.1 * gradients['b1']"),
    ),
    inserted(
        "input changed in place",
        "the batch is centred in place",
        LOSS.format("x -= 1"),
    ),
)

MISTAKES_WITH_STATE = (
    inserted(
        "scores of the training pass",
        "scores for a prediction are computed as in training",
        "    def scores(self, x):\n"
        "        return self._forward(x, training=bool(self.masks or self.state))[0]\n",
    ),
    inserted(
        "running statistics changed in evaluation",
        "scores for a prediction move the running statistics",
        "    def scores(self, x):\n"
        "        scores = super().scores(x)\n"
        "        for name in self.state:\n"
        "            self.state[name] = 0.9 * self.state[name]\n"
        "        return scores\n",
    ),
    inserted(
        "running statistics not kept",
        "what training has gathered is lost after each batch",
        "    def loss(self, x, y):\n"
        "        before = dict(self.state)\n"
        "        found = super().loss(x, y)\n"
        "        self.state = before\n"
        "        return found\n",
    ),
    inserted(
        "scales under the penalty",
        "the penalty counts gamma too",
        "    def penalised(self):\n"
        "        return [n for n in self.parameters if n.startswith(('W', 'gamma'))]\n",
    ),
)
"""Of models with dropout and batch norm, by what training leaves behind."""


OPTIMIZER_CORNERS: Corners = {
    f"optimizer {name}": lambda case, name=name: case.steps[0].get("optimizer") == name  # type: ignore[misc]
    for name in SLOTS
}


def corners() -> Corners:
    return {
        **OPTIMIZER_CORNERS,
        **each("reg", REGS),
        "several steps": lambda case: len(case.steps) > 2,
        "batch 1": lambda case: case.attributes["batch"] == 1,
        "large values": lambda case: case.regime == "large",
    }
