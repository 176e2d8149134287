"""rmsprop: strategy over centring and momentum, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Operator
from properties.operators._activations import draw_shape
from properties.operators._optimizers import (
    CORNERS,
    ORDER,
    WEIGHT_DECAYS,
    one_step,
    parameter,
    steps,
    symmetry,
    weights,
)
from properties.values import Values

OUTPUTS = ("w", "square_avg", "grad_avg", "velocity")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        "shape": draw_shape(draw, domain),
        "alpha": draw(domain.choice("alpha", (0.75, 0.99, 0.9))),
        "eps": draw(domain.choice("eps", (1e-8, 1e-1, 1e-3))),
        "weight_decay": draw(domain.choice("weight_decay", WEIGHT_DECAYS)),
        "momentum": draw(domain.choice("momentum", (0.0, 0.5, 0.9))),
        "centered": draw(domain.boolean("centered")),
        "maximize": draw(domain.boolean("maximize")),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    shape = at["shape"]
    zeros = {name: np.zeros(shape) for name in OUTPUTS[1:]}
    if at["fresh"]:
        return {**parameter(at, values), **zeros}
    mean = values.tame("grad_avg", shape)
    state = {
        "square_avg": mean**2 + values.positive("square_avg", shape),  # so that there is a variance
        "grad_avg": mean,
        "velocity": values.tame("velocity", shape),
    }
    return {**parameter(at, values), **state}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch import tensor
    from torch.optim import RMSprop

    state = {n: tensors[n] for n in ("square_avg", "grad_avg")} | {"step": tensor(0.0)}
    state["momentum_buffer"] = tensors["velocity"]
    used = ("lr", "alpha", "eps", "weight_decay", "momentum", "centered", "maximize")
    w, state = one_step(RMSprop, tensors, state, **{name: at[name] for name in used})
    averages = {n: state[n] for n in ("square_avg", "grad_avg")}
    return {"w": w, **averages, "velocity": state["momentum_buffer"]}


G = "g = -dw[i] if maximize else dw[i]"
DECAY = "g = g + weight_decay * w[i]"
SQUARES = "new_square_avg[i] = alpha * square_avg[i] + (1 - alpha) * g**2"
VARIANCE = "variance = new_square_avg[i]"
CENTERED = "if centered:"
MEAN = "new_grad_avg[i] = alpha * grad_avg[i] + (1 - alpha) * g"
LESS = "variance = variance - new_grad_avg[i] ** 2"
STEP = "step = g / (np.sqrt(variance) + eps)"
MOMENTUM = "if momentum > 0:"
MOVED = "step = new_velocity[i] = momentum * velocity[i] + step"
W = "new_w[i] = w[i] - lr * step"
RETURN = "return new_w, new_square_avg, new_grad_avg, new_velocity"

MISTAKES = (
    edit(
        "decay rate reversed",
        "the average of squares keeps the fraction 1 - alpha",
        SQUARES,
        "new_square_avg[i] = (1 - alpha) * square_avg[i] + alpha * g**2",
    ),
    edit(
        "squares added up",
        "squares are added without being averaged (as in Adagrad)",
        SQUARES,
        "new_square_avg[i] = square_avg[i] + g**2",
    ),
    edit(
        "squares undampened",
        "squares enter the average without the factor 1 - alpha",
        SQUARES,
        "new_square_avg[i] = alpha * square_avg[i] + g**2",
    ),
    edit(
        "average overwritten",
        "the average is the last square, scaled",
        SQUARES,
        "new_square_avg[i] = (1 - alpha) * g**2",
    ),
    edit(
        "average of sizes",
        "sizes of gradients are averaged, not their squares",
        SQUARES,
        SQUARES.replace("g**2", "abs(g)"),
    ),
    edit(
        "average not updated",
        "the average of squares is handed back as it was",
        RETURN,
        RETURN.replace("new_square_avg", "square_avg"),
    ),
    edit(
        "divided by the average before",
        "the step is divided by the root of the average before this step",
        VARIANCE,
        "variance = square_avg[i]",
    ),
    edit(
        "one average for all",
        "the squares are averaged over the whole parameter",
        SQUARES,
        SQUARES.replace("g**2", "(dw**2).mean()"),
    ),
    edit(
        "eps inside the root",
        "eps is added under the root",
        STEP,
        "step = g / np.sqrt(variance + eps)",
    ),
    edit(
        "eps ignored",
        "eps is a constant of the code's own",
        STEP,
        STEP.replace("+ eps", "+ 1e-7"),
    ),
    edit(
        "eps missing",
        "g is divided by the root alone, 0 / 0 at first",
        STEP,
        "step = g / np.sqrt(variance)",
    ),
    edit(
        "root missing",
        "g is divided by the average, not by its root",
        STEP,
        "step = g / (variance + eps)",
    ),
    edit("uphill", "w moves along the gradient", W, "new_w[i] = w[i] + lr * step"),
    edit("maximize ignored", "w moves downhill although it should climb", G, "g = dw[i]"),
    edit(
        "learning rate ignored", "w moves as with a learning rate of 1", W, "new_w[i] = w[i] - step"
    ),
    edit("learning rate squared", "lr is a factor twice", W, "new_w[i] = w[i] - lr * lr * step"),
    edit("weight decay ignored", "the gradient lacks weight_decay w", DECAY, "pass"),
    edit(
        "weight decay decoupled",
        "w shrinks by lr weight_decay w directly, past the averages (as in AdamW)",
        DECAY,
        "pass",
        W,
        f"{W} - lr * weight_decay * w[i]",
    ),
    edit(
        "weight decay of the other sign",
        "weight_decay w is taken from the gradient, so that weights grow",
        DECAY,
        DECAY.replace("+", "-"),
    ),
    edit(
        "weight decay maximized",
        "maximize turns the sign of the weight decay as well",
        DECAY,
        "g = g + (-weight_decay if maximize else weight_decay) * w[i]",
    ),
    edit("centered ignored", "the mean gradient is not taken off", LESS, "pass"),
    edit(
        "centered always",
        "the mean gradient is taken off although it should not be",
        CENTERED,
        "if True:",
    ),
    edit(
        "centered by the mean before",
        "the mean gradient before this step is taken off",
        LESS,
        "variance = variance - grad_avg[i] ** 2",
    ),
    edit(
        "centered by the last gradient",
        "the square of the mean is that of the last gradient",
        MEAN,
        "new_grad_avg[i] = (1 - alpha) * g",
    ),
    edit(
        "mean not squared",
        "the mean gradient is taken off without being squared",
        LESS,
        "variance = abs(variance - new_grad_avg[i])",
    ),
    edit("momentum ignored", "w moves by the last ratio alone", MOMENTUM, "if False:"),
    edit(
        "velocity not updated",
        "the velocity is handed back as it was",
        MOVED,
        "step = momentum * velocity[i] + step",
    ),
    edit(
        "velocity of gradients",
        "gradients are added up, and the sum is divided by the root",
        MOVED,
        "new_velocity[i] = momentum * velocity[i] + g\n"
        "            step = new_velocity[i] / (np.sqrt(variance) + eps)",
    ),
    edit(
        "learning rate in the velocity",
        "the velocity adds up steps with the factor lr",
        MOVED,
        "new_velocity[i] = momentum * velocity[i] + lr * step\n"
        "            step = new_velocity[i] / lr",
    ),
    edit(
        "momentum dampened",
        "the ratio enters the velocity with 1 - momentum",
        MOVED,
        MOVED.replace("+ step", "+ (1 - momentum) * step"),
    ),
    edit(
        "w changed in place",
        "the caller's w is overwritten and handed back",
        RETURN,
        f"w[...] = new_w\n    {RETURN.replace('new_w', 'w')}",
    ),
    edit(
        "average changed in place",
        "the caller's average of squares is overwritten and handed back",
        RETURN,
        f"square_avg[...] = new_square_avg\n    {RETURN.replace('new_square_avg', 'square_avg')}",
    ),
    edit(
        "gradient changed in place",
        "the weight decay is added to the caller's gradient",
        G,
        f"dw[i] += (-weight_decay if maximize else weight_decay) * w[i]\n        {G}",
        DECAY,
        "pass",
    ),
    edit(
        "computed in float16",
        "the step is rounded to half precision",
        W,
        "new_w[i] = w[i] - lr * np.float16(step)",
    ),
)

RMSPROP_CORNERS: Corners = {
    **CORNERS,
    "centered": lambda case: case.attributes["centered"],
    "momentum": lambda case: case.attributes["momentum"] > 0,
    "centered with momentum": lambda case: (
        case.attributes["centered"] and case.attributes["momentum"] > 0
    ),
}

operator = Operator(
    name="rmsprop",
    source="torch.optim.RMSprop",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=OUTPUTS,
    state=OUTPUTS,
    steps=steps,
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(ORDER, symmetry("w", "dw", "grad_avg", "velocity")),
    mistakes=MISTAKES,
    corners=RMSPROP_CORNERS,
    workloads=(weights(alpha=0.99, eps=1e-8, momentum=0.0, centered=False),),
)
