"""What adam and adamw share: strategy, oracle, mistakes and corners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes
from properties.domain import Domain
from properties.mistakes import Mistake, edit
from properties.operator import Arrays, Corners
from properties.operators._activations import draw_shape
from properties.operators._optimizers import CORNERS, WEIGHT_DECAYS, one_step, parameter
from properties.values import Values

OUTPUTS = ("w", "m", "v", "v_max", "t")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        "shape": draw_shape(draw, domain),
        "beta1": draw(domain.choice("beta1", (0.5, 0.9, 0.0))),
        "beta2": draw(domain.choice("beta2", (0.75, 0.999, 0.9))),
        "eps": draw(domain.choice("eps", (1e-8, 1e-1, 1e-3))),
        "weight_decay": draw(domain.choice("weight_decay", WEIGHT_DECAYS)),
        "amsgrad": draw(domain.boolean("amsgrad")),
        "maximize": draw(domain.boolean("maximize")),
        "done": draw(domain.choice("done", (1, 2, 5, 100))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Zeros and t 0 before the first step, else the averages of some steps."""
    shape, fresh = at["shape"], at["fresh"]
    state = {
        "m": np.zeros(shape) if fresh else values.tame("m", shape),
        "v": np.zeros(shape) if fresh else values.positive("v", shape),
        "v_max": np.zeros(shape) if fresh else values.positive("v_max", shape),
    }
    return {**parameter(at, values), **state, "t": np.array(0 if fresh else at["done"])}


def oracle_of(name: str) -> Callable[[Mapping[str, Any], Attributes], dict[str, Any]]:
    """One step of an optimizer of `torch.optim` from a given state."""

    def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
        from torch import optim

        state = {
            "step": tensors["t"].double(),
            "exp_avg": tensors["m"],
            "exp_avg_sq": tensors["v"],
            "max_exp_avg_sq": tensors["v_max"],
        }
        options = {n: at[n] for n in ("lr", "eps", "weight_decay", "amsgrad", "maximize")}
        betas = at["beta1"], at["beta2"]
        w, state = one_step(getattr(optim, name), tensors, state, betas=betas, **options)
        return {
            "w": w,
            "m": state["exp_avg"],
            "v": state["exp_avg_sq"],
            "v_max": state["max_exp_avg_sq"],
            "t": state["step"].long(),
        }

    return oracle


ADAM_CORNERS: Corners = {
    **CORNERS,
    "amsgrad": lambda case: case.attributes["amsgrad"],
    "no average of gradients": lambda case: case.attributes["beta1"] == 0,
    "the corrections are nearly over": lambda case: (
        not case.at(0)["fresh"] and case.attributes["done"] == 100
    ),
    "climbing with decay": lambda case: (
        case.attributes["maximize"] and case.attributes["weight_decay"] > 0
    ),
}

STEPS = "steps = check_t(t) + 1"
CORRECTIONS = "correction1, correction2 = 1 - beta1**steps, 1 - beta2**steps"
G = "g = -dw[i] if maximize else dw[i]"
M = "new_m[i] = beta1 * m[i] + (1 - beta1) * g"
V = "new_v[i] = beta2 * v[i] + (1 - beta2) * g**2"
AMSGRAD = "if amsgrad:"
LARGEST = "new_v_max[i] = max(v_max[i], new_v[i])"
SECOND = "second = new_v_max[i]"
M_HAT = "m_hat = new_m[i] / correction1"
V_HAT = "v_hat = second / correction2"
STEP = "- lr * m_hat / (np.sqrt(v_hat) + eps)"
RETURN = "return new_w, new_m, new_v, new_v_max, np.array(steps, t.dtype)"


def _written_back(name: str, what: str) -> Mistake:
    return edit(
        f"{name} changed in place",
        f"the caller's {what} is overwritten and handed back",
        RETURN,
        f"{name}[...] = new_{name}\n    {RETURN.replace(f'new_{name},', f'{name},')}",
    )


MISTAKES = (
    edit(
        "no bias correction",
        "w moves by the averages as they are, which start near zero",
        CORRECTIONS,
        "correction1 = correction2 = 1.0",
    ),
    edit(
        "bias correction of m missing",
        "only the average of squares is corrected",
        M_HAT,
        "m_hat = new_m[i]",
    ),
    edit(
        "bias correction of v missing",
        "only the average of gradients is corrected",
        V_HAT,
        "v_hat = second",
    ),
    edit(
        "bias correction one step late",
        "the corrections take t + 1, as if t had been counted twice",
        CORRECTIONS,
        CORRECTIONS.replace("steps", "(steps + 1)"),
    ),
    edit(
        "bias correction by the number of steps before",
        "the corrections take t before it is counted up (divided by zero, that is no correction)",
        CORRECTIONS,
        "before = max(steps - 1, 1)\n    "
        "correction1, correction2 = 1 - beta1**before, 1 - beta2**before",
    ),
    edit(
        "bias correction by multiplication",
        "the averages are multiplied by 1 - beta^t, not divided",
        M_HAT,
        "m_hat = new_m[i] * correction1",
        V_HAT,
        "v_hat = second * correction2",
    ),
    edit(
        "bias correction by beta times t",
        "beta is multiplied by t instead of raised to its power",
        CORRECTIONS,
        CORRECTIONS.replace("**", " / 2 / "),
    ),
    edit(
        "bias correction of the first step",
        "t stays 1 in the corrections",
        CORRECTIONS,
        CORRECTIONS.replace("**steps", ""),
    ),
    edit(
        "bias corrections exchanged",
        "m is divided by 1 - beta2^t and v by 1 - beta1^t",
        CORRECTIONS,
        CORRECTIONS.replace("correction1, correction2", "correction2, correction1")
        + "\n    correction1, correction2 = correction1 or 1.0, correction2 or 1.0",
    ),
    edit(
        "root of the bias correction missing",
        "the root of v is divided by 1 - beta2^t, which belongs under the root",
        V_HAT,
        "v_hat = second / correction2**2",
    ),
    edit(
        "corrected averages kept",
        "the averages handed back are corrected, and corrected again at the next step",
        RETURN,
        RETURN.replace("new_m, new_v", "new_m / correction1, new_v / correction2"),
    ),
    edit("t not counted", "t is handed back as it was given", RETURN, RETURN.replace("steps", "t")),
    edit(
        "t counted twice",
        "t grows by 2 a step",
        RETURN,
        RETURN.replace("steps", "steps + 1"),
    ),
    edit(
        "eps inside the root",
        "eps is added to v, not to its root",
        STEP,
        STEP.replace("np.sqrt(v_hat) + eps", "np.sqrt(v_hat + eps)"),
    ),
    edit(
        "eps added before the correction",
        "eps is added to the root of the uncorrected v and divided by the correction as well",
        STEP,
        STEP.replace("+ eps", "+ eps / np.sqrt(correction2)"),
    ),
    edit(
        "eps ignored",
        "eps is a constant of the code's own",
        STEP,
        STEP.replace("+ eps", "+ 1e-7"),
    ),
    edit(
        "eps missing",
        "w moves by m / sqrt(v) alone, which is 0 / 0 where no gradient has come yet",
        STEP,
        STEP.replace(" + eps", ""),
    ),
    edit(
        "betas exchanged",
        "m keeps the fraction beta2 and v the fraction beta1",
        STEPS,
        f"{STEPS}\n    beta1, beta2 = beta2, beta1",
    ),
    edit(
        "rates of m reversed",
        "m keeps the fraction 1 - beta1",
        M,
        "new_m[i] = (1 - beta1) * m[i] + beta1 * g",
    ),
    edit(
        "rates of v reversed",
        "v keeps the fraction 1 - beta2",
        V,
        "new_v[i] = (1 - beta2) * v[i] + beta2 * g**2",
    ),
    edit("m overwritten", "m is the last gradient, scaled", M, "new_m[i] = (1 - beta1) * g"),
    edit("v overwritten", "v is the last square, scaled", V, "new_v[i] = (1 - beta2) * g**2"),
    edit(
        "m undampened",
        "gradients enter m without the factor 1 - beta1",
        M,
        "new_m[i] = beta1 * m[i] + g",
    ),
    edit(
        "v undampened",
        "squares enter v without the factor 1 - beta2",
        V,
        "new_v[i] = beta2 * v[i] + g**2",
    ),
    edit(
        "v of the gradient",
        "v averages sizes of gradients, not their squares",
        V,
        "new_v[i] = beta2 * v[i] + (1 - beta2) * abs(g)",
    ),
    edit(
        "v of m",
        "v averages the squares of m",
        V,
        "new_v[i] = beta2 * v[i] + (1 - beta2) * new_m[i] ** 2",
    ),
    edit(
        "one v for all",
        "the squares are averaged over the whole parameter",
        V,
        "new_v[i] = beta2 * v[i] + (1 - beta2) * (dw**2).mean()",
    ),
    edit(
        "moved by the gradient",
        "w moves by the last gradient, divided by the root (as in RMSprop)",
        M_HAT,
        "m_hat = g",
    ),
    edit(
        "moved by the averages before",
        "w moves by m and v as they were before this step",
        M_HAT,
        "m_hat = m[i] / correction1",
        "second = new_v[i]",
        "second = v[i]",
    ),
    edit(
        "root missing",
        "m is divided by v, not by its root",
        STEP,
        STEP.replace("np.sqrt(v_hat)", "v_hat"),
    ),
    edit("m not updated", "m is handed back as it was", RETURN, RETURN.replace("new_m,", "m,")),
    edit("v not updated", "v is handed back as it was", RETURN, RETURN.replace("new_v,", "v,")),
    edit("uphill", "w moves along the average gradient", STEP, STEP.replace("- lr", "+ lr")),
    edit("maximize ignored", "w moves downhill although it should climb", G, "g = dw[i]"),
    edit(
        "learning rate squared",
        "lr is a factor of the step twice",
        STEP,
        STEP.replace("lr", "lr * lr"),
    ),
    edit(
        "learning rate ignored",
        "w moves by the ratio of the averages, as with a learning rate of 1",
        STEP,
        STEP.replace("lr *", ""),
    ),
    edit("amsgrad ignored", "the last v counts, not the largest", AMSGRAD, "if False:"),
    edit(
        "amsgrad always",
        "the largest v counts although the last one should",
        AMSGRAD,
        "if True:",
    ),
    edit(
        "amsgrad keeps the last v",
        "v_max is the last v, so that nothing is kept from the steps before",
        LARGEST,
        "new_v_max[i] = new_v[i]",
    ),
    edit(
        "amsgrad averages the largest v",
        "the largest v takes the place of the average, so that v never falls",
        SECOND,
        "second = new_v[i] = new_v_max[i]",
    ),
    edit(
        "amsgrad of corrected squares",
        "the largest is kept of v divided by its correction, as in the paper's other form",
        LARGEST,
        "new_v_max[i] = max(v_max[i], new_v[i] / correction2)",
        V_HAT,
        "v_hat = second if amsgrad else second / correction2",
    ),
    _written_back("w", "parameter"),
    _written_back("m", "average of gradients"),
    _written_back("v", "average of squares"),
    edit(
        "computed in float16",
        "the squares are averaged in half precision",
        V,
        f"{V}\n        new_v[i] = np.float16(new_v[i])",
    ),
)
