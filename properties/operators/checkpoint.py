"""checkpoint: strategy over trainings that are saved and loaded, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators import _loops
from properties.operators._corners import each
from properties.operators._loops import PARAMETERS, STATISTICS

HELD = (*PARAMETERS, *STATISTICS)
NEXT = tuple(f"next_{name}" for name in HELD)
COUNTS = ("saved", "next")
FRESH = (-0.5, 0.0)
EPS = 0.1


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Some steps before what is saved, and some after it."""
    shapes = _loops.attributes(draw, domain)
    size = shapes["batch_sizes"][-1]
    before, after = draw(domain.integer("before", 1, 2)), draw(domain.integer("after", 1, 2))
    return {
        **shapes,
        "batch_sizes": (size,) * (before + after),
        "saved_after": before,
        "learning_rate": draw(domain.choice("learning_rate", (0.1, 0.5))),
        "fresh_learning_rate": draw(domain.choice("fresh_learning_rate", (0.01, 1.0))),
        "epoch": draw(domain.integer("epoch", 0, 9)),
        "counts": draw(domain.choice("counts", COUNTS)),
        "fresh": draw(domain.choice("fresh", FRESH)),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    """The training as it is without an interruption."""
    import torch
    from torch.nn.functional import cross_entropy

    leaves = {n: tensors[n].detach().clone().requires_grad_() for n in PARAMETERS if n in tensors}
    moved = _loops.statistics(tensors)
    optimizer = torch.optim.Adam(leaves.values(), lr=at["learning_rate"], eps=EPS)
    rows = []
    for i, (x, y) in enumerate(_loops.batches(tensors, at["batch_sizes"])):
        if i == at["saved_after"]:
            rows.append(_held(leaves, moved))
        optimizer.zero_grad()
        with torch.enable_grad():
            cross_entropy(_loops.logits(leaves, x, moved, training=True), y).backward()
        optimizer.step()
    rows.append(_held(leaves, moved))
    epoch = torch.tensor(at["epoch"] + (at["counts"] == "next"))
    told = {"epoch": epoch, "rate": torch.tensor(at["learning_rate"], dtype=tensors["x"].dtype)}
    return told | rows[0] | {f"next_{name}": a for name, a in rows[-1].items()}


def _held(leaves: Mapping[str, Any], moved: Any) -> dict[str, Any]:
    """Copies of the parameters and of the running statistics."""
    found = {name: leaf.detach().clone() for name, leaf in leaves.items()}
    return found | {n: m.clone() for n, m in zip(STATISTICS, moved, strict=False)}


def any_fresh_model(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Nothing is left of what the fresh model was, or of its optimizer's rate."""
    other, ours = run(inputs, fresh=2.0, fresh_learning_rate=0.2), run(inputs)
    for name, got in other.items():
        yield f"{name} of another fresh model", got, ours[name]


def any_time(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """In the end it is the same, whenever it was saved."""
    last = len(case.attributes["batch_sizes"]) - 1
    early, late = run(inputs, saved_after=0), run(inputs, saved_after=last)
    for name in NEXT:
        if name in early:
            yield f"{name} of an early checkpoint", early[name], late[name]


PARAMETERS_SAVED = '"parameters": dict(model.parameters),'
STATISTICS_SAVED = '"statistics": dict(model.state),'
MOMENTS_SAVED = '"moments": dict(optimizer.moments),'
STEPS_SAVED = '"steps": optimizer.steps,'
RATE_SAVED = '"rate": optimizer.rate,'
EPOCH_SAVED = '"epoch": epoch,'
PARAMETERS_LOADED = 'model.parameters = dict(saved["parameters"])'
STATISTICS_LOADED = 'model.state = dict(saved["statistics"])'
MOMENTS_LOADED = 'optimizer.moments = dict(saved["moments"])'
STEPS_LOADED = 'optimizer.steps = saved["steps"]'
RATE_LOADED = 'optimizer.rate = saved["rate"]'
FOUND = 'return int(saved["epoch"])'

MISTAKES = (
    edit(
        "parameters not loaded",
        "the fresh model keeps its own parameters",
        PARAMETERS_LOADED,
        "pass",
    ),
    edit(
        "parameters of the last layer alone",
        "the layers before it keep the fresh model's",
        PARAMETERS_LOADED,
        'model.parameters |= {n: w for n, w in saved["parameters"].items() if "2" in n}',
    ),
    edit(
        "weights without biases",
        "only the weights are loaded",
        PARAMETERS_LOADED,
        'model.parameters |= {n: w for n, w in saved["parameters"].items() if "W" in n}',
    ),
    edit(
        "buffers lost",
        "the running statistics are those of the fresh model",
        STATISTICS_LOADED,
        "pass",
    ),
    edit(
        "optimizer not loaded",
        "the fresh optimizer starts anew, with its own learning rate",
        MOMENTS_LOADED,
        "pass",
        STEPS_LOADED,
        "pass",
        RATE_LOADED,
        "pass",
    ),
    edit(
        "moments lost",
        "Adam's averages start at zero again, although its steps are counted",
        MOMENTS_LOADED,
        "pass",
    ),
    edit("steps lost", "Adam's bias correction starts anew", STEPS_LOADED, "pass"),
    edit(
        "learning rate lost",
        "the fresh optimizer keeps the learning rate it was made with",
        RATE_LOADED,
        "pass",
    ),
    edit(
        "moments exchanged",
        "the average of gradients is taken for that of squares",
        MOMENTS_LOADED,
        f"{MOMENTS_LOADED}\n"
        "    optimizer.moments = {n: (abs(v), abs(m)) for n, (m, v) in optimizer.moments.items()}",
    ),
    edit(
        "parameters kept by reference",
        "training that goes on changes what was saved",
        PARAMETERS_SAVED,
        '"parameters": model.parameters,',
    ),
    edit(
        "statistics kept by reference",
        "a batch norm that goes on changes what was saved",
        STATISTICS_SAVED,
        '"statistics": model.state,',
    ),
    edit(
        "moments kept by reference",
        "an optimizer that goes on changes what was saved",
        MOMENTS_SAVED,
        '"moments": optimizer.moments,',
    ),
    edit(
        "parameters rounded",
        "what is saved has half precision",
        PARAMETERS_SAVED,
        '"parameters": {\n            n: w.astype(np.float16).astype(w.dtype)\n'
        "            for n, w in model.parameters.items()\n        },",
    ),
    edit("epoch lost", "the training starts at epoch 0 again", FOUND, "return 0"),
    edit(
        "epoch counted twice",
        "an epoch is left out when the training goes on",
        FOUND,
        f"{FOUND} + 1",
    ),
    edit(
        "steps for the epoch",
        "the number of the optimizer's steps is told",
        FOUND,
        'return int(saved["steps"])',
    ),
)

CORNERS: Corners = {
    **{n: _loops.CORNERS[n] for n in ("normalised", "images")},
    **each("saved_after", (1, 2)),
    **each("counts", COUNTS),
    **each("fresh", FRESH),
    "epoch 0": lambda case: case.attributes["epoch"] == 0,
    "two steps after it": lambda case: (
        len(case.attributes["batch_sizes"]) == case.attributes["saved_after"] + 2
    ),
}

operator = Operator(
    name="checkpoint",
    source="torch.nn.Module.load_state_dict",
    attributes=attributes,
    inputs=_loops.inputs,
    oracle=oracle,
    outputs=("epoch", "rate", *HELD, *NEXT),
    regimes=("normal",),
    laws=(
        Law("fresh model", "nothing is left of what the fresh model was", any_fresh_model),
        Law("any time", "the training ends the same, whenever it was saved", any_time),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
