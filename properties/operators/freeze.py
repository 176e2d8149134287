"""freeze: strategy over models and the names of their layers, oracle, laws and mistakes."""

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

PATHS = {
    "apart": ("first.weight", "first.bias", "inner.0.weight", "inner.1.weight", "last.weight",
              "last.bias"),
    "begins": ("scale.weight", "layer1.weight", "layer1.bias", "layer10.weight", "inner.1.weight",
               "inner.10.weight"),
    "inside": ("inner.fc.weight", "inner.0.weight", "inner.2.0.weight", "fc.weight", "fc.bias",
               "last.weight"),
}  # fmt: skip
"""By how names are alike: not at all, one begins another, or one is inside another."""

LAYERS: dict[tuple[str, str], tuple[tuple[str, ...] | None, ...]] = {
    ("apart", "top"): (("inner",), ("first", "inner"), (), ("first", "last"), ("last", "inner")),
    ("apart", "nested"): (("inner.0",), ("inner.1", "first"), ("first", "inner.0")),
    ("apart", "parameter"): (
        ("first.weight",),
        ("last.bias", "inner.0.weight"),
        ("first.bias", "first.weight"),
    ),
    ("begins", "top"): (("layer1", "inner"), ("layer1",), ("scale", "layer1")),
    ("begins", "nested"): (("inner.1",), ("inner.1", "layer1"), ("scale", "inner.1")),
    ("begins", "parameter"): (("layer1.weight",), ("inner.1.weight", "scale.weight")),
    ("inside", "top"): (("fc",), ("fc", "last"), (), ("inner", "fc")),
    ("inside", "nested"): (("inner.2",), ("inner.fc", "fc"), ("fc", "inner.2")),
    ("inside", "parameter"): (("fc.weight",), ("fc.bias", "last.weight")),
}
GIVEN = ("top", "nested", "parameter", "whole", "top", "nested")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Parameters, frozen or not, perhaps with a buffer, and the layers that are named."""
    alike = draw(domain.choice("alike", ("apart", "inside", "begins", "inside")))
    given = draw(domain.choice("given", GIVEN))
    begin = draw(domain.choice("begin", ("some", "trainable", "frozen")))
    rows: list[tuple[str, str, tuple[int, ...], str, int]] = []
    for path in PATHS[alike]:
        kind = draw(domain.choice("kind", ("trainable", "frozen"))) if begin == "some" else begin
        rows.append((path, kind, (2,), "float32", len(rows)))
    if draw(domain.boolean("with_buffers")):
        rows.append(("last.running_mean", "buffer", (2,), "float32", len(rows)))
    layers = None if given == "whole" else draw(domain.choice("layers", LAYERS[alike, given]))
    return {
        "tensors": tuple(rows),
        "layers": layers,
        "frozen": draw(domain.choice("frozen", (True, False))),
        "asked": draw(domain.choice("asked", (True, True, False, True))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return {}


def module_of(at: Attributes) -> Any:
    """torch's module with these parameters and buffers."""
    import torch

    root = torch.nn.Module()
    for path, kind, shape, _, _ in at["tensors"]:
        holder, name = holder_of(root, path)
        tensor = torch.empty(shape, device="meta")
        if kind == "buffer":
            holder.register_buffer(name, tensor)
        else:
            trained = kind == "trainable"
            holder.register_parameter(name, torch.nn.Parameter(tensor, requires_grad=trained))
    return root


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    module = module_of(at)
    parameters: dict[str, Any] = dict(module.named_parameters())
    for layer in ("",) if at["layers"] is None else at["layers"]:
        if at["asked"]:
            named = parameters[layer] if layer in parameters else module.get_submodule(layer)
            named.requires_grad_(not at["frozen"])
    paths = [path for path, kind, *_ in at["tensors"] if kind != "buffer"]
    return {"out": torch.tensor([parameters[path].requires_grad for path in paths])}


def both_ways(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """A layer ends as it is asked to, wherever it began."""
    tensors = (begun(case, (kind,)) for kind in ("trainable", "frozen"))
    first, second = (run(inputs, tensors=t)["out"] for t in tensors)
    named = first == second
    wanted = np.full(int(named.sum()), not case.attributes["frozen"])
    yield "out", run(inputs)["out"][named], wanted


def alternating(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Of two models that begin the other way round, only what is named ends alike."""
    kinds = ("trainable", "frozen")
    first, second = (run(inputs, tensors=begun(case, k))["out"] for k in (kinds, kinds[::-1]))
    begins = np.arange(len(first)) % 2 == 0
    ends_alike = first == second
    yield "out", first[~ends_alike], begins[~ends_alike]
    yield "out", second[~ends_alike], ~begins[~ends_alike]


def partition(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Of layers that are the whole model, each parameter is changed by exactly one."""
    at = case.attributes
    paths = [path for path, kind, *_ in at["tensors"] if kind != "buffer"]
    by_path = any(layer in paths for layer in at["layers"])
    names = paths if by_path else sorted({path.partition(".")[0] for path in paths})
    start = begun(case, ("trainable" if at["frozen"] else "frozen",))
    ends = np.array([run(inputs, tensors=start, layers=(name,))["out"] for name in names])
    yield "out", (ends == (not at["frozen"])).sum(axis=0), np.ones(len(paths), int)


def begun(case: Case, kinds: tuple[str, ...]) -> tuple[Any, ...]:
    """The tensors, with parameters that begin as these kinds in turn."""
    return tuple(
        (path, kind if kind == "buffer" else kinds[place % len(kinds)], *rest)
        for place, (path, kind, *rest) in enumerate(case.attributes["tensors"])
    )


NAMED = 'if path == layer or path.startswith(layer + "."):'
FROZEN = "if named and asked:"
SET = "trained.append(not frozen)"
KEPT = 'trained.append(kind == "trainable")'
WHOLE = "named = layers is None"
RETURN = "return np.array(trained, bool)"


def naming(name: str, why: str, condition: str) -> Any:
    return edit(name, why, NAMED, f"if {condition}:")


MISTAKES = (
    naming("names that begin alike", "layer1 freezes layer10 as well", "path.startswith(layer)"),
    naming("names that contain it", "a layer is frozen wherever its name is inside another's",
           "layer in path"),
    naming("part of a name", "a layer of that name inside another one is frozen as well",
           'path == layer or layer in path.split(".") or path.startswith(layer + ".")'),
    naming("whole names alone", "only a parameter of that very name is frozen", "path == layer"),
    naming("parameters by their names not found", "only layers have names",
           'path.startswith(layer + ".")'),
    naming("layers of layers not found", "only the first part of a name is looked at",
           'path.split(".")[0] == layer'),
    naming("the layer's own parameters alone", "what its layers hold stays trained",
           'path == layer or path.rpartition(".")[0] == layer'),
    naming("first parameter of a layer alone", "the search is over with its weight",
           '(path == layer or path.startswith(layer + ".")) and not path.endswith("bias")'),
    edit("all frozen", "the names are not looked at", WHOLE, "named = True"),
    edit("others frozen", "what is named stays, all others are frozen", FROZEN,
         "if named != (layers is not None) and asked:"),
    edit("last name alone", "each name undoes the ones before", "named = True",
         "named = layer == layers[-1]"),
    edit("first name alone", "the search is over after one name", "for layer in layers or ():",
         "for layer in (layers or ())[:1]:"),
    edit("nothing frozen", "a name of the variable is set, not `requires_grad`", FROZEN,
         "if False:"),
    edit("whole model not frozen", "without names nothing is frozen", WHOLE, "named = False"),
    edit("freezing turned round", "`requires_grad` is True for what is to be frozen", SET,
         "trained.append(frozen)"),
    edit("never trained again", "layers stay frozen where they are to be thawed", SET,
         "trained.append(False)"),
    edit("toggled", "`requires_grad` is turned round, whatever it was", SET,
         'trained.append(kind != "trainable")'),
    edit("others trained again", "what is not named is set as well, to the contrary", KEPT,
         "trained.append(frozen)"),
    edit("others always trained", "what was frozen before is trained again", KEPT,
         "trained.append(True)"),
    edit("frozen without being asked", "the flag is not looked at", FROZEN, "if named:"),
    edit("trained where not asked", "without the flag all are trained again", KEPT,
         'trained.append(not asked or kind == "trainable")'),
    edit("buffers among the parameters", "statistics get a flag of their own", RETURN,
         "trained += [False for t in tensors if t[1] == 'buffer']\n    " + RETURN),
    edit("frozen ones told", "the answer is what is frozen", RETURN,
         "return ~np.array(trained, bool)"),
)  # fmt: skip


def _alike(alike: str) -> Any:
    first = PATHS[alike][0]
    return lambda case: case.attributes["tensors"][0][0] == first


CORNERS: Corners = {
    **each("frozen", (True, False)),
    **each("asked", (True, False)),
    **{f"names {alike}": _alike(alike) for alike in PATHS},
    "whole model": lambda case: case.attributes["layers"] is None,
    "no layer": lambda case: case.attributes["layers"] == (),
    "several layers": lambda case: len(case.attributes["layers"] or ()) > 1,
}

operator = Operator(
    name="freeze",
    source="torch.nn.Module.requires_grad_",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=("integers",),
    laws=(
        Law("both ways", "a layer ends as it is asked to, wherever it began", both_ways,
            applies=lambda case: case.attributes["asked"]),
        Law("others", "what does not end alike ends as it began", alternating),
        Law("partition", "of all layers, each parameter is one's", partition,
            applies=lambda case: case.attributes["asked"] and bool(case.attributes["layers"])),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)  # fmt: skip
