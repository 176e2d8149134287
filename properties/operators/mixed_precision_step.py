"""mixed_precision_step: strategy over steps that overflow or not, oracle, laws and mistakes."""

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
from properties.values import Values

OVERFLOWS = ("none", "inf", "none", "nan", "-inf", "none")
INTERVALS = (2, 3, 1, 2000)
SCALES = (1024.0, 65536.0, 8.0)
NORMS = (None, 0.5, 100.0)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Two parameters, and how the scale grows and falls; it has been growing for some steps."""
    interval = draw(domain.choice("growth_interval", INTERVALS))
    done = draw(domain.choice("done", ("nothing", "some", "all but one")))
    return {
        "shape": draw(domain.choice("shape", ((3,), (2, 3), (1,), (2, 1, 2), (0, 2)))),
        "biases": draw(domain.integer("biases", 1, 3)),
        "scale": draw(domain.choice("scale", SCALES)),
        "growth_tracker": {"nothing": 0, "some": interval // 2, "all but one": interval - 1}[done],
        "lr": draw(domain.choice("lr", (0.5, 0.1, 1.0))),
        "growth_factor": draw(domain.choice("growth_factor", (2.0, 4.0))),
        "backoff_factor": draw(domain.choice("backoff_factor", (0.5, 0.25))),
        "growth_interval": interval,
        "max_norm": draw(domain.choice("max_norm", (*NORMS, 0.5))),
    }


def steps(draw: DrawFn, domain: Domain) -> tuple[Attributes, ...]:
    count = draw(domain.choice("steps", (1, 4, 2, 3, 6)))
    return tuple(
        {
            "overflow": draw(domain.choice("overflow", OVERFLOWS)),
            "where": draw(domain.choice("where", ("dw", "db"))),
        }
        for _ in range(count)
    )


def inputs(at: Attributes, values: Values) -> Arrays:
    shape, biases = at["shape"], (at["biases"],)
    scaled = {
        "dw": values.array("dw", shape) * at["scale"],
        "db": values.nonzero("db", biases) * at["scale"],
    }
    if at["overflow"] != "none":
        name = at["where"] if scaled[at["where"]].size else "db"
        rng = values.rng("overflow")
        scaled[name].flat[rng.integers(scaled[name].size)] = float(at["overflow"])
    return {
        "w": values.tame("w", shape),
        "b": values.tame("b", biases),
        **scaled,
        "scale": np.array(at["scale"]),
        "growth_tracker": np.array(at["growth_tracker"]),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    with torch.enable_grad():
        parameters = [tensors[name].detach().clone().requires_grad_() for name in ("w", "b")]
    for parameter, name in zip(parameters, ("dw", "db"), strict=True):
        parameter.grad = tensors[name].detach().clone()
    optimizer = torch.optim.SGD(parameters, lr=at["lr"])
    factors = {name: at[name] for name in ("growth_factor", "backoff_factor", "growth_interval")}
    scaler = torch.amp.GradScaler("cpu")
    tracker = int(tensors["growth_tracker"])
    scaler.load_state_dict(
        {"scale": float(tensors["scale"]), "_growth_tracker": tracker, **factors}
    )
    scaler.scale(torch.zeros(()))
    scaler.unscale_(optimizer)
    if at["max_norm"] is not None:
        torch.nn.utils.clip_grad_norm_(parameters, at["max_norm"])
    scaler.step(optimizer)
    scaler.update()
    w, b = (parameter.detach() for parameter in parameters)
    state = scaler.state_dict()
    return {
        "w": w,
        "b": b,
        "scale": torch.tensor(state["scale"], dtype=tensors["scale"].dtype),
        "growth_tracker": torch.tensor(state["_growth_tracker"], dtype=torch.int64),
    }


def finite(inputs: Arrays) -> Arrays:
    return inputs | {n: np.nan_to_num(inputs[n], posinf=1.0, neginf=1.0) for n in ("dw", "db")}


def skipped(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """One infinite number anywhere, and nothing moves but the scale."""
    db = np.array(inputs["db"])
    db[-1] = np.inf
    outputs = run({**finite(inputs), "db": db})
    for name in ("w", "b"):
        yield name, outputs[name], inputs[name]
    yield "scale", outputs["scale"], inputs["scale"] * case.attributes["backoff_factor"]
    yield "growth_tracker", outputs["growth_tracker"], np.array(0)


def any_scale(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Of a loss four times as large, with four times the scale, the step is the same."""
    given = finite(inputs)
    larger = {name: 4 * given[name] for name in ("dw", "db", "scale")}
    outputs, scaled = run(given), run(given | larger)
    for name in ("w", "b", "growth_tracker"):
        yield name, scaled[name], outputs[name]
    yield "scale", scaled["scale"], 4 * outputs["scale"]


def grown(run: Any, case: Case, inputs: Arrays) -> Pairs:
    last = np.array(case.attributes["growth_interval"] - 1)
    outputs = run({**finite(inputs), "growth_tracker": last})
    yield "scale", outputs["scale"], inputs["scale"] * case.attributes["growth_factor"]
    yield "growth_tracker", outputs["growth_tracker"], np.array(0)


UNSCALED = "g[i] = g[i] / scale"
SQUARES = "squares += 0.0 if overflow else g[i] ** 2"
FOUND = "if not np.isfinite(g[i]):"
SKIPPED = "if not overflow:"
MOVE = "p[i] = p[i] - lr * factor * g[i]"
FACTOR = "factor = min(1.0, most / (np.sqrt(squares) + 1e-6))"
BACKOFF = "new_scale, tracker = scale * backoff, 0"
GROWN = "elif tracker == interval:"
GROWTH = "new_scale, tracker = scale * growth, 0"
COUNTED = "new_scale, tracker = scale, int(growth_tracker) + 1"

MISTAKES = (
    edit("gradients never unscaled", "the step is `scale` times too large", UNSCALED, "pass"),
    edit("gradients multiplied by the scale", "they are scaled twice, not unscaled", UNSCALED,
         "g[i] = g[i] * scale"),
    edit("weights alone unscaled", "the gradients of biases stay scaled", UNSCALED,
         "g[i] = g[i] / scale if g is gradients[0] else g[i]"),
    edit("gradients unscaled twice", "`unscale_` is called before the clipping and before the step",
         MOVE, MOVE.replace("g[i]", "g[i] / scale")),
    edit("gradients unscaled by the next scale", "the scale is updated first", UNSCALED,
         "g[i] = g[i] / (scale * growth if not overflow and growth_tracker + 1 == interval"
         " else scale)"),
    edit("step in spite of an overflow", "infinite gradients move the parameters", SKIPPED,
         "if True:"),
    edit("offending parameter alone skipped", "the other one moves", SKIPPED,
         "if np.isfinite(g).all():"),
    edit("offending number alone skipped", "all others move", SKIPPED, "if np.isfinite(g[i]):"),
    edit("gradients of an overflow set to zero", "`nan_to_num`: nothing is skipped", SKIPPED,
         "g[i] = g[i] if np.isfinite(g[i]) else 0.0\n            if True:", BACKOFF,
         "new_scale = scale"),
    edit("infinite numbers alone looked for", "nan is not seen", FOUND, "if np.isinf(g[i]):"),
    edit("nan alone looked for", "infinite numbers are not seen", FOUND, "if np.isnan(g[i]):"),
    edit("sign of infinity", "-inf is not seen", FOUND, "if np.isnan(g[i]) or g[i] == np.inf:"),
    edit("last parameter alone looked at", "the flag is set anew for each", "overflow = False\n    "
         "for g in gradients:\n", "for g in gradients:\n        overflow = False\n"),
    edit("scale kept after an overflow", "only the step is skipped", BACKOFF, "tracker = 0"),
    edit("scale backed off by growth", "it is divided by growth_factor", BACKOFF,
         "new_scale, tracker = scale / growth, 0"),
    edit("tracker kept after an overflow", "steps need not be in a row", BACKOFF,
         "new_scale, tracker = scale * backoff, int(growth_tracker)"),
    edit("tracker counts overflows", "a step that is skipped is one of the steps", BACKOFF,
         "new_scale = scale * backoff"),
    edit("scale never grows", "it only falls", GROWTH, "tracker = 0"),
    edit("scale grows by backoff", "it is divided by backoff_factor", GROWTH,
         "new_scale, tracker = scale / backoff, 0"),
    edit("scale grows one step late", "more than growth_interval steps are waited for", GROWN,
         "elif tracker > interval:"),
    edit("scale grows one step early", "the step itself is counted twice", GROWN,
         "elif tracker >= interval - 1:"),
    edit("scale grows at every step", "the interval is not looked at", GROWN, "elif True:"),
    edit("tracker goes on after a growth", "the scale grows once", GROWTH,
         "new_scale = scale * growth"),
    edit("step skipped at a growth", "the scale changes, as after an overflow", SKIPPED,
         "if not overflow and growth_tracker + 1 != interval:"),
    edit("gradients clipped before they are unscaled", "max_norm is compared with scaled norms",
         FACTOR, FACTOR.replace("np.sqrt(squares)", "np.sqrt(squares) * scale")),
    edit("clipping forgotten", "max_norm is not looked at", FACTOR, "factor = 1.0"),
    edit("each parameter clipped alone", "the norm is not that of all gradients", MOVE,
         "norm = np.sqrt(np.sum(np.abs(g) ** 2)) + 1e-6\n"
         "                near = 1.0 if most is None else min(1.0, most / norm)\n"
         "                p[i] = p[i] - lr * near * g[i]"),
    edit("gradients always brought to max_norm", "small ones are enlarged", FACTOR,
         "factor = most / (np.sqrt(squares) + 1e-6)"),
    edit("master weights in half precision", "small steps are lost", MOVE,
         f"{MOVE}\n                p[i] = np.asarray(p[i], np.float16)"),
    edit("gradients in half precision once unscaled", "they underflow again", UNSCALED,
         "g[i] = np.asarray(g[i] / scale, np.float16)"),
    edit("parameters changed in place", "the caller's are overwritten", "(w.copy(), b.copy()), ",
         "(w, b), "),
    edit("gradients changed in place", "the caller's are unscaled", "(dw.copy(), db.copy())",
         "(dw, db)"),
)  # fmt: skip


def _overflows(case: Case) -> list[bool]:
    return [step["overflow"] != "none" for step in case.steps]


CORNERS: Corners = {
    **each("growth_interval", INTERVALS),
    **each("max_norm", NORMS),
    "several steps": lambda case: len(case.steps) > 3,
    "no overflow": lambda case: not any(_overflows(case)),
    "overflow, then none": lambda case: (True, False) in zip(
        _overflows(case), _overflows(case)[1:], strict=False
    ),
    "empty parameter": lambda case: 0 in case.attributes["shape"],
}  # fmt: skip

STATE = ("w", "b", "scale", "growth_tracker")

operator = Operator(
    name="mixed_precision_step",
    source="torch.amp.GradScaler",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=STATE,
    state=STATE,
    steps=steps,
    regimes=("integers", "sparse", "normal", "large"),
    laws=(
        Law("skipped", "one infinite gradient, and only the scale changes", skipped),
        Law("any scale", "loss and scale four times as large lead to the same step", any_scale),
        Law("grown", "after the last step of an interval the scale grows", grown),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
