"""sgd: strategy over momentum and schedules, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._activations import draw_shape
from properties.operators._optimizers import (
    CORNERS,
    ORDER,
    WEIGHT_DECAYS,
    one_step,
    parameter,
    steps,
    weights,
)
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    momentum = draw(domain.choice("momentum", (0.5, 0.9, 0.0)))
    # Nesterov's momentum is never dampened, so it is the rarer one.
    nesterov = bool(momentum) and draw(domain.choice("nesterov", (False, False, True)))
    # A velocity that is a moving average, as some courses have it, is dampened by the momentum.
    averaged = not nesterov and draw(domain.boolean("averaged"))
    dampening = 0.0 if nesterov else draw(domain.choice("dampening", (0.25, 0.0)))
    return {
        "shape": draw_shape(draw, domain),
        "momentum": momentum,
        "averaged": averaged,
        "dampening": momentum if averaged else dampening,
        "nesterov": nesterov,
        "weight_decay": draw(domain.choice("weight_decay", WEIGHT_DECAYS)),
        "maximize": draw(domain.boolean("maximize")),
        "velocity_form": draw(domain.choice("velocity_form", ("torch", "scaled"))),
        "start": draw(domain.choice("start", ("zero", "gradient"))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    shape = at["shape"]
    velocity = np.zeros(shape) if at["fresh"] else values.tame("velocity", shape)
    return {**parameter(at, values), "velocity": velocity}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.optim import SGD

    options = {n: at[n] for n in ("lr", "dampening", "weight_decay", "nesterov", "maximize")}
    unit = -at["lr"] if at["velocity_form"] == "scaled" else 1.0
    none = at["fresh"] and at["start"] == "gradient"
    buffer = {} if none else {"momentum_buffer": tensors["velocity"] / unit}
    w, state = one_step(SGD, tensors, buffer, momentum=at["momentum"], **options)
    if at["momentum"]:
        return {"w": w, "velocity": unit * state["momentum_buffer"]}
    if unit == 1:
        return {"w": w, "velocity": tensors["velocity"]}
    g = -tensors["dw"] if at["maximize"] else tensors["dw"]
    return {"w": w, "velocity": unit * (g + at["weight_decay"] * tensors["w"])}


def additive(run: Any, case: Case, inputs: Arrays) -> Pairs:
    values = Values("normal", case.seed, 1)
    others = {name: values.array(name, a.shape) for name, a in inputs.items()}
    both = run({name: inputs[name] + others[name] for name in inputs})
    first, second = run(inputs), run(others)
    for name, got in both.items():
        yield name, got, first[name] + second[name]


G = "g = -dw[i] if maximize else dw[i]"
DECAY = "g = g + weight_decay * w[i]"
MOVED = "v = momentum * velocity[i] + (1 - dampening) * g"
FIRST = 'if momentum == 0 or (fresh and start == "gradient"):'
STEP = "step = g + momentum * v if nesterov else v"
SCALED = "if scaled:"
W = "new_w[i] = w[i] + step if scaled else w[i] - lr * step"
KEPT = "new_velocity[i] = velocity[i] if momentum == 0 and not scaled else v"
RETURN = "return new_w, new_velocity"

MISTAKES = (
    edit(
        "uphill",
        "w moves along the gradient, not against it",
        G,
        "g = dw[i] if maximize else -dw[i]",
    ),
    edit("maximize ignored", "w moves downhill although it should climb", G, "g = dw[i]"),
    edit(
        "learning rate ignored",
        "w moves by the whole velocity, as with a learning rate of 1",
        W,
        "new_w[i] = w[i] + step / lr if scaled else w[i] - step",
    ),
    edit(
        "learning rate squared",
        "w moves by lr times a velocity that has the factor lr already",
        W,
        "new_w[i] = w[i] + lr * step if scaled else w[i] - lr * lr * step",
    ),
    edit(
        "learning rate in the velocity",
        "the velocity is the step -lr g + momentum velocity, where it should be without lr",
        SCALED,
        "scaled = True\n        if True:",
    ),
    edit(
        "learning rate not in the velocity",
        "the velocity adds up gradients without the factor -lr it should have",
        SCALED,
        "scaled = False\n        if False:",
    ),
    edit("momentum ignored", "w moves by the gradient alone", MOVED, "v = g"),
    edit(
        "velocity not updated",
        "the velocity handed back is the one handed in",
        KEPT,
        "new_velocity[i] = velocity[i]",
    ),
    edit(
        "velocity of the first step",
        "the velocity handed back is the gradient alone",
        KEPT,
        KEPT.replace("else v", "else g"),
    ),
    edit(
        "momentum dampened",
        "the gradient enters the velocity with 1 - momentum (a moving average)",
        MOVED,
        "v = momentum * velocity[i] + (1 - momentum) * g",
    ),
    edit(
        "dampening ignored",
        "the gradient enters the velocity undampened",
        MOVED,
        "v = momentum * velocity[i] + g",
    ),
    edit(
        "dampening of the velocity",
        "the old velocity is dampened, not the gradient",
        MOVED,
        "v = momentum * (1 - dampening) * velocity[i] + g",
    ),
    edit(
        "first gradient dampened",
        "the first velocity is (1 - dampening) g, not g",
        FIRST,
        "if momentum == 0:",
    ),
    edit(
        "first gradient undampened",
        "the first velocity is g, where it should move from zero to (1 - dampening) g",
        FIRST,
        "if momentum == 0 or fresh:",
    ),
    edit(
        "momentum reversed",
        "the fraction 1 - momentum of the velocity is kept",
        MOVED,
        "v = (1 - momentum) * velocity[i] + (1 - dampening) * g",
    ),
    edit(
        "velocity of the other sign",
        "the gradient is taken from the velocity, to which it should be added",
        MOVED,
        "v = momentum * velocity[i] - (1 - dampening) * g",
    ),
    edit(
        "moved by the old velocity",
        "w moves by the velocity of the step before",
        STEP,
        "step = g + momentum * v if nesterov else velocity[i]",
    ),
    edit("nesterov ignored", "w moves by the velocity, as with plain momentum", STEP, "step = v"),
    edit(
        "nesterov by the old velocity",
        "the gradient is added to the velocity of the step before",
        STEP,
        "step = g + momentum * velocity[i] if nesterov else v",
    ),
    edit(
        "nesterov without the momentum",
        "the whole velocity is added to the gradient, without the factor momentum",
        STEP,
        "step = g + v if nesterov else v",
    ),
    edit("weight decay ignored", "the gradient lacks weight_decay w", DECAY, "pass"),
    edit(
        "weight decay of the other sign",
        "weight_decay w is taken from the gradient, so that weights grow",
        DECAY,
        "g = g - weight_decay * w[i]",
    ),
    edit(
        "weight decay decoupled",
        "w shrinks by lr weight_decay w directly, past the velocity (as in AdamW)",
        DECAY,
        "pass",
        W,
        f"{W}\n        new_w[i] -= lr * weight_decay * w[i]",
    ),
    edit(
        "weight decay doubled",
        "the gradient has 2 weight_decay w, as the penalty weight_decay w^2 would give",
        DECAY,
        "g = g + 2 * weight_decay * w[i]",
    ),
    edit(
        "weight decay by the sign",
        "the gradient has weight_decay sign(w), as an L1 penalty would give",
        DECAY,
        "g = g + weight_decay * np.sign(w[i])",
    ),
    edit(
        "weight decay of the velocity",
        "the velocity decays, not the parameter",
        DECAY,
        "g = g + weight_decay * velocity[i]",
    ),
    edit(
        "weight decay maximized",
        "maximize turns the sign of the weight decay as well",
        DECAY,
        "g = g + (-weight_decay if maximize else weight_decay) * w[i]",
    ),
    edit(
        "gradient clipped to 1",
        "large gradients are cut off before the step",
        G,
        f"{G}\n        g = min(max(g, -1), 1)",
    ),
    edit(
        "averaged over the parameter",
        "the step is divided by the number of elements of w",
        W,
        "new_w[i] = w[i] + (step if scaled else -lr * step) / w.size",
    ),
    edit(
        "one gradient for all",
        "every number moves by the mean gradient of the parameter",
        G,
        "g = -dw.mean() if maximize else dw.mean()",
    ),
    edit(
        "w changed in place",
        "the caller's w is overwritten and handed back",
        W,
        f"{W}\n        w[i] = new_w[i]",
        RETURN,
        "return w, new_velocity",
    ),
    edit(
        "velocity changed in place",
        "the caller's velocity is overwritten and handed back",
        KEPT,
        f"{KEPT}\n        velocity[i] = new_velocity[i]",
        RETURN,
        "return new_w, velocity",
    ),
    edit(
        "gradient changed in place",
        "the weight decay is added to the caller's gradient",
        DECAY,
        "dw[i] += (-weight_decay if maximize else weight_decay) * w[i]\n"
        "        g = -dw[i] if maximize else dw[i]",
    ),
    edit(
        "computed in float16",
        "the step is rounded to half precision",
        W,
        "step = np.float16(step)\n        " + W,
    ),
)

SGD_CORNERS: Corners = {
    **CORNERS,
    "no momentum": lambda case: case.attributes["momentum"] == 0,
    "nesterov": lambda case: case.attributes["nesterov"],
    "velocity is an average": lambda case: case.attributes["averaged"],
    "dampened first step": lambda case: case.at(0)["fresh"] and case.attributes["dampening"] > 0,
    "velocity starts at zero": lambda case: (
        case.at(0)["fresh"] and case.attributes["start"] == "zero"
    ),
    "velocity has the factor -lr": lambda case: case.attributes["velocity_form"] == "scaled",
    "climbing with decay": lambda case: (
        case.attributes["maximize"] and case.attributes["weight_decay"] > 0
    ),
}

operator = Operator(
    name="sgd",
    source="torch.optim.SGD",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("w", "velocity"),
    state=("w", "velocity"),
    steps=steps,
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        ORDER,
        Law("additivity", "two problems added give the sum of both steps", additive),
    ),
    mistakes=MISTAKES,
    corners=SGD_CORNERS,
    workloads=(
        weights(
            momentum=0.9,
            averaged=False,
            dampening=0.0,
            nesterov=False,
            velocity_form="torch",
            start="gradient",
        ),
    ),
)
