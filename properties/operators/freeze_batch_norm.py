"""freeze_batch_norm: strategy over models with batch norms, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.modules import holder_of
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.values import Values

NORMS = ("BatchNorm2d", "BatchNorm1d", "BatchNorm3d")
PATHS = {
    "flat": (("conv", "Conv2d"), ("bn", ""), ("drop", "Dropout"), ("norm", "")),
    "nested": (("conv", "Conv2d"), ("bn", ""), ("layer1.0.conv", "Conv2d"), ("layer1.0.norm", ""),
               ("layer1.drop", "Dropout"), ("head.bn", ""), ("head.last.drop", "Dropout")),
}  # fmt: skip
"""Paths and kinds of layers; those without a kind are batch norms."""

BEGIN = ("training", "some", "evaluation")
SIZES = {"1d": (-1,), "2d": (1, -1), "3d": (1, 1, -1)}
"""How batch norms of so many dimensions are handed the last axis of x."""


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """A model of layers in either mode, learning or not, and what its batch norms are to do."""
    begin = draw(domain.choice("begin", BEGIN))
    rows: list[tuple[str, str, bool, bool]] = []
    for path, kind in PATHS[draw(domain.choice("nesting", ("nested", "flat", "nested")))]:
        some = draw(domain.boolean("mode")) if begin == "some" else begin == "training"
        learns = kind != "Dropout" and draw(domain.choice("learns", (True, True, False)))
        rows.append((path, kind or draw(domain.choice("norm", NORMS)), some, learns))
    return {
        "layers": tuple(rows),
        "frozen": draw(domain.choice("frozen", (True, True, False))),
        "affine": draw(domain.boolean("affine")),
        "momentum": draw(domain.choice("momentum", (0.1, 0.5))),
        "eps": draw(domain.choice("eps", (1e-5, 1e-2))),
        "batch": draw(domain.integer("batch", 2, 4)),
        "channels": draw(domain.integer("channels", 1, 3)),
        "length": draw(domain.integer("length", 1, 4)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    shape = (sum(kind in NORMS for _, kind, *_ in at["layers"]), at["channels"])
    return {
        "x": values.array("x", (at["batch"], at["channels"], at["length"])),
        "running_mean": values.nonzero("running_mean", shape),
        "running_var": values.positive("running_var", shape) + 0.25,
        "gamma": values.positive("gamma", shape) + 0.5,
        "beta": values.nonzero("beta", shape),
    }


def model_of(tensors: Mapping[str, Any], at: Attributes) -> Any:
    """torch's module of these layers, its batch norms with these numbers."""
    import torch

    root, b = torch.nn.Module(), 0
    for path, kind, mode, learns in at["layers"]:
        holder, name = holder_of(root, path)
        layer = _layer(kind, at).train(mode).requires_grad_(learns)
        if kind in NORMS:
            state = {"weight": "gamma", "bias": "beta"}
            named = [*state, "running_mean", "running_var"]
            layer.to(tensors["x"].dtype)
            numbers = {name: tensors[state.get(name, name)][b] for name in named}
            layer.load_state_dict(numbers, strict=False)
            b += 1
        holder.add_module(name, layer)
    return root


def _layer(kind: str, at: Attributes) -> Any:
    import torch

    if kind in NORMS:
        kept = {"momentum": at["momentum"], "eps": at["eps"]}
        return getattr(torch.nn, kind)(at["channels"], **kept)
    return torch.nn.Dropout() if kind == "Dropout" else torch.nn.Conv2d(1, 1, 1, device="meta")


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    model = model_of(tensors, at)
    for module in model.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.train(not at["frozen"])
            if at["affine"]:
                module.requires_grad_(not at["frozen"])
    x, layers = tensors["x"], {path: model.get_submodule(path) for path, *_ in at["layers"]}
    norms = {path: kind for path, kind, *_ in at["layers"] if kind in NORMS}
    with torch.no_grad():
        out = [
            layers[path](x.reshape(*x.shape[:2], *SIZES[kind[-2:]])).reshape(x.shape)
            for path, kind in norms.items()
        ]
    dropped = [layers[path].training for path, kind, *_ in at["layers"] if kind == "Dropout"]
    learning = [path for path, kind, *_ in at["layers"] if kind != "Dropout"]
    return {
        "out": torch.stack(out),
        "running_mean": torch.stack([layers[path].running_mean for path in norms]),
        "running_var": torch.stack([layers[path].running_var for path in norms]),
        "modes": torch.tensor(dropped),
        "trained": torch.tensor([layers[path].weight.requires_grad for path in learning]),
    }


def unmoved(run: Any, case: Case, inputs: Arrays) -> Pairs:
    outputs = run(inputs)
    for name in ("running_mean", "running_var"):
        yield name, outputs[name], inputs[name]


def alone(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """What a sample gives does not depend on the others of its batch."""
    x = inputs["x"]
    other = {**inputs, "x": np.concatenate((x[:1], 2 * x[1:] + 1))}
    yield "out", run(other)["out"][:, 0], run(inputs)["out"][:, 0]


def wherever(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Batch norms end alike, whatever their mode was; the mode of the others is as it was."""
    turned = tuple(
        (path, kind, not m, learns) for path, kind, m, learns in case.attributes["layers"]
    )
    first, second = run(inputs), run(inputs, layers=turned)
    for name in ("out", "running_mean", "running_var", "trained"):
        yield name, second[name], first[name]
    yield "modes", second["modes"], ~first["modes"]


NORM = """if kind.startswith("BatchNorm"):
            mode = not frozen"""
MODE = "            mode = not frozen"
LEARNS = "learns = not frozen if affine else learns"
DROPOUT = "modes.append(mode)"
CONV = "trained.append(learns)"
BY_BATCH = "if mode:"
KEPT = "mean, var = means[b, c], variances[b, c]"
MOVED = "means[b, c] = (1 - momentum) * means[b, c] + momentum * mean"
SPREAD = "variances[b, c] = (1 - momentum) * variances[b, c] + momentum * unbiased"
OUT = "out[b, :, c] = (x[:, c] - mean) / np.sqrt(var + eps) * gamma[b, c] + beta[b, c]"


def of_some(name: str, why: str, condition: str) -> Any:
    return edit(name, why, NORM, NORM.replace('kind.startswith("BatchNorm")', condition))


def of_frozen(name: str, why: str, *statements: str) -> Any:
    """What is done to the numbers of a channel where batch norms are to be frozen."""
    return edit(name, why, KEPT, "\n".join([KEPT, "            if frozen:", *statements]))


MISTAKES = (
    edit("whole model in evaluation", "`model.eval()`: no dropout drops any more", DROPOUT,
         "modes.append(mode and not frozen)"),
    edit("whole model in training", "`model.train()` on the way: dropouts that were off are on",
         DROPOUT, "modes.append(True)"),
    edit("weights alone", "gamma and beta do not learn, but the statistics go on moving", MODE,
         "            pass"),
    edit("gamma and beta never frozen", "`requires_grad` stays, where it is to go as well", LEARNS,
         "pass"),
    edit("gamma and beta always frozen", "they are to learn on, and do not", LEARNS,
         "learns = not frozen"),
    edit("convolutions frozen as well", "`requires_grad` goes from the whole model", CONV,
         "trained.append(learns and not (frozen and affine))"),
    of_some("nested ones missed", "`children()` where `modules()` is meant",
            'kind.startswith("BatchNorm") and "." not in _path'),
    of_some("first one alone", "the search is over after one batch norm",
            'kind.startswith("BatchNorm") and b == 0'),
    of_some("BatchNorm1d missed", "other dimensions alone are looked for",
            'kind in ("BatchNorm2d", "BatchNorm3d")'),
    of_some("BatchNorm2d missed", "other dimensions alone are looked for",
            'kind in ("BatchNorm1d", "BatchNorm3d")'),
    of_some("BatchNorm3d missed", "other dimensions alone are looked for",
            'kind in ("BatchNorm1d", "BatchNorm2d")'),
    of_some("by what it is called", "only layers with `bn` in their names are looked at",
            'kind.startswith("BatchNorm") and "bn" in _path'),
    edit("mode toggled", "what was in evaluation is in training now", MODE,
         "            mode = not mode"),
    edit("never in training again", "to thaw is to freeze", MODE, "            mode = False"),
    edit("undone by training", "`model.train()` comes after it", MODE, "            mode = True"),
    edit("momentum of zero", "the statistics stay, but the batch's own are used", BY_BATCH,
         "if True:", MOVED, f"if not frozen:\n                    {MOVED}", SPREAD,
         f"if not frozen:\n                    {SPREAD}"),
    edit("statistics still move", "they are used, and updated none the less", BY_BATCH,
         "if frozen:\n"
         "                means[b, c] += momentum * (x[:, c].sum() / count - means[b, c])\n"
         "            if mode:"),
    of_frozen("statistics as in a new layer", "mean 0 and variance 1",
              "                mean, var = means[b, c], variances[b, c] = 0, 1"),
    edit("gamma and beta as in a new layer", "they are 1 and 0", OUT,
         f"{OUT}\n            if frozen:\n"
         "                out[b, :, c] = (x[:, c] - mean) / np.sqrt(var + eps)"),
    edit("no longer normalised", "the layer is taken out", OUT,
         f"{OUT}\n            if frozen:\n                out[b, :, c] = x[:, c]"),
    edit("eps forgotten", "it is not added to the variance", OUT, OUT.replace(" + eps", "")),
    edit("biased variance kept", "the running variance lacks the factor n / (n - 1)", SPREAD,
         SPREAD.replace("unbiased", "var")),
    edit("momentum turned round", "the old statistics weigh what the batch's should", MOVED,
         "means[b, c] = momentum * means[b, c] + (1 - momentum) * mean"),
)  # fmt: skip


def _several(case: Case) -> bool:
    return len({kind for _, kind, *_ in case.attributes["layers"] if kind in NORMS}) > 1


CORNERS: Corners = {
    **each("frozen", (True, False)),
    **each("affine", (True, False)),
    **each("length", (1, 4)),
    "flat": lambda case: not any("." in path for path, *_ in case.attributes["layers"]),
    "several kinds": _several,
    "begins in evaluation": lambda case: not any(m for _, _, m, _ in case.attributes["layers"]),
}


def _is_frozen(case: Case) -> bool:
    return bool(case.attributes["frozen"])


operator = Operator(
    name="freeze_batch_norm",
    source="torch.nn.Module.eval",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("out", "running_mean", "running_var", "modes", "trained"),
    regimes=("integers", "normal", "large"),
    laws=(
        Law("statistics", "running statistics stay what they were", unmoved, applies=_is_frozen),
        Law("alone", "a sample's output does not depend on its batch", alone, applies=_is_frozen),
        Law("wherever", "the mode that a batch norm was in is of no account", wherever),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
